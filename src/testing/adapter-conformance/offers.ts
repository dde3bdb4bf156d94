import assert from 'node:assert/strict';

import { keyOf, NEVER, ok, sameRows, rowsOf, whole, type Case } from './bench.js';

export const offerCases: readonly Case[] = [
  {
    name: 'the link offers what was declared, and nothing else',
    async run(bench) {
      const {
        sessions,
        readKeys,
        digest,
        sketch = [],
        pulse,
        awaitPulse,
        newKeys,
        snapshot,
        push,
        describe,
        writes,
      } = bench.capabilities;
      const link = await bench.connect();
      const offered = {
        sessions: bench.clinic.adapter.hasSessions,
        readKeys: link.readKeys !== undefined,
        digest: link.digest !== undefined,
        sketch: link.sketch ? Object.keys(link.sketchIds ?? {}).sort() : [],
        pulse: link.pulse !== undefined,
        awaitPulse: link.awaitPulse !== undefined,
        newKeys: link.newKeys !== undefined,
        snapshot: link.openSnapshot !== undefined,
        push: link.push,
        describe: bench.clinic.adapter.describe !== undefined,
        writes: link.writer !== undefined,
      };
      const declared = {
        ...{ sessions, readKeys, digest, pulse, awaitPulse, newKeys, snapshot, push, describe, writes },
        sketch: [...sketch].sort(),
      };
      assert.deepEqual(offered, declared);
    },
  },
  {
    name: 'a snapshot offers the reads of its link, and a pulse where the link has one',
    needs: ['snapshot'],
    async run(bench) {
      const link = await bench.connect();
      const snapshot = link.openSnapshot ? await ok(link.openSnapshot(NEVER)) : assert.fail('no snapshot');
      assert.equal(snapshot.readKeys !== undefined, bench.capabilities.readKeys);
      assert.equal(snapshot.digest !== undefined, bench.capabilities.digest);
      assert.equal(snapshot.pulse !== null, bench.capabilities.pulse);
      await snapshot.close();
    },
  },
  {
    name: 'the adapter says who it is, the same each time it is made',
    async run(bench) {
      const { adapter, zone } = bench.clinic;
      const other = bench.clinic.another();
      assert.notEqual(adapter.engine, '');
      assert.notEqual(adapter.mappingId, '');
      assert.equal(adapter.zone, zone);
      assert.equal(other.mappingId, adapter.mappingId);
      assert.equal(other.zone, zone);
      assert.equal(other.hasSessions, adapter.hasSessions);
    },
  },
  {
    name: 'the session stream is empty where no sessions are read',
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      assert.deepEqual(await rowsOf(link, whole('session')), []);
    },
  },
  {
    name: 'calls of one link may overlap',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(40));
      const link = await bench.connect();
      const asked = Array.from({ length: 6 }, async () => {
        const [read] = await Promise.all([rowsOf(link), ok(link.now(NEVER)), link.pulse && ok(link.pulse(NEVER))]);
        sameRows(read, rows);
      });
      await Promise.all(asked);
      await bench.receptionist.remove(rows.map(keyOf));
      assert.deepEqual(await rowsOf(link), []);
    },
  },
];
