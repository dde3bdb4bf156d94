import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';

import { Child } from './channel.js';
import { checkAll } from './checks.js';
import type { Clinic } from './clinic.js';
import type { Flags } from './flags.js';
import { Platform } from './platform.js';
import { LOAD, makePractice, PRACTITIONERS } from './practice.js';
import * as print from './print.js';
import type { DeskCalls, DeskOptions } from './receptionist.js';
import { hostKilled } from './steps/crash.js';
import { firstCopy, KINDS, liveChanges, oneChange } from './steps/live.js';
import { cablePulled } from './steps/outage.js';
import { racesForOneSlot } from './steps/race.js';
import { vanishingSlot } from './steps/slot.js';
import { newSeen, type Tale } from './steps/tale.js';

/** Tells the whole story; true if every claim was checked and holds. */
export async function tellStory(clinic: Clinic, flags: Flags, home: string, signal: AbortSignal): Promise<boolean> {
  const began = performance.now();
  print.title('clinic-sync', `${clinic.described} · seed ${flags.seed}`);

  print.step(1, 'A practice');
  const practice = makePractice(flags.seed);
  await clinic.fill(practice);
  print.line(
    `${PRACTITIONERS.length} practitioners · ${print.count(practice.past.length)} past and ` +
      `${print.count(practice.future.length)} future appointments · ${print.plural(practice.sessions.length, 'session')}`,
  );
  print.note(`made in ${print.seconds(performance.now() - began)}`);

  const tale = await begin(clinic, flags, home);
  try {
    await Promise.race([allSteps(tale), interruption(signal)]);
    print.step(8, 'Checked against the clinic’s own tables, by plain SQL');
    const holds = await checkAll(tale, home);
    const verdict = holds ? print.color.green('All of it holds.') : print.color.red('Not all of it holds.');
    print.line(`${verdict} ${print.color.dim(`The story took ${print.seconds(performance.now() - began)}.`)}`);
    if (flags.keepRunning) await goOn(tale, signal);
    await tale.platform.child.call('stop', undefined);
    return holds;
  } finally {
    await Promise.all([tale.platform.child.end(), tale.desk.end()]);
  }
}

async function allSteps(tale: Tale): Promise<void> {
  print.step(2, 'The first copy');
  await firstCopy(tale);
  print.step(3, 'The receptionist works, straight in the clinic’s database');
  print.note(
    `a third of a day’s changes in half a minute, so the platform may load the server by ${LOAD * 100} %, not by 2 %`,
  );
  await liveChanges(tale);
  print.step(4, 'A slot vanishes under an open form');
  await vanishingSlot(tale);
  print.step(5, 'Two people want the same slot');
  await racesForOneSlot(tale);
  print.step(6, 'The cable is pulled');
  await cablePulled(tale);
  print.step(7, 'The platform’s process is killed, with bookings under way');
  await hostKilled(tale);
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupt = () => {
      reject(new Error('Interrupted.'));
    };
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt);
  });
}

async function begin(clinic: Clinic, { seed }: Flags, home: string): Promise<Tale> {
  const { engine, desk, remote } = clinic;
  const options: DeskOptions = { engine, where: desk, seed };
  const receptionist = new Child<DeskCalls>(new URL('./receptionist.ts', import.meta.url), options, () => undefined);
  const hostOptions = {
    engine,
    where: remote,
    write: clinic.write,
    mirrorPath: join(home, 'mirror.db'),
    consumerPath: join(home, 'consumer.db'),
  };
  const pid = await receptionist.call('ready', undefined);
  const platform = new Platform(hostOptions);
  print.note(`the receptionist is process ${pid}, the platform process ${platform.child.pid}`);
  return { clinic, hostOptions, desk: receptionist, platform, seen: newSeen() };
}

async function goOn(tale: Tale, signal: AbortSignal): Promise<void> {
  print.step(9, 'The receptionist goes on; Ctrl-C ends it');
  while (!signal.aborted) {
    await oneChange(tale, KINDS[Math.floor(Math.random() * KINDS.length)] ?? 'insert');
    await sleep(200 + Math.random() * 1_300, undefined, { signal }).catch(() => undefined);
  }
}
