import assert from 'node:assert/strict';

import { EMPTY_DIGEST } from '../../domain/digest.js';
import { NO_FACTS, type MirrorFacts } from '../../mirror/mirror.js';
import { CLINIC, commit, contents, ok, refused, type Case } from './bench.js';
import { HOSTILE, makeEvent, makeRow } from './samples.js';

const FACTS: MirrorFacts = {
  cutoff: 1,
  mappingId: 'a mapping',
  clinicDatabase: 'a database',
  clinicPosition: '12345678901234567890',
  verifiedAt: 8_640_000_000_000_000,
  contents: { ...EMPTY_DIGEST, count: 3, sumHigh: 9_007_199_254_740_991 },
  closedInOrder: false,
  heldByHost: true,
};

export const openingCases: readonly Case[] = [
  {
    name: 'a clinic opened for the first time is empty',
    async run(bench) {
      const clinic = await bench.open();
      assert.equal(clinic.clinicId, CLINIC);
      assert.deepEqual(clinic.facts, NO_FACTS);
      assert.deepEqual([clinic.head, clinic.oldest], [0, 1]);
      assert.deepEqual(clinic.lineage, [{ id: 'incarnation-1', fromSeq: 0 }]);
      assert.deepEqual(await contents(clinic), []);
      assert.deepEqual(await ok(clinic.practitioners()), []);
      assert.deepEqual(await ok(clinic.events(0, 10)), []);
    },
  },
  {
    name: 'a clinic that is open cannot be opened again, and can once it is closed',
    async run(bench) {
      const clinic = await bench.open();
      assert.equal(await refused(bench.tryOpen()), 'MirrorInUse');
      await ok(clinic.close(true));
      await bench.open();
    },
  },
  {
    name: 'closing is idempotent',
    async run(bench) {
      const clinic = await bench.open();
      await ok(clinic.close(true));
      await ok(clinic.close(true));
      const next = await bench.open();
      await ok(clinic.close(false));
      assert.equal(await refused(bench.tryOpen()), 'MirrorInUse');
      await commit(next, { puts: [makeRow({ id: '1' })] });
    },
  },
  {
    name: 'every opening has a higher epoch, after a crash too',
    async run(bench) {
      const first = await bench.open();
      await ok(first.close(true));
      const second = await bench.open();
      const third = await bench.crash();
      assert.ok(first.epoch < second.epoch && second.epoch < third.epoch);
    },
  },
  {
    name: 'facts are merged by commits and come back after a crash',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { facts: FACTS });
      assert.deepEqual(clinic.facts, FACTS);
      await commit(clinic, { facts: { cutoff: null, heldByHost: false } });
      const expected = { ...FACTS, cutoff: null, heldByHost: false };
      assert.deepEqual(clinic.facts, expected);
      assert.deepEqual((await bench.crash()).facts, expected);
    },
  },
  {
    name: 'closedInOrder is false from the first commit until a close in order',
    async run(bench) {
      let clinic = await bench.open();
      await commit(clinic, { facts: {} });
      assert.equal(clinic.facts.closedInOrder, false);
      clinic = await bench.crash();
      assert.equal(clinic.facts.closedInOrder, false);
      await ok(clinic.close(true));
      clinic = await bench.open();
      assert.equal(clinic.facts.closedInOrder, true);
      await commit(clinic, { facts: { verifiedAt: 5 } });
      await ok(clinic.close(false));
      assert.equal((await bench.open()).facts.closedInOrder, false);
    },
  },
  {
    name: 'an opening that commits nothing leaves closedInOrder as it was',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { facts: {} });
      await ok(clinic.close(true));
      await bench.open();
      assert.equal((await bench.crash()).facts.closedInOrder, true);
    },
  },
  {
    name: 'clinics of one mirror are open side by side and share nothing',
    async run(bench) {
      const [here, there] = [await bench.open('here'), await bench.open('there')];
      await commit(here, { puts: [makeRow({ id: '1' })], events: [makeEvent(1)], facts: { cutoff: 1 } });
      await commit(there, { puts: [makeRow({ id: '1', practitionerIds: ['bo'] })] });
      await commit(here, { removes: [{ stream: 'busy', id: '2' }], pruneEndedBy: 0 });
      assert.deepEqual([here.head, there.head], [1, 0]);
      assert.deepEqual([here.facts.cutoff, there.facts.cutoff], [1, null]);
      assert.deepEqual(await ok(here.practitioners()), ['amy']);
      assert.deepEqual(await ok(there.practitioners()), ['bo']);
      await ok(here.close(true));
      assert.deepEqual(await ok(there.practitioners()), ['bo']);
    },
  },
  {
    name: 'any text names a clinic, and no other',
    async run(bench) {
      for (const [i, clinicId] of HOSTILE.entries()) {
        await commit(await bench.open(clinicId), { puts: [makeRow({ id: String(i) })] });
      }
      const mirror = await bench.store.reopen();
      for (const [i, clinicId] of HOSTILE.entries()) {
        const rows = await contents(await bench.open(clinicId, mirror));
        assert.deepEqual(rows, [makeRow({ id: String(i) })]);
      }
    },
  },
];
