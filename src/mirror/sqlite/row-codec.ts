import { STREAM_OF, type ClinicRow, type RowKind, type StoredRow, type Stream } from '../../domain/row.js';
import { damaged } from './errors.js';
import { LONG_ROW_MS, type RowsTable } from './schema.js';
import type { Value } from './statement.js';
import { decodeOptional, decodeText, encodeOptional, encodeText, NOBODY } from './text.js';

export const STREAM_NUMBER: Readonly<Record<Stream, number>> = { busy: 0, session: 1 };

export function streamNumberOf(row: ClinicRow): number {
  return STREAM_NUMBER[STREAM_OF[row.kind]];
}

/** Under whom a row lies: each of its practitioners. */
export function shelvesOf({ practitionerIds }: ClinicRow): Iterable<string> {
  if (practitionerIds.length === 0) return [NOBODY];
  return new Set(practitionerIds.map(encodeText));
}

/** The order in which {@link encodeRow} gives a row's values. */
export const STORED_COLUMNS = [
  'copy',
  'stream',
  'practitioner',
  'long',
  'start',
  'id',
  'end',
  'kind',
  'practitioners',
  'location',
  'zone',
  'slot_ms',
  'capacity',
  'hash',
  'fingerprint',
] as const satisfies readonly (keyof RowsTable)[];

/** One place of a row. Values by position: a first copy makes millions of these, and an object more for each shows. */
export function encodeRow(copy: number, shelf: string, { row, hash, fingerprint }: StoredRow): Value[] {
  return [
    copy,
    streamNumberOf(row),
    shelf,
    isLong(row) ? 1 : 0,
    row.start,
    encodeText(row.id),
    row.end,
    row.kind,
    row.practitionerIds.length === 1 ? null : JSON.stringify(row.practitionerIds),
    encodeOptional(row.locationId),
    encodeText(row.zone),
    row.slotMs,
    row.capacity ?? null,
    encodeText(hash),
    encodeText(fingerprint),
  ];
}

/** What is read of a row, in this order: arrays of columns come out of node:sqlite three times as fast as objects. */
export const COLUMNS = [
  'practitioner',
  'id',
  'kind',
  'practitioners',
  'location',
  'start',
  'end',
  'zone',
  'slot_ms',
  'capacity',
  'hash',
  'fingerprint',
] as const satisfies readonly (keyof RowsTable)[];

/** The {@link COLUMNS} of one place. */
export type Place = readonly [
  practitioner: string,
  id: string,
  kind: string,
  practitioners: string | null,
  location: string | null,
  start: number,
  end: number,
  zone: string,
  slotMs: number | null,
  capacity: number | null,
  hash: string,
  fingerprint: string,
];

/** The same, and where exactly it lies. */
export type LocatedPlace = readonly [...place: Place, long: number, stream: number];

/** Throws `MirrorCorrupt` for what `encodeRow` could not have written. */
export function decodeRow(place: Place | LocatedPlace): StoredRow {
  const [practitioner, id, kind, practitioners, location, start, end, zone, slotMs, capacity, hash, fingerprint] =
    place;
  if (!isKind(kind)) throw damaged('rows.kind');
  if (!isWellFormed(place)) throw damaged('rows');
  return {
    row: {
      id: decodeText(id),
      kind,
      practitionerIds: practitioners === null ? [decodeText(practitioner)] : parseIds(practitioners, practitioner),
      locationId: decodeOptional(location),
      start,
      end,
      zone: decodeText(zone),
      slotMs,
      ...(capacity !== null && { capacity }),
    },
    hash: decodeText(hash),
    fingerprint: decodeText(fingerprint),
  };
}

/** Throws `MirrorCorrupt` when a row is not one that lies among these. */
export function mustLieAt({ row }: StoredRow, stream: Stream, long: boolean): void {
  if (STREAM_OF[row.kind] !== stream) throw damaged('rows.kind');
  if (isLong(row) !== long) throw damaged('rows.end');
}

/** True for the one place at which a scan tells a row that lies in several. */
export function isFirstPlace([practitioner, , , practitioners]: LocatedPlace, { row }: StoredRow): boolean {
  return practitioners === null || practitioner === NOBODY || practitioner === encodeText(row.practitionerIds[0] ?? '');
}

function isLong({ start, end }: { readonly start: number; readonly end: number }): boolean {
  return end - start > LONG_ROW_MS;
}

/** STRICT tables keep wrong types out of the file, and nothing keeps them out of a damaged page. */
function isWellFormed(place: readonly unknown[]): boolean {
  const [practitioner, id, , , location, start, end, zone, slotMs, capacity, hash, fingerprint] = place;
  return (
    typeof practitioner === 'string' &&
    typeof id === 'string' &&
    (location === null || typeof location === 'string') &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    typeof zone === 'string' &&
    (slotMs === null || Number.isSafeInteger(slotMs)) &&
    (capacity === null || Number.isSafeInteger(capacity)) &&
    typeof hash === 'string' &&
    typeof fingerprint === 'string'
  );
}

function isKind(kind: string): kind is RowKind {
  return Object.hasOwn(STREAM_OF, kind);
}

function parseIds(text: string, practitioner: string): string[] {
  try {
    const ids: unknown = JSON.parse(text);
    if (Array.isArray(ids) && ids.every((id): id is string => typeof id === 'string')) {
      const belongs = practitioner === NOBODY ? ids.length === 0 : ids.includes(decodeText(practitioner));
      if (belongs) return ids;
    }
  } catch {
    // Told below: no message of the parser's may leave, it quotes the text.
  }
  throw damaged('rows.practitioners');
}
