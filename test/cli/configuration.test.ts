/** How a clinic is named on the command line, what is refused, and that no secret is ever shown. */
import { chmodSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshMysqlDatabase, sharedMysql } from '../servers/mysql.js';
import { freshDatabase, sharedPostgres } from '../servers/postgres.js';
import { freePort } from '../servers/process.js';
import { makeClinic, MAPPING, ZONE, type SmallClinic } from './clinic.js';
import { document, makeWorkspace, type Ran, type RunOptions, type Workspace } from './workspace.js';

const SECRET = 'Hunter2-Correct%Horse';
const ENCODED = encodeURIComponent(SECRET);
const postgres = await sharedPostgres();
const mysql = await sharedMysql();

let workspace: Workspace;
let clinic: SmallClinic;
const schema = ['--schema', 'mapping.json'];

/** Whatever it was, nothing of it is to be seen. */
const tellsNoSecret = ({ stdout, stderr }: Ran) => {
  for (const secret of [SECRET, ENCODED, 'Hunter2']) expect(`${stdout}${stderr}`).not.toContain(secret);
};

beforeAll(async () => {
  workspace = await makeWorkspace();
  clinic = makeClinic(join(workspace.folder, 'clinic.db'));
  const { booking: _, ...appointments } = MAPPING.appointments;
  workspace.write('mapping.json', JSON.stringify({ ...MAPPING, appointments }));
});
afterAll(() => {
  clinic.close();
  workspace.remove();
});

describe('a clinic is named', () => {
  const url = () => `sqlite:${clinic.path}`;

  it.each([
    ['an environment variable', () => [[], { env: { CLINIC_SYNC_URL: url() } }]],
    ['a variable of another name', () => [['--url-env', 'OTHER'], { env: { OTHER: url() } }]],
    ['a file', () => [['--url-file', workspace.write('url', `${url()}\n`)], {}]],
    ['an argument, where it has no password', () => [['--url', url()], {}]],
  ] as [string, () => [string[], RunOptions]][])('by the URL in %s', async (_, given) => {
    const [args, options] = given();
    const ran = await workspace.run(['doctor', ...schema, ...args], options);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
  });

  it.each(['.js', '.mjs', '.ts'])('by a configuration file in the working directory: %s', async (ending) => {
    const another = await makeWorkspace();
    another.write(
      `clinic-sync.config${ending}`,
      `import { defineConfig } from 'clinic-sync/cli';
       import { sqliteAdapter } from 'clinic-sync/sqlite';
       export default defineConfig({
         clinicId: 'northcote',
         adapter: sqliteAdapter({ path: ${JSON.stringify(clinic.path)}, schema: ${JSON.stringify(MAPPING)}${ending === '.ts' ? ' as const' : ''} }),
       });`,
    );
    if (ending === '.js') another.write('package.json', '{"type":"module"}');
    const ran = await another.run(['doctor', '--json']);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(document(ran)).toMatchObject({ clinicId: 'northcote', engine: 'sqlite' });
    another.remove();
  });

  it('by a preset, whose tables are looked for', async () => {
    const args = ['doctor', '--preset', 'open-emr', '--zone', ZONE, '--url', url(), '--json'];
    const ran = await workspace.run(args);
    expect([ran.status, document(ran)]).toEqual([3, { error: expect.objectContaining({ code: 'SchemaMismatch' }) }]);
  });
});

