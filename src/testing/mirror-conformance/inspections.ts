import assert from 'node:assert/strict';

import type { StoredRow } from '../../domain/row.js';
import type { MirrorInspection } from '../../mirror/mirror.js';
import { CLINIC, commit, ok, sameRows, type Bench, type Case } from './bench.js';
import { makeEvent, makeRows } from './samples.js';

/** `null`: this store cannot. */
async function inspected(bench: Bench, clinicId = CLINIC): Promise<MirrorInspection | undefined | null> {
  const { mirror } = bench;
  return mirror.inspect ? ok(mirror.inspect(clinicId)) : null;
}

async function rowsOf(inspection: MirrorInspection): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  await ok(inspection.scan((page) => rows.push(...page) > 0));
  assert.equal(await ok(inspection.countRows()), rows.length);
  return rows;
}

export const inspectionCases: readonly Case[] = [
  {
    name: 'who inspects a clinic sees what its owner left, and leaves it so',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(1_500), events: [makeEvent(1)], facts: { cutoff: 3, mappingId: 'm' } });
      const { facts, epoch, lineage } = clinic;
      await ok(clinic.close(false));
      for (let again = 0; again < 2; again++) {
        const inspection = await inspected(bench);
        if (inspection === null) return;
        if (!inspection) assert.fail('it was not found');
        assert.deepEqual([inspection.facts, inspection.head], [facts, 1]);
        sameRows(await rowsOf(inspection), makeRows(1_500));
        await ok(inspection.close());
        await ok(inspection.close());
      }
      const next = await bench.open();
      assert.equal(next.epoch, epoch + 1);
      assert.equal(next.lineage.length, lineage.length + 1);
      assert.deepEqual(next.facts, facts, 'how its owner closed was forgotten');
    },
  },
  {
    name: 'a clinic that has no copy is not there to be inspected, and none is made',
    async run(bench) {
      if ((await inspected(bench)) === null) return;
      assert.equal(await inspected(bench), undefined);
      const other = await bench.open('other');
      await commit(other, { puts: makeRows(3) });
      await ok(other.close(true));
      assert.equal(await inspected(bench), undefined);
    },
  },
];
