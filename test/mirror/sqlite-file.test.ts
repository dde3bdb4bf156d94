import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { ROWS_SORTED } from '../../src/mirror/sqlite/replace.js';
import { Connection } from '../../src/mirror/sqlite/connection.js';
import { MIGRATIONS, migrate } from '../../src/mirror/sqlite/migrate.js';
import { openFile } from '../../src/mirror/sqlite/open-file.js';
import { APPLICATION_ID } from '../../src/mirror/sqlite/schema.js';
import { SqliteMirror } from '../../src/mirror/sqlite/sqlite-mirror.js';
import { change, contents } from '../../src/testing/mirror-conformance/bench.js';
import { makeEvent, makeRow, makeRows } from '../../src/testing/mirror-conformance/samples.js';
import { code, copyAsAfterCrash, ok, openClinic, SharedFile, temporaryFolder } from './kit.js';

let folder: string;
let path: string;
let remove: () => void;
beforeEach(() => {
  ({ folder, remove } = temporaryFolder());
  path = join(folder, 'clinics.mirror');
});
afterEach(() => {
  remove();
});

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
const mirror = () => sqliteMirror({ path });

describe('whose file it is', () => {
  it('makes its file private, the log included, and leaves one file behind', async () => {
    const clinic = await ok(openClinic(mirror()));
    await ok(clinic.commit(change({ puts: makeRows(10) })));
    expect(readdirSync(folder).sort()).toEqual(['clinics.mirror', 'clinics.mirror-wal']);
    expect([mode(path), mode(`${path}-wal`)]).toEqual(['600', '600']);
    await ok(clinic.close(true));
    expect(readdirSync(folder)).toEqual(['clinics.mirror']);
  });

  it('tightens a mode that was widened', async () => {
    await ok((await ok(openClinic(mirror()))).close(true));
    chmodSync(path, 0o664);
    await ok(openClinic(mirror()));
    expect([mode(path), mode(`${path}-wal`)]).toEqual(['600', '600']);
  });

  it('takes an empty file for its own', async () => {
    writeFileSync(path, '');
    await ok(openClinic(mirror()));
    expect(mode(path)).toBe('600');
  });

  it.each<[string, () => void]>([
    ['another SQLite database', () => new DatabaseSync(path).exec('create table appointments (id integer)')],
    [
      'another SQLite database in WAL mode',
      () => new DatabaseSync(path).exec('pragma journal_mode = wal; create table appointments (id integer)'),
    ],
    ['a text', () => writeFileSync(path, 'Dear Sir or Madam,\n'.repeat(1_000))],
    ['a short text', () => writeFileSync(path, 'x')],
    ['zeros', () => writeFileSync(path, Buffer.alloc(8_192))],
  ])('never touches %s', async (_, make) => {
    make();
    chmodSync(path, 0o644);
    const before = readFileSync(path);
    const files = readdirSync(folder);
    expect(await code(openClinic(mirror()))).toBe('MirrorUnreadable');
    expect(await code(mirror().discard('northcote'))).toBe('MirrorUnreadable');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(mode(path)).toBe('644');
    expect(readdirSync(folder)).toEqual(files);
  });

  it('never touches a folder', async () => {
    mkdirSync(path);
    expect(await code(openClinic(mirror()))).toBe('MirrorUnreadable');
    expect(await code(mirror().discard('northcote'))).toBe('MirrorUnreadable');
  });

  it('says when the folder of its file is missing', async () => {
    const answer = await openClinic(sqliteMirror({ path: join(folder, 'missing', 'a.mirror') }));
    expect(answer._unsafeUnwrapErr()).toMatchObject({ code: 'MirrorFailed', driverCode: 'ENOENT' });
    expect(await code(sqliteMirror({ path: join(folder, 'missing', 'a.mirror') }).discard('northcote'))).toBe('ok');
  });

  it.each(['', ':memory:', 'a\0b'])('refuses the path %j at once', (wrong) => {
    expect(() => sqliteMirror({ path: wrong })).toThrow(TypeError);
  });
});

