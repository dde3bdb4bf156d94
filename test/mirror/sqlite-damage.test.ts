import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isIntact } from '../../src/domain/fingerprint.js';
import type { StoredRow } from '../../src/domain/row.js';
import type { ClinicMirror } from '../../src/mirror/mirror.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { change, contents } from '../../src/testing/mirror-conformance/bench.js';
import { makeEvent, makeRows } from '../../src/testing/mirror-conformance/samples.js';
import { Random } from '../../src/testing/random.js';
import { code, ok, openClinic, temporaryFolder } from './kit.js';

const ROWS = makeRows(800);
const ROUNDS = Number(process.env['CLINIC_SYNC_TEST_FLIPS'] ?? 25);
const EVENTS = Array.from({ length: 200 }, (_, i) => makeEvent(i));

let folder: string;
let path: string;
let remove: () => void;
beforeEach(async () => {
  ({ folder, remove } = temporaryFolder());
  path = join(folder, 'clinics.mirror');
  for (const clinicId of ['northcote', 'neighbour']) {
    const clinic = await ok(openClinic(sqliteMirror({ path }), clinicId));
    await ok(clinic.commit(change({ puts: ROWS, events: EVENTS, facts: { cutoff: 5 } })));
    await ok(clinic.close(true));
  }
});
afterEach(() => {
  remove();
});

/** Everything that can be asked of a clinic; answers with what a caller would have seen. */
async function askAll(clinic: ClinicMirror): Promise<{ codes: Set<string>; rows: StoredRow[] }> {
  const rows: StoredRow[] = [];
  const codes = new Set([
    await code(clinic.scan((page) => rows.push(...page) > 0)),
    await code(clinic.rows({ stream: 'busy' }).map((found) => rows.push(...found))),
    await code(clinic.rows({ stream: 'busy', practitionerIds: ['amy', 'p1'] }).map((found) => rows.push(...found))),
    await code(
      clinic.rowsByKey(ROWS.map(({ row }) => ({ stream: 'busy', id: row.id }))).map((found) => rows.push(...found)),
    ),
    await code(clinic.countRows()),
    await code(clinic.practitioners()),
    await code(clinic.events(clinic.oldest - 1, 1_000)),
    await code(
      clinic.commit(change({ puts: ROWS.slice(0, 50), removes: [{ stream: 'busy', id: '60' }], pruneEndedBy: 0 })),
    ),
    await code(clinic.trimLog(100)),
    await code(clinic.close(true)),
  ]);
  return { codes, rows };
}

const change1 = (sqlText: string) => {
  const database = new DatabaseSync(path);
  database.exec(sqlText);
  database.close();
};

