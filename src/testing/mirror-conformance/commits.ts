import assert from 'node:assert/strict';

import { DAY, HOUR } from '../../domain/instant.js';
import { commit, contents, ok, sameRows, type Case } from './bench.js';
import { HOSTILE, makeEvent, makeRow, makeRows, MONDAY } from './samples.js';

const key = (id: string) => ({ stream: 'busy', id }) as const;

export const commitCases: readonly Case[] = [
  {
    name: 'what a commit answered for survives a crash: rows, events and facts',
    async run(bench) {
      const clinic = await bench.open();
      const rows = makeRows(20);
      const logged = await commit(clinic, { puts: rows, events: [makeEvent(1)], facts: { cutoff: 7 } });
      const after = await bench.crash();
      sameRows(await contents(after), rows);
      assert.deepEqual(await ok(after.events(0, 10)), logged);
      assert.equal(after.facts.cutoff, 7);
    },
  },
  {
    name: 'a reader sees all of a commit or nothing of it',
    async run(bench) {
      const clinic = await bench.open();
      const old = makeRows(50);
      await commit(clinic, { puts: old });
      const committing = commit(clinic, {
        puts: old.map(({ row }) => makeRow({ ...row, id: `new ${row.id}` })),
        removes: old.map(({ row }) => key(row.id)),
      });
      const seen = await Promise.all(Array.from({ length: 5 }, () => ok(clinic.rows({ stream: 'busy' }))));
      await committing;
      for (const rows of seen) {
        assert.equal(rows.length, 50);
        assert.equal(new Set(rows.map(({ row }) => row.id.startsWith('new'))).size, 1);
      }
    },
  },
  {
    name: 'removals happen before puts',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: [makeRow({ id: '1' })] });
      const moved = makeRow({ id: '1', start: MONDAY + DAY });
      await commit(clinic, { puts: [moved], removes: [key('1')] });
      assert.deepEqual(await contents(clinic), [moved]);
    },
  },
  {
    name: 'a put takes the place of the row with its key, wherever that lay',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: [makeRow({ id: '1', practitionerIds: ['amy', 'bo'] })] });
      const moved = makeRow({ id: '1', practitionerIds: ['cy'], start: MONDAY, end: MONDAY + 3 * DAY });
      await commit(clinic, { puts: [moved] });
      assert.deepEqual(await contents(clinic), [moved]);
      assert.deepEqual(await ok(clinic.practitioners()), ['cy']);
      assert.deepEqual(await ok(clinic.rows({ stream: 'busy', practitionerIds: ['amy', 'bo'] })), []);
    },
  },
  {
    name: 'an id is unique within its stream only',
    async run(bench) {
      const clinic = await bench.open();
      const [busy, session] = [makeRow({ id: '1' }), makeRow({ id: '1', kind: 'session', slotMs: 900_000 })];
      await commit(clinic, { puts: [busy, session] });
      sameRows(await contents(clinic), [busy, session]);
      await commit(clinic, { removes: [key('1')] });
      assert.deepEqual(await contents(clinic), [session]);
    },
  },
  {
    name: 'removing what is not there is no fault',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: [makeRow({ id: '1' })] });
      await commit(clinic, { removes: [key('2'), { stream: 'session', id: '1' }] });
      assert.equal((await contents(clinic)).length, 1);
    },
  },
  {
    name: 'rows that end at or before pruneEndedBy go, and only those',
    async run(bench) {
      const clinic = await bench.open();
      const noon = MONDAY + 12 * HOUR;
      const gone = [
        makeRow({ id: 'touches', start: noon - HOUR, end: noon }),
        makeRow({ id: 'empty', start: noon, end: noon }),
        makeRow({ id: 'long', start: noon - 9 * DAY, end: noon - DAY, practitionerIds: ['amy', 'bo'] }),
        makeRow({ id: 'roster', kind: 'session', start: noon - 8 * HOUR, end: noon - HOUR }),
      ];
      const kept = [
        makeRow({ id: 'a ms more', start: noon - HOUR, end: noon + 1 }),
        makeRow({ id: 'long, under way', start: noon - 90 * DAY, end: noon + 1 }),
        makeRow({ id: 'later', start: noon, end: noon + HOUR }),
        makeRow({ id: 'roster, under way', kind: 'session', start: noon - HOUR, end: noon + HOUR }),
      ];
      await commit(clinic, { puts: [...gone, ...kept.slice(1)] });
      await commit(clinic, { puts: kept.slice(0, 1), pruneEndedBy: noon });
      sameRows(await contents(clinic), kept);
    },
  },
  {
    name: 'rows come back exactly as they were put, whatever their texts hold',
    async run(bench) {
      const rows = HOSTILE.map((text, i) =>
        makeRow({
          id: text,
          kind: i % 2 === 0 ? 'appointment' : 'blockout',
          practitionerIds: i % 3 === 0 ? [text] : [text, `${text}\u{10ffff}`],
          locationId: text,
          start: MONDAY - i,
          end: MONDAY,
        }),
      );
      await commit(await bench.open(), { puts: rows });
      const clinic = await bench.crash();
      sameRows(await contents(clinic), rows);
      for (const row of rows) {
        assert.deepEqual(await ok(clinic.rowsByKey([key(row.row.id)])), [row]);
        const [first = ''] = row.row.practitionerIds;
        assert.deepEqual(await ok(clinic.rows({ stream: 'busy', practitionerIds: [first] })), [row]);
      }
      await commit(clinic, { removes: HOSTILE.map(key) });
      assert.deepEqual(await contents(clinic), []);
    },
  },
];
