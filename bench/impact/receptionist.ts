/** A receptionist in a process of her own: notes how long each of her inserts takes. Or a neighbour, who writes to another table. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';

export type Order =
  | { readonly type: 'insert'; readonly first: number; readonly count: number; readonly gapMs: number }
  | { readonly type: 'neighbour'; readonly perSecond: number }
  | { readonly type: 'rest' };

const url = process.argv[2] ?? '';

async function open(): Promise<(text: string) => Promise<unknown>> {
  if (url.startsWith('mysql:')) {
    const connection = await createConnection(url);
    return (text) => connection.query(text);
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  return (text) => client.query(text);
}

const query = await open();
const wall = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
let neighbour = 0;

async function insert(first: number, count: number, gapMs: number): Promise<number[]> {
  const took: number[] = [];
  for (let id = first; id < first + count; id++) {
    await sleep(gapMs * (0.5 + Math.random()));
    const start = Date.now() + (2 + Math.random() * 110) * 86_400_000;
    const began = performance.now();
    await query(`insert into appt values (${id}, 1, 1, '${wall(start)}', '${wall(start + 900_000)}')`);
    took.push(performance.now() - began);
  }
  return took;
}

async function disturb(perSecond: number): Promise<void> {
  const mine = ++neighbour;
  for (let next = performance.now(); mine === neighbour; next += 1_000 / perSecond) {
    await sleep(Math.max(0, next - performance.now()));
    await query('insert into elsewhere values (1)');
  }
}

process.on('message', (order: Order) => {
  neighbour++;
  if (order.type === 'insert') void insert(order.first, order.count, order.gapMs).then((took) => process.send?.(took));
  else if (order.type === 'neighbour') void disturb(order.perSecond);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