describe('damage', () => {
  it.each([
    ['an unknown kind', `update rows set kind = 'x' where id = '5'`],
    ['a row of the wrong stream', `update rows set kind = 'session' where id = '5'`],
    ['a list that is none', `update rows set practitioners = '["amy",' where id = '7'`],
    ['a list without its owner', `update rows set practitioners = '["zoe","p2"]' where id = '7'`],
    ['a row that lost a place', `delete from rows where id = '7' and practitioner = 'amy'`],
    ['an end that does not fit where the row lies', `update rows set "end" = "end" + 900000000 where id = '5'`],
    ['a number beyond 2^53', `update rows set "end" = 9223372036854775807, long = 1 where id = '5'`],
  ])('in a row answers MirrorCorrupt: %s', async (_, text) => {
    change1(text);
    const clinic = await ok(openClinic(sqliteMirror({ path })));
    expect(await code(clinic.scan(() => true))).toBe('MirrorCorrupt');
    expect(await code(clinic.close(false))).toBe('ok');
    const neighbour = await ok(openClinic(sqliteMirror({ path }), 'neighbour'));
    expect(await code(neighbour.scan(() => true))).toBe('MirrorCorrupt');
  });

  it.each([
    ['an event that is none', `update log set body = '{"type":' where seq = 7`],
    ['an event that says null', `update log set body = 'null' where seq = 7`],
    ['a missing event', `delete from log where seq = 7`],
  ])('in the log answers MirrorCorrupt: %s', async (_, text) => {
    change1(text);
    const clinic = await ok(openClinic(sqliteMirror({ path })));
    expect(await code(clinic.events(0, 100))).toBe('MirrorCorrupt');
    expect(await code(clinic.scan(() => true))).toBe('ok');
  });

  it.each([
    ['facts that are none', `update clinic set facts = '{' where clinic_id = 'northcote'`],
    ['a fact of the wrong kind', `update clinic set facts = '{"cutoff":"5"}' where clinic_id = 'northcote'`],
    ['contents that are none', `update clinic set facts = '{"contents":7}' where clinic_id = 'northcote'`],
    ['a lost end of the log', `delete from log where seq = 200`],
    ['a lineage out of order', `update incarnation set from_seq = 900`],
    ['a table that is gone', `drop table log`],
  ])('in the facts answers MirrorCorrupt at open, and discarding makes it good: %s', async (_, text) => {
    change1(text);
    const mirror = sqliteMirror({ path });
    expect(await code(openClinic(mirror))).toBe('MirrorCorrupt');
    await ok(mirror.discard('northcote'));
    const clinic = await ok(openClinic(mirror));
    expect(clinic.head).toBe(0);
    await ok(clinic.commit(change({ puts: ROWS })));
  });

  it('discards a clinic whose rows are damaged, and leaves its neighbour alone', async () => {
    change1(`update rows set kind = 'x' where copy = 1; update log set body = '' where clinic = 1`);
    const mirror = sqliteMirror({ path });
    const neighbour = await ok(openClinic(mirror, 'neighbour'));
    await ok(mirror.discard('northcote'));
    const clinic = await ok(openClinic(mirror));
    expect(await contents(clinic)).toEqual([]);
    expect(await contents(neighbour)).toHaveLength(ROWS.length);
  });

  it("that is not one clinic's alone is left where it is while another one is open", async () => {
    const mirror = sqliteMirror({ path });
    const neighbour = await ok(openClinic(mirror, 'neighbour'));
    // Damage under an open connection: what it has not read yet is gone.
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4_096);
    writeFileSync(path, bytes);
    const codes = [await code(openClinic(mirror)), await code(mirror.discard('northcote'))];
    expect(codes).toEqual(['MirrorCorrupt', 'MirrorCorrupt']);
    expect(readdirSync(folder)).not.toContain('clinics.mirror.corrupt');
    await ok(neighbour.close(false));
    await ok(mirror.discard('northcote'));
    expect(readdirSync(folder)).toContain('clinics.mirror.corrupt');
    await ok(openClinic(mirror));
  });

  it('so deep that no clinic can be discarded moves the file aside', async () => {
    // Everything behind the first page: the lists of tables can be read, the tables cannot.
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4_096);
    writeFileSync(path, bytes);
    const mirror = sqliteMirror({ path });
    expect(await code(openClinic(mirror))).toBe('MirrorCorrupt');
    await ok(mirror.discard('northcote'));
    expect(readdirSync(folder)).toEqual(['clinics.mirror.corrupt']);
    expect(readFileSync(`${path}.corrupt`).equals(bytes)).toBe(true);
    const clinic = await ok(openClinic(mirror));
    await ok(clinic.commit(change({ puts: ROWS })));
    expect(await contents(clinic)).toHaveLength(ROWS.length);
  });

  it.each([0.2, 0.5, 0.9, 0.999])('by cutting the file at %f of its length is told, never thrown', async (part) => {
    truncateSync(path, Math.floor(readFileSync(path).length * part));
    const mirror = sqliteMirror({ path });
    const opened = await openClinic(mirror);
    // A last page that is cut may have held nothing of this clinic.
    if (opened.isOk())
      expect(part === 0.999 ? [...(await askAll(opened.value)).codes] : []).not.toContain('MirrorFailed');
    else expect(opened.error.code).toBe('MirrorCorrupt');
    await ok(mirror.discard('northcote'));
    await ok((await ok(openClinic(mirror))).commit(change({ puts: ROWS })));
  });

  it('by any flipped bits is told or shows in the fingerprints, and never throws', async () => {
    const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    const random = new Random(seed);
    const original = new Map(ROWS.map(({ row, fingerprint }) => [row.id, fingerprint]));
    const victim = join(folder, 'victim.mirror');
    const bytes = readFileSync(path);
    const allowed = ['ok', 'MirrorCorrupt'];
    for (let i = 0; i < ROUNDS; i++) {
      const damagedBytes = Buffer.from(bytes);
      for (let n = random.pick([1, 1, 4, 64]); n > 0; n--) {
        const at = random.int(100, bytes.length - 1);
        damagedBytes[at] = (damagedBytes[at] ?? 0) ^ (1 << random.int(0, 7));
      }
      writeFileSync(victim, damagedBytes);
      for (const suffix of ['-wal', '-journal', '.corrupt', '.corrupt-wal']) rmSync(victim + suffix, { force: true });
      const mirror = sqliteMirror({ path: victim });
      const opened = await openClinic(mirror);
      if (opened.isErr()) {
        expect(opened.error.code, `seed ${seed}, round ${i}`).toBe('MirrorCorrupt');
      } else {
        const { codes, rows } = await askAll(opened.value);
        for (const each of codes) expect(allowed, `seed ${seed}, round ${i}`).toContain(each);
        const wrong = rows.filter((row) => isIntact(row) && original.get(row.row.id) !== row.fingerprint);
        expect(wrong, `seed ${seed}, round ${i}`).toEqual([]);
      }
      // However deep it went, the clinic can be built anew, at the second attempt at the latest.
      const attempts: string[] = [];
      for (let attempt = 0; attempt < 2 && attempts.at(-1) !== 'ok'; attempt++) {
        await ok(mirror.discard('northcote'));
        const anew = await ok(openClinic(mirror));
        attempts.push(await code(anew.commit(change({ puts: ROWS, events: EVENTS }))));
        await code(anew.close(true));
      }
      expect(attempts.at(-1), `seed ${seed}, round ${i}`).toBe('ok');
    }
  }, 600_000);
});
