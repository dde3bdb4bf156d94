import assert from 'node:assert/strict';

import type { ClinicLink } from '../../adapters/adapter.js';
import { eventually, NEVER, ok, pause, refused, rowsOf, sameRows, within, type Bench, type Case } from './bench.js';
import { callsOf } from './calls.js';

const UNREACHED: readonly string[] = ['ClinicUnreachable', 'ClinicTimeout'];

const cut = (bench: Bench) => bench.clinic.cut?.() ?? assert.fail('lost is declared and there is no cut');

/** Counts what a link tells of its end. */
function losses(link: ClinicLink): { count: number } {
  const told = { count: 0 };
  link.events.on('lost', () => told.count++);
  return told;
}

async function nothingOpen({ clinic }: Bench): Promise<void> {
  const { openConnections } = clinic;
  if (openConnections) await eventually('nothing is open', async () => (await openConnections()) === 0);
}

export const endingCases: readonly Case[] = [
  {
    name: 'closing again, and at the same time, is harmless',
    async run(bench) {
      const link = await bench.connect();
      const lost = losses(link);
      await within(Promise.all([link.close(), link.close()]));
      await within(link.close());
      await pause(50);
      assert.equal(lost.count, 0);
      await nothingOpen(bench);
    },
  },
  {
    name: 'a closed link answers every call with an error, at once',
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      await rowsOf(link);
      await link.close();
      for (const [name, call] of Object.entries(callsOf(link))) {
        const outcome = await within(call(NEVER), 2_000);
        assert.ok(outcome.isErr(), `${name} answered`);
      }
    },
  },
  {
    name: 'closing ends the calls under way',
    async run(bench) {
      await bench.receptionist.insert(bench.make.rows(50));
      const link = await bench.connect();
      const asked = Object.values(callsOf(link)).map((call) => within(call(NEVER), 5_000));
      await within(link.close(), 3_000);
      await Promise.all(asked);
      await nothingOpen(bench);
    },
  },
  {
    name: 'connecting again finds the same database, no further back than before',
    async run(bench) {
      const link = await bench.connect();
      const { identity } = link;
      assert.notEqual(identity.database, '');
      await link.close();
      for (const adapter of [bench.clinic.adapter, bench.clinic.another()]) {
        const row = await bench.insert();
        const next = await bench.connect(adapter);
        assert.equal(next.identity.database, identity.database);
        assert.equal(next.identity.position === null, identity.position === null);
        assert.match(next.identity.position ?? '0', /^\d+$/);
        assert.ok(BigInt(next.identity.position ?? 0) >= BigInt(identity.position ?? 0), 'the position fell');
        assert.ok((await rowsOf(next)).some(({ id }) => id === row.id));
        await next.close();
      }
    },
  },
  {
    name: 'links one after another, under one name, leave nothing open',
    async run(bench) {
      for (let i = 0; i < 5; i++) {
        const link = await ok(bench.clinic.adapter.connect({ clinicId: 'conformance-again', signal: NEVER }));
        await rowsOf(link);
        await within(link.close());
      }
      await nothingOpen(bench);
    },
  },
  {
    name: 'a cut is told once, and every call from then on says that the clinic is out of reach',
    needs: ['lost'],
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      const lost = losses(link);
      await rowsOf(link);
      await cut(bench);
      // Nobody promises that silence is noticed: a heartbeat is what finds it out.
      await eventually('the cut is told', async () => {
        const beat = await within(link.now(NEVER));
        return lost.count > 0 && beat.isErr();
      });
      for (let i = 0; i < 2; i++) {
        for (const [name, call] of Object.entries(callsOf(link))) {
          const code = await refused(call(NEVER));
          assert.ok(UNREACHED.includes(code), `${name} answered ${code}`);
        }
      }
      await pause(100);
      assert.equal(lost.count, 1);
      await within(link.close());
    },
  },
  {
    name: 'a cut ends the calls under way',
    needs: ['lost'],
    async run(bench) {
      await bench.receptionist.insert(bench.make.rows(50));
      const link = await bench.connect();
      const asked = Object.values(callsOf(link)).map((call) => within(call(NEVER)));
      await cut(bench);
      for (const outcome of await Promise.all(asked)) {
        // Some were quicker.
        if (outcome.isErr()) assert.ok(UNREACHED.includes(outcome.error.code), outcome.error.code);
      }
      await within(link.close());
    },
  },
  {
    name: 'a closed link tells of no cut',
    needs: ['lost'],
    async run(bench) {
      const link = await bench.connect();
      const lost = losses(link);
      await link.close();
      await cut(bench);
      await pause(200);
      assert.equal(lost.count, 0);
    },
  },
  {
    name: 'after a cut the same adapter connects again, to the same database',
    needs: ['lost'],
    async run(bench) {
      const row = await bench.insert();
      const first = await bench.connect();
      await cut(bench);
      await within(first.close());
      await bench.clinic.restart?.();
      const other = await bench.insert();
      const second = await bench.connect();
      assert.equal(second.identity.database, first.identity.database);
      sameRows(await rowsOf(second), [row, other]);
      await second.close();
      await nothingOpen(bench);
    },
  },
];
