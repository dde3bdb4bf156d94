/** What is remembered of free slots, against what is found without a memory, while rows and promises come and go. */
import { ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import { rowHash } from '../../src/domain/digest.js';
import type { ClinicEvent } from '../../src/domain/events.js';
import { resolveFilter, type AvailabilityFilter } from '../../src/domain/filter.js';
import { stored } from '../../src/domain/fingerprint.js';
import { DAY, HOUR, MINUTE, type Instant } from '../../src/domain/instant.js';
import { EVERYONE, streamOf, type ClinicRecord, type ClinicRow } from '../../src/domain/row.js';
import { SlotLengths } from '../../src/domain/slot-lengths.js';
import { FreeTimes } from '../../src/engine/free-times.js';
import type { ClinicMirror, RowQuery } from '../../src/mirror/mirror.js';
import { Random } from '../../src/testing/random.js';
import { MONDAY } from '../../src/testing/mirror-conformance/samples.js';
import { ok } from '../adapters/kit.js';
import { changeOf, mirrorOf } from './mirror-of.js';

const SEED = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = 60;
const PEOPLE = ['ann', 'bob', 'cyd'];
const ZONE = 'Australia/Melbourne';
const lengths = new SlotLengths({ types: { long: { minutes: 40 } } });

function drawRow(random: Random, id: string): ClinicRecord {
  const kind = random.pick(['appointment', 'appointment', 'blockout', 'session', 'session'] as const);
  const start = MONDAY + random.int(0, 18 * 24) * HOUR + random.int(0, 3) * 15 * MINUTE;
  const isSession = kind === 'session';
  const minutes = isSession ? random.int(1, 40) * 15 : random.pick([0, 10, 15, 60, 3 * 24 * 60]);
  const isEverybodys = kind === 'blockout' && random.chance(0.3);
  const row: ClinicRow = {
    id,
    kind,
    practitionerIds: isEverybodys ? [EVERYONE] : [...new Set([random.pick(PEOPLE), random.pick(PEOPLE)])].sort(),
    locationId: random.pick(['north', 'south', null]),
    start,
    end: start + minutes * MINUTE,
    zone: ZONE,
    slotMs: isSession ? random.pick([15, 20, 30]) * MINUTE : null,
    ...(isSession && random.chance(0.3) && { capacity: 2 }),
  };
  return { row, hash: rowHash([id, String(random.int(0, 1e9))]) };
}

function drawFilter(random: Random): AvailabilityFilter {
  return {
    ...random.pick([{}, { practitionerIds: ['ann'] }, { practitionerIds: ['bob', 'cyd'] }]),
    ...random.pick([{}, { locationIds: ['north'] }]),
    ...random.pick([{}, { from: MONDAY + random.int(0, 10) * DAY }]),
    ...random.pick([{}, { type: 'long' }, { lengthMinutes: 30 }, { earliestPerPractitioner: true }]),
    limit: random.pick([1, 20, 10_000]),
  };
}

/** Somebody's request that is under way. */
function drawPromise(random: Random) {
  const start = MONDAY + random.int(0, 14 * 96) * 15 * MINUTE;
  const kind = 'appointment' as const;
  return { kind, practitionerIds: [random.pick(PEOPLE)], locationId: null, start, end: start + 15 * MINUTE };
}

function told(type: 'created' | 'deleted', record: ClinicRecord): ClinicEvent {
  const { fingerprint, row } = stored(record);
  const subject = streamOf(row) === 'session' ? 'session' : 'appointment';
  return {
    type: `${subject}.${type}`,
    row,
    fingerprint,
    clinicId: 'c',
    cursor: 'c',
    at: MONDAY,
    cause: 'clinic',
  };
}

describe('free times that are remembered', () => {
  it(`are those that are found anew, seed ${String(SEED)}`, async () => {
    let found = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = new Random(SEED + run);
      let rows = Array.from({ length: random.int(0, 25) }, (_, i) => drawRow(random, String(i)));
      const mirror = await mirrorOf(rows);
      const times = new FreeTimes(mirror, lengths);
      let promised = [drawPromise(random)];
      for (let step = 0; step < 40; step++) {
        const what = random.int(0, 9);
        if (what < 2) {
          const came = [drawRow(random, `new-${String(step)}`)];
          const went = rows.filter(() => random.chance(0.05));
          // A read that began before the commit must not be remembered after it.
          const overlapping = times.find(resolve(drawFilter(random), MONDAY), promised);
          await ok(mirror.commit(changeOf(came, went)));
          times.forget([...went.map((row) => told('deleted', row)), ...came.map((row) => told('created', row))]);
          (await overlapping)._unsafeUnwrap();
          rows = [...rows.filter((row) => !went.includes(row)), ...came];
        } else if (what === 2) {
          promised = Array.from({ length: random.int(0, 2) }, () => drawPromise(random));
        }
        const now = MONDAY + Math.floor((step / 40) * 4 * DAY);
        const filter = drawFilter(random);
        const anew = (await new FreeTimes(mirror, lengths).find(resolve(filter, now), promised))._unsafeUnwrap();
        const hint = `seed ${String(SEED + run)} step ${String(step)} ${JSON.stringify(filter)}`;
        expect((await times.find(resolve(filter, now), promised))._unsafeUnwrap(), hint).toEqual(anew);
        found += anew.length;
      }
    }
    expect(found).toBeGreaterThan(RUNS * 40);
  });

  // Weeks are cut where days of UTC are, in the middle of a session in Melbourne.
  const WEEK = 7 * DAY;
  const CUT = Math.ceil(MONDAY / WEEK) * WEEK;
  const across: ClinicRecord = {
    row: {
      id: 's',
      kind: 'session',
      practitionerIds: ['ann'],
      locationId: null,
      start: CUT - 10 * MINUTE,
      end: CUT + 10 * MINUTE,
      zone: ZONE,
      slotMs: 20 * MINUTE,
    },
    hash: rowHash(['s']),
  };
  const taker: ClinicRecord = {
    row: { ...across.row, id: 'a', kind: 'appointment', start: CUT + 5 * MINUTE, slotMs: null },
    hash: rowHash(['a']),
  };
  const isFree = async (times: FreeTimes) =>
    (await times.find(resolve({ practitionerIds: ['ann'] }, MONDAY), []))._unsafeUnwrap().length === 1;

  it('end with a row behind the edge of the week in which the slot starts', async () => {
    const mirror = await mirrorOf([across]);
    const times = new FreeTimes(mirror, lengths);
    expect(await isFree(times)).toBe(true);
    await ok(mirror.commit(changeOf([taker], [])));
    times.forget([told('created', taker)]);
    expect(await isFree(times)).toBe(false);
  });

  it('are let go with the window, so that a clock that goes back offers nothing that has passed', async () => {
    const mirror = await mirrorOf([across]);
    const times = new FreeTimes(mirror, lengths);
    expect(await isFree(times)).toBe(true);
    const cutoff = CUT + DAY;
    await ok(mirror.commit({ ...changeOf([], []), pruneEndedBy: cutoff }));
    const advanced = {
      type: 'window.advanced',
      cutoff,
      pruned: 1,
      clinicId: 'c',
      cursor: 'c',
      at: cutoff,
      cause: 'engine',
    };
    times.forget([advanced as ClinicEvent]);
    expect(await isFree(times)).toBe(false);
  });

  it('are not remembered from a read that a commit overtook', async () => {
    const mirror = await mirrorOf([across]);
    let overtake: (() => Promise<void>) | undefined;
    const slow: ClinicMirror = Object.create(mirror, {
      rows: {
        value: (query: RowQuery) =>
          mirror.rows(query).andThen((rows) => {
            const meanwhile = query.stream === 'busy' ? overtake?.() : undefined;
            overtake = query.stream === 'busy' ? undefined : overtake;
            return ResultAsync.fromSafePromise(Promise.resolve(meanwhile).then(() => rows));
          }),
      },
    }) as ClinicMirror;
    const times = new FreeTimes(slow, lengths);
    overtake = async () => {
      await ok(mirror.commit(changeOf([taker], [])));
      times.forget([told('created', taker)]);
    };
    expect(await isFree(times)).toBe(true);
    expect(overtake).toBeUndefined();
    expect(await isFree(times)).toBe(false);
  });
});

const resolve = (filter: AvailabilityFilter, now: Instant) =>
  resolveFilter(filter, now, 14 * DAY, lengths.types)._unsafeUnwrap();
