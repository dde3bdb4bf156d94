import { COLUMN_SEPARATOR, rowHash, textHash } from '../../domain/digest.js';
import { MINUTE } from '../../domain/instant.js';
import { EVERYONE, practitionerSet, type ClinicRecord } from '../../domain/row.js';
import type { SkippedRow, UnknownStatus } from '../adapter.js';
import { joinKey } from './ids.js';
import { isSlotMinutes, UNLIMITED } from './schema/resolve-sessions.js';
import type { Source } from './source.js';

/** What is read of one row. */
export interface RowTexts {
  /** {@link Source.columns}. */
  readonly columns: readonly (string | null)[];
  /** As the server computes it; `null` where it is computed here. */
  readonly hash: string | null;
  readonly status: string | null;
}

export type Decoded =
  { readonly record: ClinicRecord; readonly unknown?: UnknownStatus } | { readonly skipped: SkippedRow };

/** A row's hash. The table's label is in it, so that two tables of one stream cannot stand in for each other. */
function hashOf(source: Source, { columns, hash }: RowTexts): string {
  return hash ?? rowHash([source.mapping.label, ...columns]);
}

/** The same for a row whose columns' texts are joined already. */
export function hashOfText(source: Source, joined: string): string {
  return textHash(`${source.mapping.label}${COLUMN_SEPARATOR}${joined}`);
}

export function decodeRow(source: Source, texts: RowTexts): Decoded {
  const { mapping, start: startOf, end: endOf } = source;
  const { columns } = texts;
  let at = 0;
  const take = (count: number) => columns.slice(at, (at += count));
  const unlessNone = (text: string | null) => (text === null || mapping.none.includes(text) ? null : text);

  const keys = take(mapping.ids.length);
  const key = keys.some((text) => text === null) ? null : joinKey(keys as readonly string[]);
  const skip = (field: string, rule: string): Decoded => ({
    skipped: { key: { stream: source.stream, id: key === null ? '' : source.outward(key) }, field, rule },
  });
  if (key === null) return skip('id', 'is NULL');
  const named = take(mapping.practitioners.length).map(unlessNone);
  const practitioners = named.filter((text) => text !== null);
  const [location = null] = take(mapping.location === null ? 0 : 1).map(unlessNone);
  const startTexts = take(startOf.texts.length);
  const endTexts = take(endOf.texts.length);
  if (practitioners.length === 0 && mapping.everyone) practitioners.push(EVERYONE);
  if (practitioners.length === 0) return skip('practitioner', 'names nobody');
  if (startTexts.some((text) => text === null)) return skip('start', 'is NULL');
  const value = startOf.value(startTexts as readonly string[]);
  if (value === undefined) return skip('start', 'not a time');
  const start = startOf.axis.read(value);
  if (start === undefined) return skip('start', 'not a time that the clock showed once');
  const end = endOf.decode(endTexts, { instant: start, value });
  if (typeof end === 'string') return skip('end', end);
  if (end < start) return skip('end', 'ends before it starts');
  let slotMs = mapping.oneSlot && end > start ? end - start : null;
  if (typeof mapping.slot === 'number') slotMs = mapping.slot * MINUTE;
  if (typeof mapping.slot === 'string') {
    const [text = null] = take(1);
    if (text !== null) {
      const minutes = text.trim() === '' ? Number.NaN : Number(text);
      if (!isSlotMinutes(minutes)) return skip('slotMinutes', 'not a length in minutes');
      slotMs = minutes * MINUTE;
    }
  }
  let capacity = mapping.capacity;
  if (typeof capacity === 'string') {
    const [text = null] = take(1);
    capacity = text === null ? 1 : Number(text);
    if (!Number.isInteger(capacity) || capacity < 1) return skip('capacity', 'not a whole number above 0');
  }
  const unknown = unknownStatus(source, texts.status);
  return {
    record: {
      hash: hashOf(source, texts),
      row: {
        id: source.outward(key),
        kind: mapping.kind,
        practitionerIds: practitionerSet(practitioners),
        locationId: location,
        start,
        end,
        zone: source.zone,
        slotMs,
        ...(capacity !== 1 && { capacity: Math.min(capacity, UNLIMITED) }),
      },
    },
    ...(unknown && { unknown }),
  };
}

/** Longer values are no codes, and might be anything. */
const MAX_STATUS = 40;

function unknownStatus({ mapping }: Source, text: string | null): UnknownStatus | undefined {
  const { status, label } = mapping;
  if (text === null || !status) return undefined;
  const value = (status.characters === null ? text : text.slice(0, status.characters)).trimEnd();
  if (Object.keys(status.classes).some((known) => known.trimEnd() === value)) return undefined;
  return { table: label, value: value.slice(0, MAX_STATUS) };
}
