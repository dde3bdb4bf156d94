import { setTimeout as sleep } from 'node:timers/promises';

import { keyText, type ClinicRow } from '../../src/domain/row.js';
import { MINUTE } from '../../src/domain/instant.js';
import { difference, replicaOf, stored } from '../kill/checks.js';
import type { Consumer } from '../kill/consumer.js';
import { identityOf } from '../simulation/history.js';
import type { Ground } from './ground.js';
import type { Hosts } from './hosts.js';
import type { Answer } from './messages.js';
import { isFinal, type People } from './people.js';

/** How long after the last fault the last doubt may be settled: the fence is about eight seconds. */
const SETTLED_MS = 30_000;
const EQUAL_MS = 15_000;

interface Appointment {
  readonly id: string;
  readonly doctor: string;
  readonly starts: number;
  readonly ends: number;
  /** The key of the request; `null`: the front desk's. */
  readonly patient: string | null;
}

async function appointmentsOf(ground: Ground): Promise<Appointment[]> {
  const rows = await ground.query('select id, doctor, starts, ends, patient from appointments');
  return rows.map((row) => ({
    id: String(row['id']),
    doctor: String(row['doctor']),
    starts: Number(row['starts']),
    ends: Number(row['ends']),
    patient: row['patient'] as string | null,
  }));
}

/** The mapping once more, with nothing of the library's. */
async function truthOf(ground: Ground): Promise<Map<string, string>> {
  const row = (kind: ClinicRow['kind'], { id, doctor, starts, ends }: Omit<Appointment, 'patient'>): ClinicRow => ({
    id,
    kind,
    practitionerIds: [doctor],
    locationId: null,
    start: starts,
    end: ends,
    zone: 'Australia/Melbourne',
    slotMs: kind === 'session' ? 10 * MINUTE : null,
  });
  const sessions = await ground.query('select id, doctor, starts, ends from sessions');
  const texts = (each: Record<string, unknown>) => ({
    id: String(each['id']),
    doctor: String(each['doctor']),
    starts: Number(each['starts']),
    ends: Number(each['ends']),
  });
  return new Map([
    ...(await appointmentsOf(ground)).map(
      (each) => [keyText('busy', each.id), identityOf(row('appointment', each))] as const,
    ),
    ...sessions.map(
      (each) => [keyText('session', String(each['id'])), identityOf(row('session', texts(each)))] as const,
    ),
  ]);
}

/** With nobody writing: table, mirror and consumer are the same (S1, S2). */
export async function checkCopies(ground: Ground, hosts: Hosts, consumer: Consumer): Promise<void> {
  const truth = await truthOf(ground);
  await until(EQUAL_MS, () => difference(replicaOf(consumer), truth) === undefined);
  const behind = difference(replicaOf(consumer), truth);
  if (behind) consumer.violate('S2', `the consumer after all events: ${behind}`);
  const { rows } = await hosts.current.snapshot();
  const wrong = difference(stored(rows), truth);
  if (wrong) consumer.violate('S1', `the mirror: ${wrong}`);
}

/** Every request against the clinic's own tables (S4 to S7). */
export async function checkRequests(
  ground: Ground,
  hosts: Hosts,
  people: People,
  consumer: Consumer,
): Promise<Record<string, number>> {
  const finals = await settled(hosts, people);
  const rows = await appointmentsOf(ground);
  const made = countBy(await ground.query('select patient from made'));
  const removed = countBy((await ground.query('select patient from removed_by_desk')).filter(({ patient }) => patient));
  const standing = new Map(rows.flatMap((row) => (row.patient === null ? [] : [[row.patient, row] as const])));
  const outcomes: Record<string, number> = {};
  for (const [key, request] of people.requests) {
    const final = finals.get(key) ?? { result: 'InDoubt' };
    const { type } = request.ask;
    outcomes[`${type}: ${final.result}`] = (outcomes[`${type}: ${final.result}`] ?? 0) + 1;
    const told = [...request.told, final];
    const broken = (promise: string, what: string) => {
      consumer.violate(promise, `${key} ${what}; told ${told.map(({ result }) => result).join(', ')}`);
    };
    if (!isFinal(final)) broken('S7', 'has no outcome');
    if (type === 'book') {
      const times = made.get(key) ?? 0;
      const isThere = standing.has(key);
      // Somebody may have had it deleted online.
      const wasDeleted = people.requests.has(`x-${key}`);
      if (times > 1) broken('S6', `was written ${times} times`);
      if (told.some(({ result }) => result === 'booked') && !isThere && !removed.has(key) && !wasDeleted)
        broken('S5', 'is not there, and nobody deleted it');
      if (final.result !== 'booked' && isThere) broken('S6', `stands at the clinic as row ${standing.get(key)?.id}`);
    } else if (told.some(({ result }) => result === 'deleted') && standing.has(key.slice(2))) {
      broken('S5', 'is still there');
    }
  }
  checkOverlaps(rows, consumer);
  return outcomes;
}

/** S5: whoever overlaps a booking of ours, the host has heard of. */
function checkOverlaps(rows: readonly Appointment[], consumer: Consumer): void {
  const byDoctor = new Map<string, Appointment[]>();
  for (const row of rows) byDoctor.set(row.doctor, [...(byDoctor.get(row.doctor) ?? []), row]);
  for (const ours of rows) {
    if (ours.patient === null) continue;
    for (const other of byDoctor.get(ours.doctor) ?? []) {
      if (other.id === ours.id || other.starts >= ours.ends || other.ends <= ours.starts) continue;
      const isTold = consumer.conflicts.has(`${ours.patient} ${other.id}`);
      const isToldOtherwise = other.patient !== null && consumer.conflicts.has(`${other.patient} ${ours.id}`);
      if (!isTold && !isToldOtherwise)
        consumer.violate('S5', `${ours.patient} (row ${ours.id}) and row ${other.id} overlap, and nobody was told`);
    }
  }
}

/** What each key has come to, once nothing is in doubt. */
async function settled(hosts: Hosts, people: People): Promise<Map<string, Answer>> {
  const finals = new Map<string, Answer>();
  await until(SETTLED_MS, async () => {
    for (const key of people.requests.keys()) {
      if (finals.has(key)) continue;
      const answer = await hosts.ask({ type: 'outcome', key });
      if (!answer || !isFinal(answer)) return false;
      finals.set(key, answer);
    }
    return true;
  });
  return finals;
}

function countBy(rows: readonly Record<string, unknown>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { patient } of rows) counts.set(String(patient), (counts.get(String(patient)) ?? 0) + 1);
  return counts;
}

async function until(ms: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isSo()) && performance.now() < deadline) await sleep(20);
}
