import assert from 'node:assert/strict';

import { resolveCursor } from '../../domain/cursor.js';
import type { EventBody } from '../../domain/events.js';
import { change, commit, ok, type Case } from './bench.js';
import { HOSTILE, makeEvent, makeRow } from './samples.js';

const seqs = (events: readonly { readonly seq: number }[]) => events.map(({ seq }) => seq);

export const logCases: readonly Case[] = [
  {
    name: 'events are numbered from 1 without a gap, over commits, replacements and crashes',
    async run(bench) {
      let clinic = await bench.open();
      assert.deepEqual(seqs(await commit(clinic, { events: [makeEvent(1), makeEvent(2)] })), [1, 2]);
      assert.deepEqual(await commit(clinic, {}), []);
      const writer = await ok(clinic.replaceAll());
      assert.deepEqual(seqs(await ok(writer.commit(change({ events: [makeEvent(3)] })))), [3]);
      clinic = await bench.crash();
      assert.equal(clinic.head, 3);
      assert.deepEqual(seqs(await commit(clinic, { events: [makeEvent(4)] })), [4]);
      assert.deepEqual(seqs(await ok(clinic.events(0, 100))), [1, 2, 3, 4]);
      assert.deepEqual([clinic.oldest, clinic.head], [1, 4]);
    },
  },
  {
    name: 'events keep their order and come back as they were logged',
    async run(bench) {
      const { row, fingerprint } = makeRow({ id: HOSTILE.join(''), practitionerIds: [...HOSTILE].sort() });
      const bodies: EventBody[] = [
        { type: 'appointment.created', row, fingerprint, at: 3, cause: 'clinic', bookingId: 'b-1' },
        { type: 'appointment.deleted', row, fingerprint, at: 2, cause: 'repair', replacedBy: { id: '', fingerprint } },
        {
          type: 'row.skipped',
          key: { stream: 'busy', id: '\ud800' },
          field: 'start',
          rule: 'not a time',
          at: 1,
          cause: 'clinic',
        },
      ];
      const logged = await commit(await bench.open(), { events: bodies });
      assert.deepEqual(
        logged.map(({ body }) => body),
        bodies,
      );
      assert.deepEqual(await ok((await bench.crash()).events(0, 100)), logged);
    },
  },
  {
    name: 'events are read after a place, at most so many',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { events: Array.from({ length: 25 }, (_, i) => makeEvent(i)) });
      assert.deepEqual(seqs(await ok(clinic.events(0, 3))), [1, 2, 3]);
      assert.deepEqual(seqs(await ok(clinic.events(22, 100))), [23, 24, 25]);
      assert.deepEqual(await ok(clinic.events(25, 100)), []);
    },
  },
  {
    name: 'trimLog forgets from the oldest on, up to the first event observed later; head stays',
    async run(bench) {
      let clinic = await bench.open();
      // A clock that was set back: the 5 behind the 20 stays with it.
      await commit(clinic, { events: [10, 11, 20, 5, 30].map(makeEvent) });
      await ok(clinic.trimLog(10));
      assert.deepEqual([clinic.oldest, clinic.head], [1, 5]);
      await ok(clinic.trimLog(20));
      assert.deepEqual([clinic.oldest, clinic.head], [3, 5]);
      assert.deepEqual(seqs(await ok(clinic.events(2, 100))), [3, 4, 5]);
      clinic = await bench.crash();
      assert.deepEqual([clinic.oldest, clinic.head], [3, 5]);
    },
  },
  {
    name: 'a log that was trimmed away wholly is numbered on',
    async run(bench) {
      let clinic = await bench.open();
      await commit(clinic, { events: [1, 2].map(makeEvent) });
      await ok(clinic.trimLog(100));
      assert.deepEqual([clinic.oldest, clinic.head], [3, 2]);
      assert.deepEqual(await ok(clinic.events(2, 10)), []);
      clinic = await bench.crash();
      assert.deepEqual([clinic.oldest, clinic.head], [3, 2]);
      assert.deepEqual(seqs(await commit(clinic, { events: [makeEvent(3)] })), [3]);
      assert.deepEqual([clinic.oldest, clinic.head], [3, 3]);
    },
  },
  {
    name: 'a long log is trimmed in the same way',
    async run(bench) {
      const clinic = await bench.open();
      for (let i = 0; i < 12; i++) {
        await commit(clinic, { events: Array.from({ length: 1_000 }, () => makeEvent(i)) });
      }
      await ok(clinic.trimLog(11));
      assert.deepEqual([clinic.oldest, clinic.head], [11_001, 12_000]);
      assert.equal((await ok(clinic.events(11_000, 5_000))).length, 1_000);
    },
  },
  {
    name: 'every place of every incarnation can be resumed from, and no other',
    async run(bench) {
      const places: { incarnation: string; seq: number }[] = [];
      let clinic = await bench.open();
      for (const events of [2, 0, 3, 1]) {
        const incarnation = clinic.lineage.at(-1)?.id ?? '';
        places.push({ incarnation, seq: clinic.head });
        for (let i = 0; i < events; i++) {
          await commit(clinic, { events: [makeEvent(places.length)] });
          places.push({ incarnation, seq: clinic.head });
        }
        clinic = await bench.crash();
      }
      const resolve = (incarnation: string, seq: number) =>
        resolveCursor({ incarnation, seq }, clinic.lineage, clinic.head);
      for (const { incarnation, seq } of places) assert.equal(resolve(incarnation, seq), seq);
      assert.equal(resolve('incarnation-1', 3), undefined);
      assert.equal(resolve('incarnation-3', 1), undefined);
      assert.equal(resolve('incarnation-99', 1), undefined);
      assert.equal(resolve(clinic.lineage.at(-1)?.id ?? '', clinic.head + 1), undefined);
    },
  },
  {
    name: 'the lineage reaches back as far as the log, and no farther',
    async run(bench) {
      let clinic = await bench.open();
      for (let i = 1; i <= 5; i++) {
        await commit(clinic, { events: [makeEvent(i), makeEvent(i)] });
        clinic = await bench.crash();
      }
      // Events 1 to 10, two to each of incarnations 1 to 5; the sixth is open. From 6 on they stay.
      await ok(clinic.trimLog(3));
      assert.equal(clinic.oldest, 5);
      clinic = await bench.crash();
      const ids = clinic.lineage.map(({ id }) => id);
      // A consumer that has had event 4 resumes from the second one's end.
      assert.ok(ids.includes('incarnation-2'));
      assert.ok(!ids.includes('incarnation-1'));
      for (const [incarnation, seq] of [
        ['incarnation-2', 4],
        ['incarnation-3', 4],
        ['incarnation-5', 10],
      ] as const) {
        assert.equal(resolveCursor({ incarnation, seq }, clinic.lineage, clinic.head), seq);
      }
      assert.equal(clinic.lineage.at(-1)?.id, 'incarnation-7');
    },
  },
];
