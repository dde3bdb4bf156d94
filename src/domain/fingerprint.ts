import { hash } from 'node:crypto';

import type { ClinicRecord, ClinicRow, StoredRow } from './row.js';

/** Changes when the canonical form below changes, so that stored fingerprints of an older form are recognised as such. */
export const FINGERPRINT_VERSION = 'f1';

/**
 * A row's identity beside its id: `f1:` and 16 hex digits over every mapped field, id included. Two rows with one id and
 * different fingerprints are two appointments: the first was deleted (or edited, or its id reused) and the second created.
 */
export function fingerprintOf(row: ClinicRow): string {
  const canonical = JSON.stringify([
    row.kind,
    row.id,
    row.practitionerIds,
    row.locationId,
    row.start,
    row.end,
    row.zone,
    row.slotMs,
    // Nearly all rows have none, and keep the fingerprint that they had before there were any.
    ...(row.capacity === undefined ? [] : [row.capacity]),
  ]);
  return `${FINGERPRINT_VERSION}:${hash('sha256', canonical).slice(0, 16)}`;
}

export function stored(record: ClinicRecord): StoredRow {
  return { row: record.row, hash: record.hash, fingerprint: fingerprintOf(record.row) };
}

/** False when a row kept by the mirror is no longer what was put there. */
export function isIntact(kept: StoredRow): boolean {
  return kept.fingerprint === fingerprintOf(kept.row);
}