describe('is refused with 2, in words', () => {
  const config = (text: string) => ['--config', workspace.write('bad.mjs', text)];

  it.each([
    ['nothing named', () => [], 'No clinic was named'],
    ['no such file', () => ['--config', 'none.mjs'], 'There is no configuration file'],
    ['no variable', () => schema, 'The environment variable CLINIC_SYNC_URL is not set.'],
    ['no mapping', () => ['--url', 'sqlite:x'], '--url needs --preset or --schema'],
    ['an unknown preset', () => ['--preset', 'other', '--zone', ZONE], 'There is no preset "other"'],
    ['a preset without a zone', () => ['--preset', 'oscar'], '--preset needs --zone'],
    ['a zone that is none', () => ['--preset', 'oscar', '--zone', 'Melbourne'], 'is no IANA zone'],
    ['a URL of another kind', () => [...schema, '--url', 'oracle://host/db'], 'The URL is of no kind that is known.'],
    ['two ways at once', () => [...schema, '--url', 'sqlite:x', '--url-env', 'Y'], 'choose one'],
    [
      'a mapping that is no JSON',
      () => ['--schema', workspace.write('no.json', '{'), '--url', 'sqlite:x'],
      'cannot be read as JSON',
    ],
    [
      'a mapping that cannot be meant',
      () => ['--schema', workspace.write('half.json', '{"zone":"UTC"}'), '--url', 'sqlite:x'],
      'schema.appointments',
    ],
    [
      'an export of something else',
      () => config('export default { clinicId: 7 }'),
      'clinics with a clinicId and an adapter',
    ],
    ['no clinic in it', () => config('export default []'), 'names no clinic'],
    ['a file that throws', () => config('throw new Error("out of order")'), 'out of order'],
    ['an unknown option', () => ['--colour'], "unknown option '--colour'"],
  ] as [string, () => string[], string][])('%s', async (_, args, text) => {
    const ran = await workspace.run(['doctor', ...args(), '--json']);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(document(ran)).toEqual({ error: expect.objectContaining({ exitStatus: 2 }) });
  });
});

