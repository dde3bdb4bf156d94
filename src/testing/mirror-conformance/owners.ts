import assert from 'node:assert/strict';

import { change, commit, contents, ok, refused, sameRows, type Bench, type Case } from './bench.js';
import { makeEvent, makeRow, makeRows } from './samples.js';

/** Two owners of one clinic, the first of which does not know yet; `undefined` where the store lets only one in. */
async function twoOwners(bench: Bench) {
  if (!bench.store.takeOver) return undefined;
  const first = await bench.open();
  await commit(first, { puts: makeRows(3), events: [makeEvent(1)] });
  const writer = await ok(first.replaceAll());
  await ok(writer.add(makeRows(9)));
  const second = await bench.open(undefined, await bench.store.takeOver());
  return { first, second, writer };
}

export const ownerCases: readonly Case[] = [
  {
    name: 'a commit of an older epoch answers Fenced and changes nothing',
    async run(bench) {
      const owners = await twoOwners(bench);
      if (!owners) return;
      const { first, second, writer } = owners;
      assert.ok(second.epoch > first.epoch);
      const late = { puts: [makeRow({ id: 'late' })], events: [makeEvent(2)], facts: { cutoff: 9 } };
      assert.equal(await refused(first.commit(change(late))), 'Fenced');
      assert.equal(await refused(writer.commit(change({ events: [makeEvent(2)] }))), 'Fenced');
      sameRows(await contents(second), makeRows(3));
      assert.equal((await ok(second.events(0, 10))).length, 1);
      assert.equal(first.facts.cutoff, null);
      assert.equal(first.head, 1);
    },
  },
  {
    name: 'one that was fenced off closes without a trace',
    async run(bench) {
      const owners = await twoOwners(bench);
      if (!owners) return;
      const { first, second } = owners;
      await commit(second, { events: [makeEvent(2)] });
      await ok(first.close(true));
      await commit(second, { events: [makeEvent(3)] });
      assert.deepEqual([second.head, second.facts.closedInOrder], [3, false]);
      assert.equal((await bench.crash()).facts.closedInOrder, false);
    },
  },
];
