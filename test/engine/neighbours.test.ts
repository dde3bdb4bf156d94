/** Whose time many arrivals take, read at once, against what is read for each by itself. */
import { describe, expect, it } from 'vitest';

import { rowHash } from '../../src/domain/digest.js';
import { stored } from '../../src/domain/fingerprint.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { EVERYONE, type ClinicRecord, type ClinicRow } from '../../src/domain/row.js';
import { NO_DIFF } from '../../src/engine/diff.js';
import { Neighbours } from '../../src/engine/neighbours.js';
import { MONDAY } from '../../src/testing/mirror-conformance/samples.js';
import { Random } from '../../src/testing/random.js';
import { mirrorOf } from './mirror-of.js';

const SEED = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Date.now() % 2 ** 31);
const PEOPLE = ['ann', 'bob', 'cyd', 'dee'];

function drawRow(random: Random, id: string): ClinicRecord {
  const start = MONDAY + random.int(0, 60) * DAY + random.int(0, 40) * 15 * MINUTE;
  const isEverybodys = random.chance(0.02);
  const row: ClinicRow = {
    id,
    kind: isEverybodys ? 'blockout' : 'appointment',
    practitionerIds: isEverybodys ? [EVERYONE] : [...new Set([random.pick(PEOPLE), random.pick(PEOPLE)])].sort(),
    locationId: random.pick(['north', 'south', null]),
    start,
    end: start + random.pick([0, 10, 15, 60, 3 * 24 * 60]) * MINUTE,
    zone: 'Australia/Melbourne',
    slotMs: null,
  };
  return { row, hash: rowHash([JSON.stringify(row)]) };
}

describe('the neighbours of many arrivals', () => {
  it(`are those that each is found to have by itself, seed ${SEED}`, async () => {
    const random = new Random(SEED);
    const kept = Array.from({ length: 1_500 }, (_, i) => drawRow(random, `k${i}`));
    const mirror = await mirrorOf(kept);
    const replaced = kept.slice(0, 600).map((old) => ({
      old: stored(old),
      now: stored(drawRow(random, old.row.id)),
    }));
    const created = Array.from({ length: 600 }, (_, i) => stored(drawRow(random, `n${i}`)));
    const diff = { ...NO_DIFF, created, replaced, deleted: kept.slice(600, 700).map(stored) };
    const [alone, together] = [new Neighbours(mirror, diff), new Neighbours(mirror, diff)];
    (await together.prepare())._unsafeUnwrap();
    const asked = mirror.rows.bind(mirror);
    let questions = 0;
    mirror.rows = (query) => {
      questions++;
      return asked(query);
    };
    let found = 0;
    for (const row of together.arrived) {
      const idsOf = async (neighbours: Neighbours) =>
        (await neighbours.of(row))._unsafeUnwrap().map((other) => `${other.row.id} ${other.fingerprint}`);
      const before = questions;
      const ids = await idsOf(together);
      expect(questions).toBe(before);
      expect(ids.sort()).toEqual((await idsOf(alone)).sort());
      found += ids.length;
    }
    expect(found).toBeGreaterThan(100);
  });
});
