/** Removes, in small bites, what nobody will read again: copies that do not show, and what discarded clinics left behind. */
import { sql } from 'kysely';

import type { Connection } from './connection.js';
import { statement } from './statement.js';

/** Places, or events, removed at once: a few milliseconds of work. */
const BITE = 500;

type NoParameters = Readonly<Record<string, never>>;

const GARBAGE_COPIES = statement<NoParameters>()((db) =>
  db
    .selectFrom('copy')
    .leftJoin('clinic', (join) => join.onRef('clinic.n', '=', 'copy.clinic').onRef('clinic.copy', '=', 'copy.n'))
    .select('copy.n as n')
    .where('clinic.n', 'is', null),
);

const DELETE_ROWS = statement<{ copy: number }>()((db, p) =>
  db
    .deleteFrom('rows')
    .where('copy', '=', p.copy)
    .where(({ eb, refTuple }) =>
      eb(
        refTuple('stream', 'practitioner', 'long', 'start', 'id'),
        'in',
        db
          .selectFrom('rows')
          .select(['stream', 'practitioner', 'long', 'start', 'id'])
          .where('copy', '=', p.copy)
          .limit(sql.lit(BITE))
          .$asTuple('stream', 'practitioner', 'long', 'start', 'id'),
      ),
    ),
);

const DELETE_COPY = statement<{ n: number }>()((db, p) => db.deleteFrom('copy').where('n', '=', p.n));

const DISCARDED = statement<NoParameters>()((db) =>
  db.selectFrom('clinic').select('n').where('clinic_id', 'is', null).limit(1),
);

const DELETE_EVENTS = statement<{ clinic: number }>()((db, p) =>
  db
    .deleteFrom('log')
    .where('clinic', '=', p.clinic)
    .where('seq', 'in', db.selectFrom('log').select('seq').where('clinic', '=', p.clinic).limit(sql.lit(BITE))),
);

const DELETE_INTENTS = statement<{ clinic: number }>()((db, p) =>
  db.deleteFrom('intent').where('clinic', '=', p.clinic),
);

const DELETE_LINEAGE = statement<{ clinic: number }>()((db, p) =>
  db.deleteFrom('incarnation').where('clinic', '=', p.clinic),
);

const DELETE_CLINIC = statement<{ n: number }>()((db, p) => db.deleteFrom('clinic').where('n', '=', p.n));

export class Sweep {
  readonly #connection: Connection;
  readonly #laying: ReadonlySet<number>;
  /** Copies that were garbage at the last look at all of them, and still are: what does not show will not show again. */
  #garbage: number[] = [];

  /** `laying`: copies that are being laid and only look like garbage. */
  constructor(connection: Connection, laying: ReadonlySet<number>) {
    this.#connection = connection;
    this.#laying = laying;
  }

  /** One bite. Answers false when nothing is left. */
  once(): boolean {
    const connection = this.#connection;
    return connection.relaxedTransaction(() => {
      if (this.#garbage.length === 0)
        this.#garbage = connection.all(GARBAGE_COPIES, {}).flatMap(({ n }) => (this.#laying.has(n) ? [] : [n]));
      const copy = this.#garbage.at(-1);
      if (copy !== undefined) {
        if (connection.run(DELETE_ROWS, { copy }) < BITE) {
          connection.run(DELETE_COPY, { n: copy });
          this.#garbage.pop();
        }
        return true;
      }
      const clinic = connection.get(DISCARDED, {})?.n;
      if (clinic === undefined) return false;
      if (connection.run(DELETE_EVENTS, { clinic }) > 0) return true;
      connection.run(DELETE_INTENTS, { clinic });
      connection.run(DELETE_LINEAGE, { clinic });
      connection.run(DELETE_CLINIC, { n: clinic });
      return true;
    });
  }
}
