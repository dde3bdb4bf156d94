import assert from 'node:assert/strict';

import { resolveCursor } from '../../domain/cursor.js';
import { NO_FACTS } from '../../mirror/mirror.js';
import { CLINIC, commit, contents, ok, refused, sameRows, type Case } from './bench.js';
import { makeEvent, makeRows } from './samples.js';

export const discardCases: readonly Case[] = [
  {
    name: 'a discarded clinic starts afresh, and the others stay as they are',
    async run(bench) {
      const [clinic, other] = [await bench.open(), await bench.open('other')];
      for (const each of [clinic, other]) {
        await commit(each, { puts: makeRows(1_500), events: [makeEvent(1)], facts: { cutoff: 3 } });
      }
      await ok(clinic.close(true));
      await ok(bench.mirror.discard(CLINIC));
      const fresh = await bench.open();
      assert.deepEqual(await contents(fresh), []);
      assert.deepEqual(fresh.facts, NO_FACTS);
      assert.deepEqual([fresh.head, fresh.oldest, fresh.lineage.length], [0, 1, 1]);
      assert.equal(resolveCursor({ incarnation: 'incarnation-1', seq: 0 }, fresh.lineage, fresh.head), undefined);
      await commit(fresh, { puts: makeRows(3) });
      sameRows(await contents(other), makeRows(1_500));
      sameRows(await contents(await bench.crash()), makeRows(3));
      sameRows(await contents(await bench.open('other')), makeRows(1_500));
    },
  },
  {
    name: 'a clinic that is open cannot be discarded',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(3) });
      assert.equal(await refused(bench.mirror.discard(CLINIC)), 'MirrorInUse');
      sameRows(await contents(clinic), makeRows(3));
    },
  },
  {
    name: 'discarding a clinic that never was is no fault',
    async run(bench) {
      await ok(bench.mirror.discard('never'));
      await bench.open();
      await ok(bench.mirror.discard('never'));
    },
  },
  {
    name: 'a discarded clinic stays discarded after a crash',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(1_500) });
      await ok(clinic.close(false));
      await ok(bench.mirror.discard(CLINIC));
      assert.deepEqual(await contents(await bench.crash()), []);
    },
  },
];
