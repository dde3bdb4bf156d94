import { setTimeout as sleep } from 'node:timers/promises';

import { parseCursor } from '../../src/domain/cursor.js';
import { keyText, streamOf, type StoredRow } from '../../src/domain/row.js';
import { identityOf } from '../simulation/history.js';
import type { Consumer } from './consumer.js';
import type { Desk } from './desk.js';
import { PATIENCE_MS, type Life } from './life.js';
import type { Receptionist } from './receptionist.js';
import { truthOf } from './schema.js';

type Rows = ReadonlyMap<string, string>;

export function stored(rows: readonly StoredRow[]): Rows {
  return new Map(rows.map(({ row }) => [keyText(streamOf(row), row.id), identityOf(row)]));
}

export function replicaOf({ replica }: Consumer): Rows {
  return new Map([...replica.rows].map(([key, { identity }]) => [key, identity]));
}

/** The first few rows in which two copies differ, or nothing. */
export function difference(have: Rows, want: Rows): string | undefined {
  const lines: string[] = [];
  for (const [key, identity] of want) {
    const other = have.get(key);
    if (other !== identity) lines.push(`${key} is ${other ?? 'missing'} and should be ${identity}`);
  }
  for (const key of have.keys()) if (!want.has(key)) lines.push(`${key} should not be there`);
  return lines.length === 0 ? undefined : `${lines.length} rows differ: ${lines.slice(0, 3).join('; ')}`;
}

/**
 * With a live host and nobody writing: the clinic's table, the mirror, and what the consumer has made of the events are the
 * same. Answers how many ms that took to come true.
 */
export async function checkQuiet(life: Life, desk: Desk, desker: Receptionist, consumer: Consumer): Promise<number> {
  await desker.rest();
  const began = performance.now();
  const truth = truthOf(await desk.rows());
  await eventually(() => difference(replicaOf(consumer), truth) === undefined);
  const took = performance.now() - began;
  const { rows, cursor } = await life.snapshot();
  const wrong = difference(stored(rows), truth);
  if (wrong) consumer.violate('S1', `the mirror: ${wrong}`);
  await eventually(() => seqOf(consumer.replica.cursor) >= seqOf(cursor));
  const behind = difference(replicaOf(consumer), truth);
  if (behind) consumer.violate('S2', `the consumer after all events: ${behind}`);
  consumer.lookUp(desker.versions);
  return took;
}

function seqOf(cursor: string | null): number {
  return parseCursor(cursor ?? '')?.seq ?? -1;
}

async function eventually(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS / 2;
  while (!isSo() && performance.now() < deadline) await sleep(5);
}