describe('versions', () => {
  const addColumn = () => ({ compile: () => ({ sql: 'alter table clinic add column colour text' }) });

  it('is told from the file alone, from the first moment on', async () => {
    const clinic = await ok(openClinic(mirror()));
    const copy = join(folder, 'copy');
    writeFileSync(copy, readFileSync(path));
    const database = new DatabaseSync(copy, { readOnly: true });
    expect(database.prepare('pragma application_id').get()).toEqual({ application_id: APPLICATION_ID });
    expect(database.prepare('pragma user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    await ok(clinic.close(true));
  });

  it('migrates a file and keeps what is in it; a program from before then leaves it alone', async () => {
    const clinic = await ok(openClinic(mirror()));
    await ok(clinic.commit(change({ puts: makeRows(10), events: [makeEvent(1)] })));
    await ok(clinic.close(true));

    const connection = openFile(path);
    migrate(connection, [...MIGRATIONS, (each) => each.execute(addColumn())]);
    expect(connection.pragma(sql`pragma user_version`)).toBe(MIGRATIONS.length + 1);
    expect(connection.pragma(sql`select count(*) from rows`)).toBe(12);
    connection.close();

    const before = readFileSync(path);
    expect(await code(openClinic(mirror()))).toBe('MirrorTooNew');
    expect(await code(mirror().discard('northcote'))).toBe('MirrorTooNew');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each(MIGRATIONS.slice(1).map((_, i) => i + 1))(
    'brings a file of version %i to the present one',
    async (version) => {
      const rows = makeRows(10);
      const clinic = await ok(openClinic(mirror()));
      await ok(clinic.commit(change({ puts: rows, events: [makeEvent(1)] })));
      await ok(clinic.close(true));
      // What a program of that version left: its tables, and rows that both have.
      const old = join(folder, 'old.mirror');
      const connection = new Connection(old);
      migrate(connection, MIGRATIONS.slice(0, version));
      connection.close();
      const database = new DatabaseSync(old);
      database.exec(`attach '${path}' as present`);
      for (const table of ['clinic', 'incarnation', 'copy', 'rows', 'log']) {
        const columns = database
          .prepare(`select group_concat('"' || name || '"') as names from pragma_table_info('${table}', 'main')`)
          .get();
        const names = String(columns?.['names']);
        database.exec(`insert into main.${table} (${names}) select ${names} from present.${table}`);
      }
      database.close();
      const again = await ok(openClinic(sqliteMirror({ path: old })));
      expect((await contents(again)).length).toBe(rows.length);
      expect(await ok(again.openIntents())).toEqual([]);
      await ok(again.close(true));
      const looked = new DatabaseSync(old, { readOnly: true });
      expect(looked.prepare('pragma user_version').get()).toEqual({ user_version: MIGRATIONS.length });
      looked.close();
    },
  );

  it('leaves a file as it was when a migration fails', () => {
    const connection = openFile(path);
    const failing = () => {
      throw new Error('no');
    };
    expect(() => migrate(connection, [...MIGRATIONS, (each) => each.execute(addColumn()), failing])).toThrow('no');
    expect(connection.pragma(sql`pragma user_version`)).toBe(MIGRATIONS.length);
    expect(connection.pragma(sql`select count(*) from pragma_table_info('clinic') where name = 'colour'`)).toBe(0);
    connection.close();
  });
});

describe('one process at a time', () => {
  let holder: ChildProcess | undefined;
  afterEach(() => holder?.kill('SIGKILL'));

  async function hold(): Promise<ChildProcess> {
    const args = ['--import', 'tsx', '--no-warnings', join(import.meta.dirname, 'holder.ts'), path];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    holder = child;
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', () => {
        reject(new Error('the holder ended'));
      });
    });
    return child;
  }

  it('is refused while another process has the file, and let in at once when that is killed', async () => {
    const child = await hold();
    const mine = mirror();
    expect(await code(openClinic(mine))).toBe('MirrorInUse');
    expect(await code(openClinic(mine, 'another clinic'))).toBe('MirrorInUse');
    expect(await code(mine.discard('northcote'))).toBe('MirrorInUse');
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    const clinic = await ok(openClinic(mine));
    expect([clinic.head, clinic.epoch, clinic.facts.closedInOrder]).toEqual([1, 2, false]);
  });

  it('holds its lock against a second mirror of the same process, and goes on holding it after that was refused', async () => {
    const clinic = await ok(openClinic(mirror()));
    expect(await code(openClinic(mirror(), 'another clinic'))).toBe('MirrorInUse');
    expect(await code(mirror().discard('another clinic'))).toBe('MirrorInUse');
    // Looking at the file must not have dropped the lock, which only another process can tell.
    await expect(hold()).rejects.toThrow('the holder ended');
    await ok(clinic.close(true));
    await hold();
  });
});

