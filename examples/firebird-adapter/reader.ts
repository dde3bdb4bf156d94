import { inRange, type AdapterError, type ClinicReader, type Instant, type RangeRead, type Stream } from 'clinic-sync';
import type { ResultAsync } from 'neverthrow';

import { digestOf } from './digest.js';
import { inwardId } from './ids.js';
import { instantLiteral } from './literals.js';
import { decodeRow, gather, streamOfLabel } from './rows.js';
import type { Query } from './session.js';
import { isValue, type Source } from './source.js';
import { MAX_CLOCK_CHANGE } from './times.js';

/** Runs statements within one moment of the database. */
export type InOneMoment = <T>(signal: AbortSignal, work: (query: Query) => Promise<T>) => ResultAsync<T, AdapterError>;

/** Several tables, and so several statements, but one transaction: nothing is torn. */
export function firebirdReader(sources: readonly Source[], inOneMoment: InOneMoment): ClinicReader {
  const of = (stream: Stream) => sources.filter(({ label }) => streamOfLabel(label) === stream);
  return {
    readRange: ({ range, cutoff, signal }) =>
      inOneMoment(signal, async (query) => {
        const decoded = [];
        for (const source of of(range.stream)) {
          const rows = await query(`select ${source.select} from ${source.table} where ${near(source, range, cutoff)}`);
          decoded.push(...rows.map((cells) => decodeRow(source, cells)));
        }
        return gather(decoded, ({ row }) => row.end > cutoff && inRange(row, range));
      }),
    readKeys: ({ stream, ids, cutoff, signal }) =>
      inOneMoment(signal, async (query) => {
        const asked = new Set(ids);
        const decoded = [];
        for (const source of of(stream)) {
          const inward = [...asked].map((id) => inwardId(stream, id)).filter(({ label }) => label === source.label);
          const conditions = inward.flatMap(({ id }) => isValue(source.id, id) ?? []);
          if (conditions.length === 0) continue;
          const rows = await query(`select ${source.select} from ${source.table} where ${conditions.join(' or ')}`);
          decoded.push(...rows.map((cells) => decodeRow(source, cells)));
        }
        // A collation may find more than what was asked for.
        const found = decoded.filter((each) => asked.has('record' in each ? each.record.row.id : each.skipped.key.id));
        return gather(found, ({ row }) => row.end > cutoff);
      }),
    digest: ({ stream, edges, to, cutoff, signal }) =>
      inOneMoment(signal, (query) => digestOf(query, of(stream), edges, { to, cutoff })),
  };
}

/** Rows of the range and a few around it, by the index on the start. What belongs to it is decided by their instants. */
function near(source: Source, { from, to, practitionerId }: RangeRead['range'], cutoff: Instant): string {
  const { start, end, zone, longestRowMs, practitioner } = source;
  const earliest = Math.max(cutoff - longestRowMs, from ?? Number.NEGATIVE_INFINITY);
  const conditions = [
    `${start} >= ${instantLiteral(earliest - MAX_CLOCK_CHANGE, zone)}`,
    `${end} >= ${instantLiteral(cutoff - MAX_CLOCK_CHANGE, zone)}`,
    ...(to === null ? [] : [`${start} < ${instantLiteral(to + MAX_CLOCK_CHANGE, zone)}`]),
    ...(practitionerId === undefined ? [] : [isValue(practitioner, practitionerId) ?? '1 = 0']),
  ];
  return conditions.join(' and ');
}
