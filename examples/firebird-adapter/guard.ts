import type { DeleteOrder, PlacedSlot } from 'clinic-sync';

import type { ServerClock } from './clock.js';
import { hashHalves } from './hash.js';
import { instantLiteral, nameLiteral, textLiteral } from './literals.js';
import type { BookingColumns } from './prepare.js';
import { asText, isValue, literalFor, type Source } from './source.js';
import type { BookOrder } from 'clinic-sync';
import { streamOfLabel } from './rows.js';

/** One column and what is written into it. */
type Cell = readonly [column: string, value: string];

/** Inserts one row if the clock allows it and nobody is in the way; gives back its id, or NULL. */
export function insertion(
  sources: readonly Source[],
  source: Source,
  booking: BookingColumns,
  clock: ServerClock,
  order: BookOrder,
): string {
  const cells = cellsOf(source, booking, order);
  return `
    insert into ${source.table} (${cells.map(([column]) => column).join(', ')})
    select ${cells.map(([, value]) => value).join(', ')} from rdb$database
    where ${clock.isBefore(order.deadline)} ${inTheWay(sources, order.slot)
      .map((row) => `and not exists (${row})`)
      .join(' ')}
    returning ${asText(source.id)}`;
}

/** Deletes one row if it is that version still; gives back its id, or NULL. */
export function deletion(source: Source, id: string, clock: ServerClock, { hash, deadline }: DeleteOrder): string {
  const [upper, lower] = hashHalves(hash);
  return `
    delete from ${source.table} where ${id} and ${source.hash[0]} = ${upper} and ${source.hash[1]} = ${lower}
      and ${clock.isBefore(deadline)}
    returning ${asText(source.id)}`;
}

function cellsOf(source: Source, booking: BookingColumns, { slot, details, token }: BookOrder): Cell[] {
  const { practitioner, location, zone, start, end, id } = source;
  const cells: (Cell | undefined)[] = [
    [nameLiteral(practitioner.name), literalFor(practitioner, slot.practitionerId) ?? 'null'],
    [start, instantLiteral(slot.start, zone)],
    [end, instantLiteral(slot.end, zone)],
    location && slot.locationId !== null
      ? [nameLiteral(location.name), literalFor(location, slot.locationId) ?? 'null']
      : undefined,
    booking.token && [nameLiteral(booking.token.name), textLiteral(token)],
    booking.generator === undefined
      ? undefined
      : [nameLiteral(id.name), `gen_id(${nameLiteral(booking.generator.toUpperCase())}, 1)`],
  ];
  for (const name of ['patient', 'type', 'reason'] as const) {
    const [column, text] = [booking[name], details[name]];
    if (column && text !== undefined) cells.push([nameLiteral(column.name), literalFor(column, text) ?? 'null']);
  }
  return cells.filter((cell) => cell !== undefined);
}

/** Busy rows of the practitioner's that take some of the slot, table by table. */
function inTheWay(sources: readonly Source[], { practitionerId, start, end }: PlacedSlot): string[] {
  return sources
    .filter(({ label }) => streamOfLabel(label) === 'busy')
    .flatMap((source) => {
      const isTheirs = isValue(source.practitioner, practitionerId);
      if (isTheirs === undefined) return [];
      return `
        select 1 from ${source.table} where ${isTheirs}
          and ${source.start} >= ${instantLiteral(start - source.longestRowMs, source.zone)}
          and ${source.start} < ${instantLiteral(end, source.zone)} and ${source.end} > ${instantLiteral(start, source.zone)}`;
    });
}