describe('a full disk', () => {
  it('changes nothing, says so, and goes on once there is room', async () => {
    const file = new SharedFile(openFile(path));
    const clinic = await ok(openClinic(new SqliteMirror(path, () => file)));
    const rows = makeRows(500);
    await ok(clinic.commit(change({ puts: rows, events: [makeEvent(1)], facts: { cutoff: 1 } })));
    const pages = Number(file.connection.pragma(sql`pragma page_count`));
    // SQLite's own idea of a full disk: it answers SQLITE_FULL, in the middle of a transaction.
    const limit = (n: number) => file.connection.pragma(sql.raw(`pragma max_page_count = ${n}`));
    limit(pages + 3);

    const more = Array.from({ length: 2_000 }, (_, i) => makeRow({ id: `more ${i}` }));
    const late = change({ puts: more, events: [makeEvent(2)], facts: { cutoff: 2 } });
    expect(await code(clinic.commit(late))).toBe('MirrorFull');
    expect([clinic.head, clinic.facts.cutoff]).toEqual([1, 1]);
    expect(await contents(clinic)).toHaveLength(500);
    expect(await ok(clinic.events(0, 10))).toHaveLength(1);

    const writer = await ok(clinic.replaceAll());
    expect(await code(writer.add(makeRows(ROWS_SORTED)))).toBe('MirrorFull');
    await ok(writer.abort());
    await ok(clinic.commit(change({ removes: [{ stream: 'busy', id: '0' }] })));
    expect(await contents(clinic)).toHaveLength(499);

    limit(1_000_000);
    await ok(clinic.commit(late));
    expect(clinic.head).toBe(2);
    expect(await contents(clinic)).toHaveLength(2_499);
    await ok(clinic.close(true));
    file.reallyClose();
  });
});

describe('what is left behind', () => {
  const count = (table: string) => {
    const copy = join(folder, 'look');
    copyAsAfterCrash(path, copy);
    const database = new DatabaseSync(copy);
    const row = database.prepare(`select count(*) as n from ${table}`).get();
    database.close();
    return row?.['n'];
  };

  it('is swept away: a replacement that a crash cut short, the copy that one replaced, a discarded clinic', async () => {
    const first = await ok(openClinic(mirror()));
    await ok(first.commit(change({ puts: makeRows(1_400), events: [makeEvent(1)] })));
    await ok((await ok(first.replaceAll())).add(makeRows(17_500)));
    const crashed = join(folder, 'crashed.mirror');
    copyAsAfterCrash(path, crashed);
    await ok(first.close(false));

    path = crashed;
    expect(count('rows')).toBe(1_600 + 20_000);
    const clinic = await ok(openClinic(mirror()));
    await vi.waitFor(() => {
      expect(count('rows')).toBe(1_600);
      expect(count('copy')).toBe(1);
    }, 10_000);

    const other = mirror();
    await ok(clinic.close(true));
    const again = await ok(openClinic(other));
    const writer = await ok(again.replaceAll());
    await ok(writer.add(makeRows(70)));
    await ok(writer.commit(change({})));
    await vi.waitFor(() => {
      expect([count('rows'), count('copy')]).toEqual([80, 1]);
    }, 10_000);

    const neighbour = await ok(openClinic(other, 'neighbour'));
    await ok(again.close(true));
    await ok(other.discard('northcote'));
    await vi.waitFor(() => {
      expect([count('rows'), count('copy'), count('log'), count('clinic')]).toEqual([0, 1, 0, 1]);
    }, 10_000);
    await ok(neighbour.close(true));
  });
});
