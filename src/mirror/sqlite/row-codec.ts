import { STREAM_OF, type RowKind, type StoredRow, type Stream } from '../../domain/row.js';
import { damaged } from './errors.js';
import { LONG_ROW_MS, type RowsTable } from './schema.js';
import { decodeOptional, decodeText, encodeOptional, encodeText, NOBODY } from './text.js';

export const STREAM_NUMBER: Readonly<Record<Stream, number>> = { busy: 0, session: 1 };

/** The places in which a row lies: one for each of its practitioners. */
export function encodeRow(copy: number, { row, hash, fingerprint }: StoredRow): RowsTable[] {
  const ids = row.practitionerIds.length > 0 ? new Set(row.practitionerIds) : [undefined];
  return Array.from(ids, (practitioner) => ({
    copy,
    stream: STREAM_NUMBER[STREAM_OF[row.kind]],
    practitioner: practitioner === undefined ? NOBODY : encodeText(practitioner),
    long: row.end - row.start > LONG_ROW_MS ? 1 : 0,
    start: row.start,
    id: encodeText(row.id),
    end: row.end,
    kind: row.kind,
    practitioners: row.practitionerIds.length === 1 ? null : JSON.stringify(row.practitionerIds),
    location: encodeOptional(row.locationId),
    zone: encodeText(row.zone),
    slot_ms: row.slotMs,
    hash: encodeText(hash),
    fingerprint: encodeText(fingerprint),
  }));
}

/** Throws `MirrorCorrupt` for what `encodeRow` could not have written. */
export function decodeRow(kept: RowsTable): StoredRow {
  const kind = kept.kind as RowKind;
  if (!Object.hasOwn(STREAM_OF, kind) || STREAM_NUMBER[STREAM_OF[kind]] !== kept.stream) throw damaged('rows.kind');
  if (kept.long !== (kept.end - kept.start > LONG_ROW_MS ? 1 : 0)) throw damaged('rows.end');
  return {
    row: {
      id: decodeText(kept.id),
      kind,
      practitionerIds: decodePractitioners(kept),
      locationId: decodeOptional(kept.location),
      start: kept.start,
      end: kept.end,
      zone: decodeText(kept.zone),
      slotMs: kept.slot_ms,
    },
    hash: decodeText(kept.hash),
    fingerprint: decodeText(kept.fingerprint),
  };
}

function decodePractitioners(kept: RowsTable): readonly string[] {
  if (kept.practitioners === null) return [decodeText(kept.practitioner)];
  const ids = parseIds(kept.practitioners);
  const belongs = kept.practitioner === NOBODY ? ids.length === 0 : ids.includes(decodeText(kept.practitioner));
  if (!belongs) throw damaged('rows.practitioners');
  return ids;
}

function parseIds(text: string): string[] {
  try {
    const ids: unknown = JSON.parse(text);
    if (Array.isArray(ids) && ids.every((id): id is string => typeof id === 'string')) return ids;
  } catch {
    // Told below: no message of the parser's may leave, it quotes the text.
  }
  throw damaged('rows.practitioners');
}

/** True for the one place at which a scan tells a row that lies in several. */
export function isFirstPlace(kept: RowsTable, practitionerIds: readonly string[]): boolean {
  return (
    kept.practitioners === null ||
    kept.practitioner === encodeText(practitionerIds[0] ?? '') ||
    kept.practitioner === NOBODY
  );
}
