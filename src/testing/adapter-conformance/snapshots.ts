import assert from 'node:assert/strict';

import type { ClinicLink, ClinicReader, ClinicSnapshot } from '../../adapters/adapter.js';
import { HOUR } from '../../domain/instant.js';
import {
  eventually,
  everything,
  keyOf,
  NEVER,
  ok,
  readKeys,
  refused,
  rowsOf,
  sameRows,
  whole,
  type Case,
} from './bench.js';
import { pulseOf } from './pulses.js';
import { CUTOFF } from './samples.js';

/** `openSnapshot`; the case needs it. */
function open(link: ClinicLink): Promise<ClinicSnapshot> {
  const { openSnapshot } = link;
  if (!openSnapshot) assert.fail('snapshot is declared and not offered');
  return ok(openSnapshot.call(link, NEVER));
}

async function digestOf(reader: ClinicReader): Promise<unknown> {
  return reader.digest && ok(reader.digest({ stream: 'busy', edges: [], cutoff: CUTOFF, signal: NEVER }));
}

const cases: readonly Case[] = [
  {
    name: 'a snapshot reads one moment, whatever is committed after it',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(20));
      const [first, second] = rows;
      if (!first || !second) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const snapshot = await open(link);
      const digest = await digestOf(snapshot);
      await bench.insert();
      await bench.receptionist.update([{ ...first, end: first.end + HOUR }]);
      await bench.receptionist.remove([keyOf(second)]);
      for (let i = 0; i < 2; i++) {
        sameRows(await rowsOf(snapshot), rows);
        assert.deepEqual(await digestOf(snapshot), digest);
        if (!snapshot.readKeys) continue;
        const ids = rows.map(({ id }) => id);
        sameRows(
          (await readKeys(snapshot, ids)).records.map(({ row }) => row),
          rows,
        );
      }
      assert.equal((await rowsOf(link)).length, rows.length);
      await snapshot.close();
    },
  },
  {
    name: 'a snapshot sees everything that was committed before it was opened',
    async run(bench) {
      const link = await bench.connect();
      const rows = [];
      for (let i = 0; i < 5; i++) {
        rows.push(await bench.insert());
        const snapshot = await open(link);
        sameRows(await rowsOf(snapshot), rows);
        await snapshot.close();
      }
    },
  },
  {
    name: 'both streams of a snapshot are of the same moment',
    needs: ['sessions'],
    async run(bench) {
      const link = await bench.connect();
      for (let i = 0; i < 5; i++) {
        const snapshot = await open(link);
        const before = await rowsOf(snapshot);
        await bench.receptionist.insert([bench.make.row(), bench.make.row({ kind: 'session' })]);
        assert.equal(before.length, i);
        assert.equal((await everything(snapshot)).length, 2 * i);
        await snapshot.close();
      }
    },
  },
  {
    name: "a snapshot's pulse differs from the link's after later commits",
    needs: ['pulse'],
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      for (let i = 0; i < 5; i++) {
        const snapshot = await open(link);
        await bench.insert();
        assert.notEqual(await pulseOf(link), snapshot.pulse);
        await snapshot.close();
      }
    },
  },
  {
    name: "a snapshot's pulse is the link's while nothing is committed",
    needs: ['pulse'],
    async run(bench) {
      const link = await bench.connect();
      let equal = false;
      // It may move without reason.
      for (let i = 0; i < 20 && !equal; i++) {
        const snapshot = await open(link);
        equal = snapshot.pulse === (await pulseOf(link));
        await snapshot.close();
      }
      assert.ok(equal, 'never equal in 20 looks');
    },
  },
  {
    name: "a snapshot's pulse is never younger than its rows, while others commit",
    needs: ['pulse'],
    async run(bench) {
      const link = await bench.connect();
      let writing = true;
      const writer = (async () => {
        for (let i = 0; i < 30; i++) {
          await bench.insert();
          await new Promise((resolve) => setTimeout(resolve, i % 5));
        }
      })().finally(() => {
        writing = false;
      });
      try {
        while (writing) {
          const snapshot = await open(link);
          const rows = await rowsOf(link);
          // Equal pulses say that nothing became visible from the snapshot's moment on, so that those rows were its rows.
          if ((await pulseOf(link)) === snapshot.pulse) sameRows(await rowsOf(snapshot), rows);
          await snapshot.close();
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        await writer;
      }
    },
  },
  {
    name: 'an open snapshot keeps no writer out, and two can be open',
    async run(bench) {
      const link = await bench.connect();
      const one = await open(link);
      sameRows(await rowsOf(one), []);
      const row = await bench.insert();
      const snapshots = [one, ...(await Promise.all([open(link)]))];
      await bench.receptionist.remove([keyOf(row)]);
      assert.deepEqual(await Promise.all(snapshots.map(async (held) => (await rowsOf(held)).length)), [0, 1]);
      for (const snapshot of snapshots) await snapshot.close();
    },
  },
  {
    name: 'a closed snapshot reads nothing, and closing again is harmless',
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      for (let i = 0; i < 5; i++) {
        const snapshot = await open(link);
        await rowsOf(snapshot);
        await snapshot.close();
        await snapshot.close();
        await refused(snapshot.readRange({ range: whole(), cutoff: CUTOFF, signal: NEVER }));
      }
      assert.equal((await rowsOf(link)).length, 1);
    },
  },
  {
    name: 'closing the link ends a snapshot that was forgotten',
    async run(bench) {
      const link = await bench.connect();
      const snapshot = await open(link);
      await link.close();
      await refused(snapshot.readRange({ range: whole(), cutoff: CUTOFF, signal: NEVER }));
      await snapshot.close();
      const { openConnections } = bench.clinic;
      if (openConnections) await eventually('nothing is open', async () => (await openConnections()) === 0);
    },
  },
];

export const snapshotCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['snapshot', ...(test.needs ?? [])] as const,
}));