describe('secrets', () => {
  it.each([
    ['a URL', ['doctor', ...schema, '--url', `postgres://u:${ENCODED}@localhost/db`]],
    ['a URL that is misplaced', ['doctor', `mysql://u:${ENCODED}@localhost/db`]],
    ['a URL in place of a command', [`mysql://u:${ENCODED}@localhost/db`]],
    ['a password', ['doctor', ...schema, `--password=${SECRET}`]],
    ['a password beside its option', ['doctor', ...schema, '--password', SECRET]],
    ['a value of an option that nobody knows', ['doctor', ...schema, `--pasword=${SECRET}`]],
    ['a word too many', ['doctor', SECRET]],
    ['a word in place of a command', [SECRET]],
  ])('%s as an argument is refused, and not repeated', async (_, args) => {
    for (const more of [[], ['--json']]) {
      const ran = await workspace.run([...args, ...more]);
      expect(ran.status).toBe(2);
      tellsNoSecret(ran);
    }
  });

  /** With `--json` both are printed: the document, and the words for a person. */
  const everywhere = async (url: string, status: number, code: string) => {
    for (const command of [['doctor'], ['resync'], ['rehearse'], ['availability'], ['watch', '--for', '1ms']]) {
      const ran = await workspace.run([...command, ...schema, '--json'], { env: { CLINIC_SYNC_URL: url } });
      tellsNoSecret(ran);
      expect([command[0], ran.status, ran.stderr]).toEqual([command[0], status, expect.stringContaining(code)]);
    }
  };

  it.skipIf(!postgres)('a wrong password for Postgres is told without it', { timeout: 60_000 }, async () => {
    const database = await freshDatabase(postgres?.url ?? '');
    const url = new URL(database.readerUrl);
    url.password = ENCODED;
    await everywhere(url.href, 3, 'ClinicRefused');
    await database.drop();
  });

  it.skipIf(!mysql)('a wrong password for MariaDB is told without it', { timeout: 60_000 }, async () => {
    const database = await freshMysqlDatabase(mysql?.url ?? '');
    const url = new URL(database.readerUrl);
    url.password = ENCODED;
    await everywhere(url.href, 3, 'ClinicRefused');
    await database.drop();
  });

  it.each(['postgres', 'mysql', 'mssql'])(
    '%s: a host that cannot be reached, or says nothing sensible',
    { timeout: 60_000 },
    async (scheme) => {
      const nobody = await freePort();
      await everywhere(`${scheme}://reader:${ENCODED}@127.0.0.1:${nobody}/db`, 3, 'ClinicUnreachable');
      const babble = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await new Promise<void>((listening) => babble.listen(0, '127.0.0.1', listening));
      const { port } = babble.address() as AddressInfo;
      const env = { CLINIC_SYNC_URL: `${scheme}://reader:${ENCODED}@127.0.0.1:${port}/db` };
      const ran = await workspace.run(['doctor', ...schema], { env });
      expect(ran.status).toBe(3);
      tellsNoSecret(ran);
      babble.close();
    },
  );

  it.each([
    `postgres://reader:${ENCODED}@local host/db`,
    `postgres://reader:${ENCODED}@localhost:99999/db`,
    `postgres://reader:${ENCODED}@/db`,
    `postgresx://reader:${ENCODED}@localhost/db`,
    `reader:${ENCODED}@localhost`,
    ENCODED,
  ])('a URL that is none (%#)', async (url) => {
    const file = workspace.write('url', url);
    for (const args of [['--url-file', file], []]) {
      const ran = await workspace.run(['doctor', ...schema, ...args], { env: { CLINIC_SYNC_URL: url } });
      expect(ran.status).toBe(2);
      tellsNoSecret(ran);
    }
  });

  it('what a configuration file throws is shown without what the environment says is secret', async () => {
    const throwing = workspace.write(
      'throwing.mjs',
      'throw new Error(`cannot use ${process.env.PRACTICE_PASSWORD} or ${process.env.DATABASE_URL}`)',
    );
    const env = { PRACTICE_PASSWORD: SECRET, DATABASE_URL: `postgres://u:${ENCODED}@h/db` };
    const ran = await workspace.run(['doctor', '--config', throwing, '--json'], { env });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining('cannot use *** or ***')]);
    tellsNoSecret(ran);
  });

  it.skipIf(process.platform === 'win32')(
    'a file with a secret in it that others can read draws a warning',
    async () => {
      const port = await freePort();
      const url = `postgres://reader:${ENCODED}@127.0.0.1:${port}/db`;
      const config = `import { postgresAdapter } from 'clinic-sync/postgres';
      const schema = ${JSON.stringify(MAPPING)};
      export default { clinicId: 'c', adapter: postgresAdapter({ connection: '${url}', schema }) };`;
      const files: [string, string[]][] = [
        [workspace.write('secret-url', url), [...schema, '--url-file', 'secret-url']],
        [workspace.write('secret.mjs', config), ['--config', 'secret.mjs']],
      ];
      for (const [file, args] of files)
        for (const [mode, isWarned] of [
          [0o600, false],
          [0o640, true],
          [0o604, true],
        ] as const) {
          chmodSync(file, mode);
          const ran = await workspace.run(['doctor', ...args]);
          expect([file, mode, ran.stderr.includes('can be read by others')]).toEqual([file, mode, isWarned]);
          tellsNoSecret(ran);
        }
    },
  );

  it('a configuration file without a secret may be read by everybody', async () => {
    workspace.write(
      'plain.mjs',
      `import { sqliteAdapter } from 'clinic-sync/sqlite';
       const connection = { password: process.env.PASSWORD };
       export default { clinicId: 'c', adapter: sqliteAdapter({ path: 'clinic.db', schema: ${JSON.stringify(MAPPING)} }) };`,
      0o644,
    );
    const ran = await workspace.run(['doctor', '--config', 'plain.mjs']);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
  });
});

describe('for a person', () => {
  it('help and version are fine, and name every command', async () => {
    const help = await workspace.run(['--help']);
    expect(help.status).toBe(0);
    for (const name of ['doctor', 'watch', 'availability', 'book', 'delete', 'resync', 'verify', 'rehearse'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    const version = await workspace.run(['--version']);
    expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('there are no colours where nobody looks', async () => {
    clinic.run('drop index sessions_by_start');
    for (const env of [{}, { FORCE_COLOR: '1' }, { NO_COLOR: '1' }]) {
      const ran = await workspace.run(['doctor', '--strict', ...schema, '--url', `sqlite:${clinic.path}`], { env });
      expect(ran.status).toBe(1);
      expect(`${ran.stdout}${ran.stderr}`).not.toContain('\u001b');
    }
  });
});
