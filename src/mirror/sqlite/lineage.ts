import type { Incarnation } from '../../domain/cursor.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { statement } from './statement.js';

const ADD = statement<{ clinic: number; epoch: number; id: string; from_seq: number }>()((db, p) =>
  db.insertInto('incarnation').values({ clinic: p.clinic, epoch: p.epoch, id: p.id, from_seq: p.from_seq }),
);

const OF_CLINIC = statement<{ clinic: number }>()((db, p) =>
  db.selectFrom('incarnation').select(['id', 'from_seq']).where('clinic', '=', p.clinic).orderBy('epoch'),
);

const FORGET = statement<{ clinic: number; id: string }>()((db, p) =>
  db.deleteFrom('incarnation').where('clinic', '=', p.clinic).where('id', '=', p.id),
);

export function addIncarnation(connection: Connection, clinic: number, epoch: number, incarnation: Incarnation): void {
  connection.run(ADD, { clinic, epoch, id: incarnation.id, from_seq: incarnation.fromSeq });
}

export function readLineage(connection: Connection, clinic: number, head: number): Incarnation[] {
  const lineage = connection.all(OF_CLINIC, { clinic }).map(({ id, from_seq }) => ({ id, fromSeq: from_seq }));
  lineage.forEach(({ fromSeq }, i) => {
    if (fromSeq > (lineage[i + 1]?.fromSeq ?? head)) throw damaged('incarnation.from_seq');
  });
  return lineage;
}

/**
 * Forgets the incarnations that ended before the oldest place a consumer can resume from, which is after event `oldest - 1`.
 * Answers with those that stay.
 */
export function trimLineage(
  connection: Connection,
  clinic: number,
  lineage: readonly Incarnation[],
  oldest: number,
): Incarnation[] {
  const gone = lineage.filter((_, i) => (lineage[i + 1]?.fromSeq ?? Number.POSITIVE_INFINITY) < oldest - 1);
  for (const { id } of gone) connection.run(FORGET, { clinic, id });
  return lineage.filter((incarnation) => !gone.includes(incarnation));
}
