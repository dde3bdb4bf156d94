import assert from 'node:assert/strict';

import { fault } from '../../domain/errors.js';
import { isIntact } from '../../domain/fingerprint.js';
import type { StoredRow } from '../../domain/row.js';
import { commit, ok, replaceBy, sameRows, type Case } from './bench.js';
import { makeRow, makeRows } from './samples.js';

/** More at once is not bounded memory. */
const MAX_PAGE = 5_000;

export const scanCases: readonly Case[] = [
  {
    name: 'a scan tells every row once, in pages',
    async run(bench) {
      const clinic = await bench.open();
      const rows = makeRows(12_345);
      await replaceBy(clinic, rows);
      const seen: StoredRow[] = [];
      let largest = 0;
      await ok(
        clinic.scan((page) => {
          largest = Math.max(largest, page.length);
          return seen.push(...page) > 0;
        }),
      );
      sameRows(seen, rows);
      assert.ok(seen.every(isIntact));
      assert.ok(largest <= MAX_PAGE, `a page of ${String(largest)} rows`);
    },
  },
  {
    name: 'a scan stops at the first false',
    async run(bench) {
      const clinic = await bench.open();
      await replaceBy(clinic, makeRows(12_345));
      let pages = 0;
      await ok(
        clinic.scan(() => {
          pages++;
          return false;
        }),
      );
      assert.equal(pages, 1);
    },
  },
  {
    name: 'a scan of nothing visits nothing',
    async run(bench) {
      const clinic = await bench.open();
      await ok(
        clinic.scan((page) => {
          if (page.length > 0) throw fault('MirrorFailed');
          return true;
        }),
      );
    },
  },
  {
    name: 'a scan tells rows that stay where they are once, whatever is committed meanwhile',
    async run(bench) {
      const clinic = await bench.open();
      const rows = makeRows(6_000);
      await replaceBy(clinic, rows);
      const seen: string[] = [];
      const commits: Promise<unknown>[] = [];
      await ok(
        clinic.scan((page) => {
          const n = String(commits.length);
          commits.push(
            commit(clinic, { puts: [makeRow({ id: `new ${n}` })], removes: [{ stream: 'busy', id: `new ${n}` }] }),
          );
          return seen.push(...page.map(({ row }) => row.id)) > 0;
        }),
      );
      await Promise.all(commits);
      const old = seen.filter((id) => !id.startsWith('new'));
      assert.equal(old.length, 6_000);
      assert.equal(new Set(old).size, 6_000);
    },
  },
];
