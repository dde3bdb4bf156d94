/** The receptionist, in a process of its own: inserts, edits and deletes rows at random intervals and notes when each was committed. */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';

import { clockNow, KINDS, type Written, type WriteOrder } from './write.js';

type Run = (kind: (typeof KINDS)[number], id: number, starts: string, ends: string) => Promise<void>;

const target = JSON.parse(process.argv[2] ?? '{}') as { url?: string; path?: string };

/** With `$1` to `$3` for id and times, which both engines read. */
const TEXTS: Record<(typeof KINDS)[number], string> = {
  insert: 'insert into appt values ($1, 1, 1, $2, $3)',
  edit: 'update appt set starts = $2, ends = $3 where id = $1',
  delete: 'delete from appt where id = $1',
};

async function openRun(): Promise<Run> {
  const values = (kind: string, id: number, times: string[]) => (kind === 'delete' ? [id] : [id, ...times]);
  if (target.path !== undefined) {
    const db = new DatabaseSync(target.path, { timeout: 10_000 });
    db.exec('pragma synchronous = normal');
    const statements = Object.fromEntries(
      KINDS.map((kind) => [kind, db.prepare(TEXTS[kind].replaceAll(/\$(\d)/g, '?$1'))]),
    );
    return async (kind, id, ...times) => {
      statements[kind]?.run(...values(kind, id, times));
    };
  }
  if (target.url?.startsWith('mysql:')) {
    const connection = await createConnection(target.url);
    return async (kind, id, ...times) => {
      // By position; an edit names its id last.
      const given = kind === 'edit' ? [...times, id] : values(kind, id, times);
      await connection.query(TEXTS[kind].replaceAll(/\$\d/g, '?'), given);
    };
  }
  const client = new Client({ connectionString: target.url });
  await client.connect();
  return async (kind, id, ...times) => {
    await client.query({ name: kind, text: TEXTS[kind], values: values(kind, id, times) });
  };
}

const wall = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
const run = await openRun();

process.on('message', ({ firstNew, firstOld, count, gap: [least, most] }: WriteOrder) => {
  void (async () => {
    const written: Written = [];
    for (let i = 0; i < count; i++) {
      await sleep(least + Math.random() * (most - least));
      const start = Date.now() + (2 + Math.random() * 110) * 86_400_000;
      const kind = KINDS[i % KINDS.length] ?? 'insert';
      const id = (kind === 'insert' ? firstNew : firstOld) + i;
      const sent = clockNow();
      await run(kind, id, wall(start), wall(start + 900_000));
      // The commit was somewhere between: a listener may well hear of it before its answer is back here.
      written.push([id, (sent + clockNow()) / 2]);
    }
    process.send?.(written);
  })();
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
