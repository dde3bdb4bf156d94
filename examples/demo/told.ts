/** The changes that were made, against the events that were told. */
import { isRowEvent, type ClinicEvent } from '../../src/index.js';
import { fromWall } from './clinic-time.js';
import type { Entry } from './practice.js';
import type { Change } from './receptionist.js';

const textOf = (sign: '+' | '-', id: string, practitioner: string, start: number, end: number) =>
  [sign, id, practitioner, start, end].join('|');

/** What must be told of a change: the version that went, the version that came. */
function expected({ id, before, after }: Change): string[] {
  const text = (sign: '+' | '-', { practitioner, starts, ends }: Entry) =>
    textOf(sign, `${id}`, `${practitioner}`, fromWall(starts), fromWall(ends));
  return [...(before ? [text('-', before)] : []), ...(after ? [text('+', after)] : [])];
}

/** `online`: ids of rows that patients online booked, which nobody at the desk made. */
export function compareChanges(changes: readonly Change[], told: readonly ClinicEvent[], online: ReadonlySet<string>) {
  const isOnline = (event: ClinicEvent) =>
    isRowEvent(event) && (event.bookingId !== undefined || online.has(event.row.id));
  const rows = told.filter((event) => isRowEvent(event)).filter((event) => !isOnline(event));
  const left = new Map<string, number>();
  for (const { type, row } of rows) {
    const text = textOf(
      type.endsWith('.created') ? '+' : '-',
      row.id,
      row.practitionerIds.join('+'),
      row.start,
      row.end,
    );
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  let matched = 0;
  for (const change of changes) {
    const texts = expected(change);
    if (!texts.every((text) => (left.get(text) ?? 0) > 0)) continue;
    matched++;
    for (const text of texts) left.set(text, (left.get(text) ?? 0) - 1);
  }
  const moved = new Set(changes.filter(({ kind }) => kind === 'move').map(({ id }) => `${id}`));
  const isLinked = (event: (typeof rows)[number]) => 'replaces' in event || 'replacedBy' in event;
  return {
    matched,
    /** Changes that were not told. */
    missing: changes.length - matched,
    /** Events beyond one for each version: of changes that nobody made, or made once and told again. */
    untrue: [...left.values()].reduce((sum, n) => sum + n, 0),
    /** Events of a move that do not point at each other. */
    split: rows.filter((event) => moved.has(event.row.id) && !isLinked(event)).length,
    cursorsTwice: told.length - new Set(told.map(({ cursor }) => cursor)).size,
  };
}
