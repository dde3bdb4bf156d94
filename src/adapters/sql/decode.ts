import { COLUMN_SEPARATOR, rowHash, textHash } from '../../domain/digest.js';
import { MINUTE } from '../../domain/instant.js';
import { practitionerSet, type ClinicRecord } from '../../domain/row.js';
import type { SkippedRow } from '../adapter.js';
import { outwardId } from './ids.js';
import { isSlotMinutes } from './resolve.js';
import type { Source } from './source.js';

/** The texts of {@link Source.columns} of one row. */
export type RowTexts = readonly (string | null)[];

export type Decoded = { readonly record: ClinicRecord } | { readonly skipped: SkippedRow };

/** A row's hash. The table's label is in it, so that two tables of one stream cannot stand in for each other. */
export function hashOf(source: Source, texts: RowTexts): string {
  if (source.serverHash) return texts[source.columns.length] ?? '';
  return rowHash([source.mapping.label, ...texts]);
}

/** The same for a row whose columns' texts are joined already. */
export function hashOfText(source: Source, joined: string): string {
  return textHash(`${source.mapping.label}${COLUMN_SEPARATOR}${joined}`);
}

export function decodeRow(source: Source, texts: RowTexts): Decoded {
  const { mapping } = source;
  const values = texts[Symbol.iterator]();
  const next = () => values.next().value ?? null;
  const id = next();
  const skip = (field: string, rule: string): Decoded => ({
    skipped: { key: { stream: source.stream, id: id === null ? '' : outwardId(mapping.label, id) }, field, rule },
  });
  const unlessNone = (text: string | null) => (text === null || mapping.none.includes(text) ? null : text);

  if (id === null) return skip('id', 'is NULL');
  const practitioners = mapping.practitioners.map(() => unlessNone(next())).filter((text) => text !== null);
  const location = mapping.location === null ? null : unlessNone(next());
  const startText = next();
  const endText = next();
  if (practitioners.length === 0) return skip('practitioner', 'names nobody');
  if (startText === null) return skip('start', 'is NULL');
  const start = source.start.decode(startText);
  if (start === undefined) return skip('start', 'not a time');
  if (endText === null) return skip('end', 'is NULL');
  const end = source.end.decode(endText);
  if (end === undefined) return skip('end', 'not a time');
  if (end < start) return skip('end', 'ends before it starts');
  let slotMs = typeof mapping.slot === 'number' ? mapping.slot * MINUTE : null;
  if (typeof mapping.slot === 'string') {
    const text = next();
    if (text !== null) {
      const minutes = text.trim() === '' ? Number.NaN : Number(text);
      if (!isSlotMinutes(minutes)) return skip('slotMinutes', 'not a length in minutes');
      slotMs = minutes * MINUTE;
    }
  }
  return {
    record: {
      hash: hashOf(source, texts),
      row: {
        id: outwardId(mapping.label, id),
        kind: mapping.kind,
        practitionerIds: practitionerSet(practitioners),
        locationId: location,
        start,
        end,
        zone: source.zone,
        slotMs,
      },
    },
  };
}
