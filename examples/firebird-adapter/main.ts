/**
 * `npm run example -- firebird-adapter`: a Firebird server of its own, a practice with a receptionist, and what HotDoc's side sees of it, by the
 * pulse alone and by the database's events.
 */
import { ClinicSync, instantToWall, toIso, type ClinicEvent } from 'clinic-sync';

import { firebirdAdapter } from './adapter.js';
import { EVENT, FIREBIRD_COMMAND, NINE, openPractice, ZONE, type Practice } from './practice.js';

const MINUTE = 60_000;
const say = (text: string) => process.stdout.write(`${text}\n`);
const slotAt = (start: number) => ({ practitionerId: 'dr-lee', start, end: start + 15 * MINUTE });
/** On the practice's wall. */
const time = (start: number) => toIso(instantToWall(start, ZONE)).slice(11, 16);

/** What happens at the desk, and how long until HotDoc's side is told of it. */
async function told(sync: ClinicSync, type: ClinicEvent['type'], happen: () => Promise<void>): Promise<string> {
  const heard = new Promise<number>((resolve) => {
    sync.events$.subscribe((event) => {
      if (event.type === type) resolve(performance.now());
    });
  });
  await happen();
  const committed = performance.now();
  return `${type}, ${Math.max(0, (await heard) - committed).toFixed(0)} ms after the commit`;
}

async function atTheDesk(sync: ClinicSync, { desk }: Practice): Promise<void> {
  const start = NINE + 30 * MINUTE;
  say(`  the receptionist books ${time(start)}: ${await told(sync, 'appointment.created', () => desk.book(start))}`);
  say(`  and takes it out again: ${await told(sync, 'appointment.deleted', () => desk.cancel(start))}`);
}

async function online(sync: ClinicSync, { desk }: Practice): Promise<void> {
  const answer = await sync.availability({ practitionerIds: ['dr-lee'], limit: 3 });
  if (answer.isErr()) throw answer.error;
  say(`  free (${answer.value.freshness}): ${answer.value.slots.map(({ start }) => time(start)).join(', ')}`);
  const [first, second] = answer.value.slots;
  if (!first || !second) throw new Error('Nothing is free.');

  const booked = await sync.book({ slot: first, idempotencyKey: 'form-1', details: { patient: 'P-17' } });
  if (booked.isErr()) throw booked.error;
  say(`  a patient books ${time(first.start)}: it is appointment ${booked.value.row.id} at the clinic`);

  // She has written hers and not committed it yet: ours waits for her.
  const commit = await desk.begin(second.start);
  const asked = sync.book({ slot: slotAt(second.start), idempotencyKey: 'form-2' });
  setTimeout(() => void commit(), 100);
  const refused = await asked;
  say(
    `  another wants ${time(second.start)}, which she is just writing: ${refused.isErr() ? refused.error.code : 'booked'}`,
  );

  const deleted = await sync.delete({ ...booked.value.row, idempotencyKey: 'form-3' });
  say(`  the first one cancels: ${deleted.isOk() ? 'deleted at the clinic' : deleted.error.code}`);
}

async function run(practice: Practice): Promise<boolean> {
  const passes = [
    { title: 'With a login that reads, and nothing installed: the pulse', options: { write: false } },
    { title: 'With the triggers of the clinic, and a login that books: events', options: { event: EVENT } },
  ];
  for (const { title, options } of passes) {
    if (options.event !== undefined) await practice.installTriggers();
    const sync = new ClinicSync({
      clinicId: 'northcote',
      adapter: firebirdAdapter({ ...practice.options, ...options }),
    });
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    say(`${title}\n  ${sync.clinicId} is ${started.value.phase}, changes come by ${started.value.capture}`);
    await atTheDesk(sync, practice);
    if (options.write !== false) await online(sync, practice);
    const resynced = await sync.resync();
    if (resynced.isErr()) throw resynced.error;
    const copy = await sync.snapshot();
    const appointments = copy.isOk() ? copy.value.rows.filter(({ row }) => row.kind === 'appointment').length : -1;
    const isEqual = appointments === (await practice.desk.rows());
    say(`  the copy has ${appointments} appointments, and the clinic ${isEqual ? 'has the same' : 'has others'}\n`);
    await sync.stop();
    if (!isEqual) return false;
  }
  return true;
}

const practice = await openPractice();
if (practice) {
  try {
    process.exitCode = (await run(practice)) ? 0 : 1;
  } finally {
    await practice.close();
  }
} else {
  say(`skipped: there is no Firebird server on this machine. To add one: ${FIREBIRD_COMMAND}`);
}
