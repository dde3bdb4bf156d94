import { DAY, HOUR, MINUTE } from '../../src/domain/instant.js';
import type { ClinicRow, RowKind } from '../../src/domain/row.js';
import type { Random } from '../../src/testing/index.js';
import { ZONE } from './memory-kit.js';

/** One thing that the front desk does. `name` is the script's own for the row; each engine has its own ids. */
export interface Operation {
  readonly type: 'insert' | 'edit' | 'remove';
  readonly name: string;
  /** As it is afterwards; for a removal, as it was. */
  readonly row: ClinicRow;
}

export type Transaction = readonly Operation[];

const KINDS: Readonly<Record<RowKind, number>> = { appointment: 8, blockout: 1, session: 2 };
const QUARTER = 15 * MINUTE;
const FROM = Math.ceil(Date.now() / DAY) * DAY + 2 * DAY;

/** Transactions of one to eight operations each: new rows, edits, moves, removals, ids that are used again, and rows put back as they were. */
export function recordScript(random: Random, operations: number): Transaction[] {
  const standing = new Map<string, ClinicRow>();
  const gone = new Map<string, ClinicRow>();
  const script: Transaction[] = [];
  let names = 0;
  let left = operations;
  const kindOf = (row: ClinicRow) => row.kind;

  const one = (): Operation => {
    const type = random.weighted({ insert: 5, reuse: 1, edit: 3, remove: 3 });
    if (type === 'reuse' && gone.size > 0) {
      const [name, old] = random.pick([...gone]);
      gone.delete(name);
      const row = random.chance(0.3) ? old : content(random, kindOf(old));
      standing.set(name, row);
      return { type: 'insert', name, row };
    }
    if ((type === 'edit' || type === 'remove') && standing.size > 0) {
      const [name, old] = random.pick([...standing]);
      if (type === 'remove') {
        standing.delete(name);
        gone.set(name, old);
        return { type, name, row: old };
      }
      const row = random.chance(0.1) ? old : edited(random, old);
      standing.set(name, row);
      return { type, name, row };
    }
    const name = `row-${++names}`;
    const row = content(random, random.weighted(KINDS));
    standing.set(name, row);
    return { type: 'insert', name, row };
  };

  while (left > 0) {
    const size = Math.min(left, random.chance(0.6) ? 1 : random.int(2, 8));
    script.push(Array.from({ length: size }, one));
    left -= size;
  }
  return script;
}

function content(random: Random, kind: RowKind): ClinicRow {
  const start = FROM + random.int(0, 60 * 96) * QUARTER;
  const first = random.int(1, 6);
  return {
    id: `s${random.int(1, 1e9)}`,
    kind,
    practitionerIds: random.chance(0.1) ? [String(first), String(first + 1)] : [String(first)],
    locationId: random.chance(0.5) ? 'north' : null,
    start,
    end: start + random.int(1, 8) * QUARTER,
    zone: ZONE,
    slotMs: kind === 'session' && random.chance(0.7) ? QUARTER : null,
  };
}

/** Moved, made longer, given to somebody else, or all at once. */
function edited(random: Random, row: ClinicRow): ClinicRow {
  switch (random.int(0, 3)) {
    case 0:
      return { ...row, start: row.start + HOUR, end: row.end + HOUR };
    case 1:
      return { ...row, end: row.end + QUARTER };
    case 2:
      return { ...row, practitionerIds: [String(random.int(1, 9))] };
    default:
      return { ...content(random, row.kind), id: row.id };
  }
}
