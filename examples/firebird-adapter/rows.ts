import { wallToInstant, type ClinicRecord, type Instant, type ReadRows, type SkippedRow } from 'clinic-sync';

import { hashText } from './hash.js';
import { outwardId } from './ids.js';
import type { Label } from './options.js';
import type { Cells } from './session.js';
import type { Source } from './source.js';
import { readWall } from './times.js';

const MINUTE = 60_000;
const KINDS = { appointments: 'appointment', blockouts: 'blockout', sessions: 'session' } as const;

export const streamOfLabel = (label: Label) => (label === 'sessions' ? 'session' : 'busy');

type Decoded = { readonly record: ClinicRecord } | { readonly skipped: SkippedRow };

/** The cells of {@link Source.select}. A row that makes no sense is named, and none of its content. */
export function decodeRow(source: Source, cells: Cells): Decoded {
  const [id, practitioner, location, startText, endText, slot, upper, lower] = cells;
  const outward = typeof id === 'string' ? outwardId(source.label, id) : '';
  const skip = (field: string, rule: string): Decoded => ({
    skipped: { key: { stream: streamOfLabel(source.label), id: outward }, field, rule },
  });
  if (typeof id !== 'string') return skip('id', 'is NULL');
  if (typeof practitioner !== 'string') return skip('practitioner', 'names nobody');
  const start = instantOf(startText, source.zone);
  if (start === undefined) return skip('start', 'is no time');
  const end = instantOf(endText, source.zone);
  if (end === undefined) return skip('end', 'is no time');
  if (end < start) return skip('end', 'ends before it starts');
  const minutes = slot === null ? null : Number(slot);
  if (minutes !== null && minutes <= 0) return skip('slotMinutes', 'is no length');
  return {
    record: {
      hash: hashText(Number(upper), Number(lower)),
      row: {
        id: outward,
        kind: KINDS[source.label],
        practitionerIds: [practitioner],
        locationId: typeof location === 'string' ? location : null,
        start,
        end,
        zone: source.zone,
        slotMs: minutes === null ? null : minutes * MINUTE,
      },
    },
  };
}

/** Splits what was decoded, and keeps of it what `wanted` asks for. */
export function gather(decoded: readonly Decoded[], wanted: (record: ClinicRecord) => boolean): ReadRows {
  return {
    records: decoded.flatMap((each) => ('record' in each && wanted(each.record) ? [each.record] : [])),
    skipped: decoded.flatMap((each) => ('skipped' in each ? [each.skipped] : [])),
  };
}

/** Of a TIMESTAMP's text. */
export function instantOf(text: Cells[number] | undefined, zone: string): Instant | undefined {
  const wall = typeof text === 'string' ? readWall(text) : undefined;
  return wall === undefined ? undefined : wallToInstant(wall, zone);
}
