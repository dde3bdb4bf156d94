/** Clinics that commit in the same turn of the event loop share one flush of the disk, and nothing else. */
import { join } from 'node:path';

import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { openFile } from '../../src/mirror/sqlite/open-file.js';
import { SqliteMirror } from '../../src/mirror/sqlite/sqlite-mirror.js';
import type { ClinicMirror } from '../../src/mirror/mirror.js';
import { change, contents } from '../../src/testing/mirror-conformance/bench.js';
import { makeEvent, makeRow, makeRows } from '../../src/testing/mirror-conformance/samples.js';
import { copyAsAfterCrash, ok, openClinic, SharedFile, temporaryFolder } from './kit.js';

const CLINICS = 20;

let folder: string;
let path: string;
let remove: () => void;
let file: SharedFile;
let clinics: ClinicMirror[];
beforeEach(async () => {
  ({ folder, remove } = temporaryFolder());
  path = join(folder, 'clinics.mirror');
  file = new SharedFile(openFile(path));
  const mirror = new SqliteMirror(path, () => file);
  clinics = await Promise.all(Array.from({ length: CLINICS }, (_, i) => ok(openClinic(mirror, `clinic ${i}`))));
});
afterEach(async () => {
  await Promise.all(clinics.map((clinic) => ok(clinic.close(true))));
  file.reallyClose();
  remove();
});

/** In the midst of the others. */
const bad = CLINICS / 2;
const commit = (i: number, n = 1, rows = [makeRow({ id: `row of ${i}` })]) => {
  const clinic = clinics[i];
  if (!clinic) throw new Error(`There is no clinic ${i}.`);
  return clinic.commit(change({ puts: rows, events: [makeEvent(n)], facts: { cutoff: n } }));
};

it('one transaction carries them all, and each is durable when it answers', async () => {
  const transaction = vi.spyOn(file.connection, 'transaction');
  const logged = await Promise.all(clinics.map((_, i) => ok(commit(i))));
  expect(transaction.mock.calls.length).toBe(1);
  expect(logged.map((events) => events.map(({ seq }) => seq))).toEqual(clinics.map(() => [1]));
  const crashed = join(folder, 'crashed.mirror');
  copyAsAfterCrash(path, crashed);
  const after = sqliteMirror({ path: crashed });
  for (const i of clinics.keys()) {
    const clinic = await ok(openClinic(after, `clinic ${i}`));
    expect((await contents(clinic)).map(({ row }) => row.id)).toEqual([`row of ${i}`]);
    expect([clinic.head, clinic.facts.cutoff]).toEqual([1, 1]);
    await ok(clinic.close(true));
  }
});

it('one that fails takes nothing of the others back, and keeps what it had', async () => {
  await Promise.all(clinics.map((_, i) => ok(commit(i))));
  // A value that no column takes, after a row that was written already.
  const rows = [makeRow({ id: 'before' }), makeRow({ id: 'nonsense', start: Number.NaN })];
  const outcomes = await Promise.all(
    clinics.map((_, i) => commit(i, 2, i === bad ? rows : [makeRow({ id: 'second' })])),
  );
  const codes = outcomes.map((outcome) => (outcome.isErr() ? outcome.error.code : 'ok'));
  expect(codes).toEqual(clinics.map((_, i) => (i === bad ? 'MirrorCorrupt' : 'ok')));
  for (const [i, clinic] of clinics.entries()) {
    const ids = (await contents(clinic)).map(({ row }) => row.id).sort();
    expect(ids).toEqual(i === bad ? [`row of ${i}`] : [`row of ${i}`, 'second']);
    expect([clinic.head, clinic.facts.cutoff]).toEqual(i === bad ? [1, 1] : [2, 2]);
  }
});

it('a full disk is an answer to all whose change it cost, none of which changes anything; all go on once there is room', async () => {
  await Promise.all(clinics.map((_, i) => ok(commit(i))));
  const limit = (n: number) => file.connection.pragma(sql.raw(`pragma max_page_count = ${n}`));
  limit(Number(file.connection.pragma(sql`pragma page_count`)) + 3);
  const outcomes = await Promise.all(clinics.map((_, i) => commit(i, 2, makeRows(i === bad ? 2_000 : 1))));
  expect(outcomes[bad]?.isErr() && outcomes[bad].error.code).toBe('MirrorFull');
  for (const [i, clinic] of clinics.entries()) {
    const outcome = outcomes[i];
    if (outcome?.isErr()) expect(outcome.error.code).toBe('MirrorFull');
    expect([clinic.head, clinic.facts.cutoff]).toEqual(outcome?.isErr() ? [1, 1] : [2, 2]);
    expect(await contents(clinic)).toHaveLength(outcome?.isErr() ? 1 : 2);
  }
  limit(1_000_000);
  await Promise.all(clinics.map((_, i) => ok(commit(i, 3, makeRows(i === bad ? 2_000 : 1)))));
  expect(await contents(clinics[bad] as ClinicMirror)).toHaveLength(2_001);
});

it('the only clinic that is open does not wait for others', async () => {
  await Promise.all(clinics.splice(1).map((clinic) => ok(clinic.close(true))));
  const transaction = vi.spyOn(file.connection, 'transaction');
  const committed = commit(0);
  expect(transaction.mock.calls.length).toBe(1);
  await ok(committed);
});
