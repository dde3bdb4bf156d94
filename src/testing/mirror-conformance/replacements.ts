import assert from 'node:assert/strict';

import { DAY } from '../../domain/instant.js';
import { change, commit, contents, ok, refused, replaceBy, sameRows, type Case } from './bench.js';
import { makeEvent, makeRow, makeRows, MONDAY } from './samples.js';

export const replacementCases: readonly Case[] = [
  {
    name: 'nothing of a replacement shows until its commit, and then all of it, durably',
    async run(bench) {
      const clinic = await bench.open();
      const before = [makeRow({ id: 'old' }), makeRow({ id: '3', practitionerIds: ['old'] })];
      await commit(clinic, { puts: before });
      const rows = makeRows(5_000);
      const writer = await ok(clinic.replaceAll());
      for (let i = 0; i < rows.length; i += 900) await ok(writer.add(rows.slice(i, i + 900)));
      sameRows(await contents(clinic), before);
      assert.deepEqual(await ok(clinic.practitioners()), ['amy', 'old']);
      const logged = await ok(writer.commit(change({ events: [makeEvent(1)], facts: { cutoff: 4 } })));
      assert.deepEqual(logged, [{ seq: 1, body: makeEvent(1) }]);
      sameRows(await contents(clinic), rows);
      assert.deepEqual(clinic.facts.cutoff, 4);
      const after = await bench.crash();
      sameRows(await contents(after), rows);
      assert.equal(after.head, 1);
    },
  },
  {
    name: 'a key that was added before is replaced',
    async run(bench) {
      const clinic = await bench.open();
      const writer = await ok(clinic.replaceAll());
      const last = makeRow({ id: '1', practitionerIds: ['cy'], start: MONDAY + 2 * DAY });
      await ok(writer.add([makeRow({ id: '1' }), makeRow({ id: '1', practitionerIds: ['bo'], start: MONDAY })]));
      await ok(writer.add([makeRow({ id: '1', start: MONDAY + DAY }), makeRow({ id: '2' })]));
      await ok(writer.add([last]));
      await ok(writer.commit(change({})));
      sameRows(await contents(clinic), [makeRow({ id: '2' }), last]);
      assert.deepEqual(await ok(clinic.practitioners()), ['amy', 'cy']);
    },
  },
  {
    name: 'whose place a row takes is told, however long ago it was added',
    async run(bench) {
      const clinic = await bench.open();
      const writer = await ok(clinic.replaceAll());
      const versions = (day: number) => [1, 2].map((id) => makeRow({ id: String(id), start: MONDAY + day * DAY }));
      sameRows(await ok(writer.add([...versions(1), ...versions(2)])), versions(1));
      sameRows(await ok(writer.add(versions(3))), versions(2));
      // So many that whatever writes behind has written.
      for (let i = 0; i < 40_000; i += 1_000) {
        const others = Array.from({ length: 1_000 }, (_, j) => makeRow({ id: `x${String(i + j)}` }));
        assert.deepEqual(await ok(writer.add(others)), []);
      }
      const last = versions(4);
      sameRows(await ok(writer.add(last)), versions(3));
      const [session] = [makeRow({ id: '1', kind: 'session' })];
      assert.deepEqual(await ok(writer.add([session])), []);
      await ok(writer.commit(change({})));
      sameRows(await ok(clinic.rowsByKey([1, 2].map((id) => ({ stream: 'busy', id: String(id) })))), last);
      assert.equal(await ok(clinic.countRows()), 40_003);
    },
  },
  {
    name: 'a replacement prunes as a commit does',
    async run(bench) {
      const clinic = await bench.open();
      const writer = await ok(clinic.replaceAll());
      await ok(writer.add([makeRow({ id: 'past', start: MONDAY }), makeRow({ id: 'future', start: MONDAY + DAY })]));
      await ok(writer.commit(change({ pruneEndedBy: MONDAY + DAY })));
      assert.deepEqual(await contents(clinic), [makeRow({ id: 'future', start: MONDAY + DAY })]);
    },
  },
  {
    name: 'a replacement by nothing empties the copy',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(10) });
      await replaceBy(clinic, []);
      assert.deepEqual(await contents(clinic), []);
      assert.deepEqual(await ok(clinic.practitioners()), []);
    },
  },
  {
    name: 'an aborted replacement leaves nothing, and aborting is harmless at any time',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(10) });
      const writer = await ok(clinic.replaceAll());
      await ok(writer.add(makeRows(500)));
      await ok(writer.abort());
      await ok(writer.abort());
      sameRows(await contents(clinic), makeRows(10));
      const next = await ok(clinic.replaceAll());
      await ok(next.add(makeRows(3)));
      await ok(next.commit(change({})));
      await ok(next.abort());
      sameRows(await contents(clinic), makeRows(3));
    },
  },
  {
    name: 'a second replacement ends the first',
    async run(bench) {
      const clinic = await bench.open();
      const first = await ok(clinic.replaceAll());
      await ok(first.add(makeRows(50)));
      const second = await ok(clinic.replaceAll());
      await ok(second.add(makeRows(7)));
      await refused(first.commit(change({ events: [makeEvent(1)] })));
      assert.equal(clinic.head, 0);
      await ok(first.abort());
      await ok(second.commit(change({})));
      sameRows(await contents(clinic), makeRows(7));
    },
  },
  {
    name: 'a crash in the middle of a replacement leaves the copy as it was',
    async run(bench) {
      let clinic = await bench.open();
      await commit(clinic, { puts: makeRows(10), events: [makeEvent(1)] });
      const abandoned = await ok(clinic.replaceAll());
      await ok(abandoned.add(makeRows(3_000)));
      clinic = await bench.crash();
      sameRows(await contents(clinic), makeRows(10));
      assert.equal(clinic.head, 1);
      await replaceBy(clinic, makeRows(4));
      sameRows(await contents(clinic), makeRows(4));
    },
  },
  {
    name: 'commits go on after a replacement',
    async run(bench) {
      const clinic = await bench.open();
      await replaceBy(clinic, makeRows(10));
      await replaceBy(clinic, makeRows(20));
      await commit(clinic, {
        puts: [makeRow({ id: 'x' })],
        removes: makeRows(5).map(({ row }) => ({ stream: 'busy', id: row.id })),
      });
      const expected = [...makeRows(20).slice(5), makeRow({ id: 'x' })];
      sameRows(await contents(clinic), expected);
      sameRows(await contents(await bench.crash()), expected);
    },
  },
];
