/** A backend is killed in the middle of its work, twice, and comes back: nothing is missed, and nothing is taken in twice. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { Practice } from '../practice/practice.js';

const practice = new Practice(['dr-lee']);
const backend = `${practice.mirror}.backend.db`;

/** Starts the backend, and answers it when it says that it is at work. */
async function start(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'host.ts'), [practice.path, practice.mirror, backend]);
  await new Promise<void>((resolve, reject) => {
    child.on('message', ({ type }: { type: string }) => {
      if (type !== 'begun' && !type.startsWith('resumed')) return;
      console.log(`the backend has ${type}`);
      resolve();
    });
    child.once('exit', reject);
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
  console.log('killed');
}

const listOf = (path: string, text: string) => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const rows = db.prepare(text).all() as { id: string | number }[];
  db.close();
  return rows.map(({ id }) => String(id)).join(' ');
};

let host = await start();
let minute = 0;
const next = () =>
  practice.book('dr-lee', `09:${String(minute).padStart(2, '0')}`, `09:${String(++minute).padStart(2, '0')}`);
const ids = [next(), next(), next()];
await sleep(30);
await kill(host);

practice.cancel(ids[1] ?? '');
next();
host = await start();
next();
await sleep(30);
await kill(host);

next();
host = await start();
// Whatever the clinic has by now is told within moments.
const theirs = () => listOf(practice.path, 'select id from appointments order by id');
const ours = () => listOf(backend, 'select id from appointments order by cast(id as integer)');
for (let wait = 0; wait < 100 && ours() !== theirs(); wait++) await sleep(50);
await kill(host);

console.log(`the clinic has   ${theirs()}`);
console.log(`the backend has  ${ours()}`);
if (ours() !== theirs()) process.exitCode = 1;
practice.close();
