import { setTimeout as wait } from 'node:timers/promises';

import { ClinicSync, type ClinicEvent } from '../../src/index.js';
import { Random } from '../../src/testing/index.js';
import { SLOTS, slotOf, type PracticeClinic, type RawRow } from '../booking/practice.js';

export interface RaceFigures {
  races: number;
  /** By what came of them. */
  readonly outcomes: Record<string, number>;
  readonly violations: string[];
}

export interface RaceOrder {
  readonly clinic: PracticeClinic;
  readonly races: number;
  readonly seed: number;
  readonly onRace?: (figures: RaceFigures) => void;
}

/** Races that are on at the same time, each for a slot of its own. */
const LANES = 8;
/** The longest that anybody hesitates, in ms; the front desk now and then for longer, so that it also comes after everything. */
const HESITATION = 4;
const LONG_HESITATION = 40;

interface Race {
  readonly nth: number;
  /** What each online patient was told. */
  readonly patients: readonly { readonly key: string; readonly answer: string; readonly id: string | null }[];
  readonly desk: boolean;
}

/** Has patients online and a front desk that looks at nothing want the same slots, and checks the clinic's table against what was told. */
export async function race({ clinic, races, seed, onRace }: RaceOrder): Promise<RaceFigures> {
  if (races > SLOTS) throw new RangeError(`There are ${SLOTS} slots.`);
  const figures: RaceFigures = { races: 0, outcomes: {}, violations: [] };
  const sync = new ClinicSync({ clinicId: `races-${process.pid}-${seed}`, adapter: clinic.adapter() });
  const conflicts = new Set<string>();
  sync.events$.subscribe((event: ClinicEvent) => {
    if (event.type === 'conflict.detected' && event.bookingId !== undefined) conflicts.add(event.bookingId);
  });
  const started = await sync.start();
  if (started.isErr()) throw started.error;
  const random = new Random(seed);
  const run: Race[] = [];

  const patient = async (nth: number, who: number, hesitation: number) => {
    await wait(hesitation);
    const key = `race-${nth}-${who}`;
    const booked = await sync.book({ slot: slotOf(nth), idempotencyKey: key });
    if (booked.isOk()) return { key, answer: 'booked', id: booked.value.row.id };
    return { key, answer: booked.error.code, id: null };
  };
  const receptionist = async (nth: number, hesitation: number, thinking: number | null) => {
    await wait(hesitation);
    if (thinking === null) {
      await clinic.insert(slotOf(nth));
      return;
    }
    const open = await clinic.begin(slotOf(nth));
    await wait(thinking);
    await open.commit();
  };
  let next = 0;
  const lane = async () => {
    while (next < races) {
      const nth = next++;
      const desk = random.chance(0.6);
      const thinking = clinic.engine !== 'sqlite' && random.chance(0.4) ? random.int(0, 2 * HESITATION) : null;
      const delays = Array.from({ length: 4 }, () => random.next() * HESITATION);
      const late = random.chance(0.4);
      const people = desk ? random.int(1, 2) : random.int(2, 3);
      const [patients] = await Promise.all([
        Promise.all(Array.from({ length: people }, (_, who) => patient(nth, who, delays[who] ?? 0))),
        desk ? receptionist(nth, late ? random.next() * LONG_HESITATION : (delays[3] ?? 0), thinking) : undefined,
      ]);
      run.push({ nth, patients, desk });
      figures.races++;
      onRace?.(figures);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  // Every change has been seen, and every doubt settled, after two looks at everything.
  for (let look = 0; look < 2; look++) {
    const resynced = await sync.resync();
    if (resynced.isErr()) figures.violations.push(`resync: ${resynced.error.code}`);
  }
  judge(figures, run, await clinic.rows(), conflicts);
  await sync.stop();
  return figures;
}

function judge(
  figures: RaceFigures,
  run: readonly Race[],
  rows: readonly RawRow[],
  conflicts: ReadonlySet<string>,
): void {
  const byPlace = new Map<string, RawRow[]>();
  for (const row of rows) {
    const place = `${row.doctor} ${row.starts}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), row]);
  }
  const broken = (nth: number, what: string) => figures.violations.push(`race ${nth}: ${what}`);
  for (const { nth, patients, desk } of run) {
    const { practitionerId, start } = slotOf(nth);
    const there = byPlace.get(`${practitionerId} ${start}`) ?? [];
    const ours = there.filter(({ token }) => token !== null);
    const winners = patients.filter(({ answer }) => answer === 'booked');
    const what = `${desk ? 'desk, ' : ''}${patients
      .map(({ answer }) => answer)
      .sort()
      .join(' + ')}`;
    figures.outcomes[what] = (figures.outcomes[what] ?? 0) + 1;
    if (there.length === 0) broken(nth, 'the slot is empty, and somebody wanted it');
    if (ours.length > 1) broken(nth, 'two rows of ours');
    if (winners.length > 1) broken(nth, 'two winners');
    for (const { id, key } of winners) {
      if (!ours.some((row) => row.id === id)) broken(nth, `${key} was told a booking that is not there`);
      if (there.length > ours.length && !conflicts.has(key)) broken(nth, `${key} overlaps, and nobody was told`);
    }
    if (winners.length < ours.length) broken(nth, 'a row of ours that nobody was told of');
    for (const { answer } of patients) {
      if (!['booked', 'SlotTaken', 'NotMade'].includes(answer)) broken(nth, `a patient was told ${answer}`);
    }
  }
}
