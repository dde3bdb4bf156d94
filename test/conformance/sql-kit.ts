import { idSpace } from '../../src/adapters/sql/ids.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { MINUTE } from '../../src/domain/instant.js';
import { STREAM_OF, streamOf, type ClinicRow, type RowKey } from '../../src/domain/row.js';
import { instantToWall } from '../../src/domain/zone.js';
import type { Writing } from '../../src/testing/index.js';

export const ZONE = 'Australia/Melbourne';

const columns = {
  id: 'id',
  practitioner: ['p1', 'p2'],
  location: 'place',
  start: 's',
  end: 'e',
  time: 'wall',
} as const;

const BOOKING = {
  token: 'token',
  patient: 'patient',
  reason: 'note',
  values: { status: 'booked', "it's": -1.5 },
};

/** The clinic of the conformance tests: texts for keys, wall-clock times. */
export const SCHEMA: ClinicSchema = {
  zone: ZONE,
  appointments: { table: 'appointments', ...columns, booking: BOOKING },
  blockouts: { table: 'blockouts', ...columns },
  sessions: { table: 'sessions', ...columns, slotMinutes: 'slot' },
};

export const TABLES = ['appointments', 'blockouts', 'sessions'] as const;

/** `id`: the column's definition, which gives a row its id that comes without one. */
export const createTables = (time: string, id: string): string =>
  TABLES.map(
    (table) =>
      `create table ${table} (id ${id}, p1 text, p2 text, place text, s ${time} not null,
        e ${time} not null, slot int,
        token varchar(22), patient varchar(300), note text, status text, "it's" real);
      create index on_${table} on ${table} (s);`,
  ).join('\n');

/** As `schema.blockouts` of one table has it. */
const NAMES = [
  { kind: 'blockout', prefix: 'blockout:' },
  { kind: 'appointment', prefix: '' },
  { kind: 'session', prefix: '' },
] as const;
const SPACES = NAMES.map((name) => ({ ...name, table: `${name.kind}s`, space: idSpace(name, NAMES) }));

/** What is written of a row that the adapter is to present like this. */
function stored(row: ClinicRow): { table: string; id: string; values: (string | number | null)[] } {
  const { label: table, id } = tableOf({ stream: streamOf(row), id: row.id });
  const wall = (instant: number) => new Date(instantToWall(instant, ZONE)).toISOString().slice(0, 19).replace('T', ' ');
  const [p1 = null, p2 = null] = row.practitionerIds;
  const slot = row.slotMs === null ? null : row.slotMs / MINUTE;
  return { table, id, values: [p1, p2, row.locationId, wall(row.start), wall(row.end), slot] };
}

function tableOf(key: RowKey): { label: string; id: string } {
  for (const { kind, table, space } of SPACES) {
    const id = STREAM_OF[kind] === key.stream ? space.inward(key.id) : undefined;
    if (id !== undefined) return { label: table, id };
  }
  throw new Error('No table has such an id.');
}

/** A freed id comes back as it was presented; a new one is the clinic's own. */
function presented(row: ClinicRow): ClinicRow {
  const own = row.kind === 'blockout' && row.id.startsWith('blockout:');
  const wasPresented = own || (row.kind === 'appointment' && row.id.startsWith('appointment:blockout:'));
  const space = SPACES.find(({ kind }) => kind === row.kind)?.space;
  return wasPresented || !space ? row : { ...row, id: space.outward(row.id) };
}

/** Runs one statement with `?` for values. */
export type Run = (text: string, values: readonly (string | number | null)[]) => unknown;

export function writing(run: Run): Writing {
  return {
    insert: async (rows) => {
      const answers = rows.map(presented);
      for (const row of answers) {
        const { table, id, values } = stored(row);
        await run(`insert into ${table} (p1, p2, place, s, e, slot, id) values (?, ?, ?, ?, ?, ?, ?)`, [...values, id]);
      }
      return answers;
    },
    update: async (rows) => {
      for (const row of rows) {
        const { table, id, values } = stored(row);
        await run(`update ${table} set p1 = ?, p2 = ?, place = ?, s = ?, e = ?, slot = ? where id = ?`, [
          ...values,
          id,
        ]);
      }
    },
    remove: async (keys) => {
      for (const key of keys) {
        const { label: table, id } = tableOf(key);
        await run(`delete from ${table} where id = ?`, [id]);
      }
    },
  };
}

/** Makes it a row of nobody. */
export async function spoil(run: Run, key: RowKey): Promise<void> {
  const { label: table, id } = tableOf(key);
  await run(`update ${table} set p1 = null, p2 = null where id = ?`, [id]);
}
