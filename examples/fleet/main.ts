/**
 * `npm run example -- fleet`: 60 practices in one process, one of them dead. They come up in their turn, receptionists write at all of them, the
 * process is stopped and started again, and every copy is held against its practice. Ends with status 0 only if all of it was so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ClinicFleet, isRowEvent, type ClinicAdapter, type FleetStatus } from 'clinic-sync';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { ResultAsync } from 'neverthrow';

import { Practice } from './practices.js';

const CLINICS = 60;
const MAX_CONNECTING = 8;
const PATIENCE_MS = 60_000;
const DAY = 86_400_000;

const say = (text: string) => process.stdout.write(`${text}\n`);
const failures: string[] = [];

function check(what: string, holds: boolean): void {
  say(`  ${holds ? 'ok' : 'NOT SO'}: ${what}`);
  if (!holds) failures.push(what);
}

async function until(done: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await done())) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
}

/** How many are asked to connect at the same moment. */
const connecting = { now: 0, most: 0 };

function counted(adapter: ClinicAdapter): ClinicAdapter {
  return {
    ...adapter,
    connect: (options) => {
      connecting.most = Math.max(connecting.most, ++connecting.now);
      const over = () => {
        connecting.now--;
      };
      return adapter.connect(options).andTee(over).orTee(over);
    },
  };
}

/** A practice whose line was cut: whoever calls waits for ever. */
const dead = ({ adapter }: Practice): ClinicAdapter => ({
  ...adapter,
  connect: () => ResultAsync.fromSafePromise(new Promise<never>(() => undefined)),
});

const line = ({ phases, connecting: { underWay, waiting } }: FleetStatus) =>
  `${phases.live} live, ${phases.resyncing} being compared, ${underWay} connecting, ${waiting} waiting for their turn`;

interface Running {
  readonly fleet: ClinicFleet;
  /** Changes that were told, by clinic. */
  readonly told: Map<string, number>;
}

async function start(folder: string, practices: readonly Practice[]): Promise<Running> {
  const began = performance.now();
  const fleet = new ClinicFleet({
    mirror: sqliteMirror({ path: join(folder, 'fleet.mirror') }),
    maxConnecting: MAX_CONNECTING,
  });
  const told = new Map<string, number>();
  fleet.events$.subscribe((event) => {
    if (isRowEvent(event)) told.set(event.clinicId, (told.get(event.clinicId) ?? 0) + 1);
  });
  const watching = fleet.status$.subscribe((status) => {
    say(`  ${((performance.now() - began) / 1_000).toFixed(1).padStart(4)} s: ${line(status)}`);
  });
  for (const [i, practice] of practices.entries()) {
    const adapter = i === 0 ? dead(practice) : counted(practice.adapter);
    const added = fleet.add({ clinicId: practice.clinicId, adapter });
    if (added.isErr()) throw added.error;
  }
  const up = await until(() => fleet.status.phases.live === CLINICS - 1);
  await sleep(300);
  watching.unsubscribe();
  check(`all but the dead one are live after ${(performance.now() - began).toFixed(0)} ms`, up);
  const { notLive } = fleet.status;
  check(
    `${notLive.map(({ clinicId, phase }) => `${clinicId} is ${phase}`).join()}, and in nobody's way`,
    notLive.length === 1,
  );
  return { fleet, told };
}

/** Every copy equals its practice. */
async function allEqual({ fleet }: Running, practices: readonly Practice[]): Promise<boolean> {
  for (const practice of practices.slice(1)) {
    const copy = await fleet.get(practice.clinicId)?.snapshot();
    if (!copy?.isOk()) return false;
    const ids = copy.value.rows.map(({ row }) => row.id).sort();
    if (ids.join() !== practice.ids().join()) return false;
  }
  return true;
}

async function atTheDesks(running: Running, practices: readonly Practice[], rounds: number): Promise<void> {
  const began = performance.now();
  let written = 0;
  for (let round = 0; round < rounds; round++) {
    for (const practice of practices.slice(1)) {
      if (round % 3 === 2) practice.cancel();
      else practice.book();
      written++;
      if (written % 20 === 0) await sleep(5);
    }
  }
  const equal = await until(() => allEqual(running, practices));
  const seconds = (performance.now() - began) / 1_000;
  const told = [...running.told.values()].reduce((sum, each) => sum + each, 0);
  say(
    `  ${written} changes at ${running.told.size} practices: ${told} events, ${(told / seconds).toFixed(0)} a second`,
  );
  check('each change was told once', told === written);
  check('each copy equals its practice', equal);
}

async function stop({ fleet }: Running): Promise<void> {
  const began = performance.now();
  await fleet.stop();
  check(
    `stopped ${fleet.status.phases.stopped} clinics in ${(performance.now() - began).toFixed(0)} ms, the one that hangs too`,
    fleet.status.phases.stopped === CLINICS,
  );
}

async function story(folder: string, practices: readonly Practice[]): Promise<void> {
  say(`${CLINICS} practices in one process, ${MAX_CONNECTING} of which may connect at once; the line to one is dead`);
  const first = await start(folder, practices);
  say('\nThe receptionists of all of them at work');
  await atTheDesks(first, practices, 6);
  say('\nA deploy');
  await stop(first);
  for (const practice of practices.slice(1, 11)) practice.cancel();
  const second = await start(folder, practices);
  const missed = [...second.told.values()].reduce((sum, each) => sum + each, 0);
  check(`the ${missed} changes that were made meanwhile were told, and nothing else`, missed === 10);
  check('each copy equals its practice', await until(() => allEqual(second, practices)));
  check(`never more than ${MAX_CONNECTING} connected at once: ${connecting.most}`, connecting.most <= MAX_CONNECTING);
  await stop(second);
}

const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-fleet-'));
const firstDay = Math.ceil(Date.now() / DAY) * DAY + 2 * DAY;
const practices = Array.from({ length: CLINICS }, (_, i) => new Practice(folder, `clinic-${i}`, firstDay));
try {
  await story(folder, practices);
} finally {
  for (const practice of practices) practice.close();
  rmSync(folder, { recursive: true, force: true });
}
say(failures.length === 0 ? '\nAll of it was checked and holds.' : `\nNot so: ${failures.join('; ')}.`);
process.exitCode = failures.length === 0 ? 0 : 1;
