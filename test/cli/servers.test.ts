/** The command over Postgres and MariaDB clinics, by a configuration file as a host would write it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TcpProxy } from '../../src/testing/index.js';
import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { inSlot, SCHEMA, slotOf, type PracticeClinic } from '../booking/practice.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { document, makeWorkspace, type RunOptions, type Workspace } from './workspace.js';

type ServerClinic = PracticeClinic & {
  readonly readerUrl: string;
  readonly writer: { readonly user: string; readonly password: string };
};

interface Engine {
  readonly name: 'postgres' | 'mysql';
  readonly url: string | undefined;
  readonly open: (url: string) => Promise<ServerClinic>;
  /** What only a booking's statement has in it. */
  readonly statement: string;
  readonly analyze: string;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'postgres',
    url: (await sharedPostgres())?.url,
    open: postgresPractice,
    statement: 'with made as (insert into',
    analyze: 'analyze appointments; analyze sessions',
  },
  {
    name: 'mysql',
    url: (await sharedMysql())?.url,
    open: mysqlPractice,
    statement: 'insert into `',
    analyze: 'analyze table appointments, sessions',
  },
];

/** Everything secret comes from the environment, as it should. */
const configuration = (name: Engine['name'], schema: object) => `
import { defineConfig } from 'clinic-sync/cli';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { ${name}Adapter } from 'clinic-sync/${name}';

const { PRACTICE_URL: connection, WRITE_USER: user, WRITE_PASSWORD: password } = process.env;
const clinic = (clinicId: string, more: object) => ({
  clinicId,
  adapter: ${name}Adapter({ connection: connection ?? '', schema: ${JSON.stringify(schema)}, write: { user: user ?? '', password: password ?? '' } }),
  tuning: { writeDeadlineMs: 1_000, requestTimeoutMs: 2_000 },
  ...more,
});
export default defineConfig(async () => [
  clinic('${name}-practice', { mirror: sqliteMirror({ path: '${name}.mirror' }) }),
  clinic('${name}-forgetful', {}),
]);
`;

describe.each(ENGINES)('clinic-sync over $name', ({ name, url, open, statement, analyze }) => {
  let workspace: Workspace;
  let clinic: ServerClinic;
  let proxy: TcpProxy;
  const test = it.skipIf(url === undefined);
  const run = async (args: readonly string[], options?: RunOptions) => {
    const through = new URL(clinic.readerUrl);
    through.port = String(proxy.port);
    const { user, password } = clinic.writer;
    const env = { PRACTICE_URL: through.href, WRITE_USER: user, WRITE_PASSWORD: password };
    const ran = await workspace.run([...args, '--config', `${name}.ts`, '--json'], { ...options, env });
    // Whatever it says, it tells no secret.
    for (const secret of [password, through.password, through.href])
      expect(`${ran.stdout}${ran.stderr}`.replaceAll(clinic.writer.user, '')).not.toContain(secret);
    return ran;
  };
  const asked = async (args: readonly string[], options?: RunOptions) => {
    const ran = await run([...args, '--clinic', `${name}-practice`], options);
    return { status: ran.status, stderr: ran.stderr, answer: document(ran) };
  };
  const bookSlot = (nth: number, key: string) => {
    const { practitionerId, start, end } = slotOf(nth);
    const [from, to] = [start, end].map((at) => new Date(at).toISOString());
    return ['book', '--practitioner', practitionerId, '--start', from ?? '', '--end', to ?? '', '--key', key];
  };

  beforeAll(async () => {
    if (url === undefined) return;
    workspace = await makeWorkspace();
    clinic = await open(url);
    const { hostname, port } = new URL(url);
    proxy = await TcpProxy.listen({ host: hostname, port: Number(port) });
    workspace.write(`${name}.ts`, configuration(name, SCHEMA));
    for (let nth = 0; nth < 40; nth++) await clinic.insert(slotOf(nth * 7));
    await clinic.run(analyze);
  });
  afterAll(async () => {
    await proxy?.close();
    await clinic?.dispose();
    workspace?.remove();
  });

  test('doctor finds nothing bad with logins that may do no more than they need', async () => {
    const { status, answer } = await asked(['doctor']);
    expect(answer.findings.filter(({ severity }) => severity === 'warning' || severity === 'fault')).toEqual([]);
    expect(status).toBe(0);
  });

  test('copies, sees what changed, and shows it', async () => {
    expect(await asked(['resync'])).toMatchObject({ status: 0, answer: { reason: 'first-copy', rows: 48 } });
    const id = await clinic.insert(slotOf(400));
    await clinic.run(`delete from appointments where starts = ${slotOf(7).start} and doctor = 1`);
    const { status, answer } = await asked(['verify']);
    expect(status).toBe(1);
    expect(answer.differences.map(({ side }) => side)).toEqual(['mirror', 'clinic']);
    expect(answer.differences[1]?.id).toBe(id);
    expect(await asked(['verify', '--repair'])).toMatchObject({
      status: 0,
      answer: { repaired: { created: 1, deleted: 1 } },
    });
    expect(await asked(['verify'])).toMatchObject({ status: 0, answer: { equal: true } });
  });

  test('looks on beside the owner of the clinic, and refuses to be a second one', async () => {
    let beside: Promise<unknown> | undefined;
    let isDone = false;
    const owner = await run(['watch', '--for', '25s', '--clinic', `${name}-practice`], {
      during: ({ stderr }) => {
        if (stderr.includes('[live') && !beside) {
          beside = Promise.all([
            run(['availability', '--limit', '1', '--clinic', `${name}-forgetful`]),
            asked(['verify']),
            asked(['resync']),
          ]).finally(async () => {
            isDone = true;
            await clinic.insert(slotOf(600));
          });
        }
        return isDone ? 'SIGTERM' : undefined;
      },
    });
    expect(owner.status).toBe(0);
    expect(await beside).toMatchObject([
      { status: 0 },
      { status: 3, answer: { error: { code: 'MirrorInUse', advice: expect.stringContaining('One process') } } },
      { status: 3, answer: { error: { code: 'MirrorInUse' } } },
    ]);
  });

  test('rehearses with what it costs on the network', async () => {
    const { status, answer } = await asked(['rehearse']);
    expect(status).toBe(0);
    expect(answer.copy.cost.bytes?.received).toBeGreaterThan(2_000);
    expect(answer.resync.cost.bytes?.received).toBeLessThan(answer.copy.cost.bytes?.received ?? 0);
  });

  test('books, and says what became of a booking that is in doubt', { timeout: 60_000 }, async () => {
    expect(await asked(bookSlot(500, 'k-1'))).toMatchObject({ status: 0, answer: { outcome: 'booked' } });
    const held = proxy.hold('toServer', statement);
    const doubtful = await asked([...bookSlot(501, 'k-2'), '--wait', '1ms']);
    expect(doubtful).toMatchObject({
      status: 4,
      answer: { error: { code: 'InDoubt', exitStatus: 4, advice: expect.stringContaining('The key: k-2') } },
    });
    // Asked again with the same key it waits for the outcome, which by now can only be that nothing was made.
    const settled = await asked([...bookSlot(501, 'k-2')]);
    expect(settled).toMatchObject({ status: 1, answer: { error: { code: 'NotMade' } } });
    held.release();
    expect(inSlot(await clinic.rows(), slotOf(501))).toEqual([]);
    expect(inSlot(await clinic.rows(), slotOf(500))).toHaveLength(1);
  });

  test('a clinic that cannot be reached is told as such', async () => {
    proxy.set('refuse');
    for (const args of [['doctor'], ['resync'], ['verify'], ['rehearse'], bookSlot(502, 'k-3')])
      expect(await asked(args), args[0] ?? '').toMatchObject({
        status: 3,
        answer: { error: { code: 'ClinicUnreachable' } },
      });
    expect((await asked(['availability', '--limit', '1'])).status).toBe(3);
    expect((await run(['watch', '--for', '300ms', '--clinic', `${name}-forgetful`])).status).toBe(3);
    proxy.set('pass');
  });

  test('a signal ends it at once, in order', { timeout: 30_000 }, async () => {
    const { practitionerId } = slotOf(1);
    const booking = ['book', '--practitioner', practitionerId, '--start', '2030-01-01T09:00Z', '--minutes', '10'];
    for (const args of [['resync'], booking]) {
      proxy.set('stall');
      const began = performance.now();
      const ended = await run([...args, '--clinic', `${name}-forgetful`], {
        during: ({ stderr }) => (stderr.includes('no durable mirror') ? 'SIGINT' : undefined),
      });
      expect([args[0], ended.status]).toEqual([args[0], 130]);
      // Sooner than the connection that was being made would have been given up.
      expect(performance.now() - began).toBeLessThan(4_500);
      proxy.set('pass');
      proxy.reset();
    }
  });

  test('which of several clinics is meant has to be said', async () => {
    const unsaid = await run(['doctor']);
    expect([unsaid.status, unsaid.stderr]).toEqual([
      2,
      expect.stringContaining(`Known: ${name}-practice, ${name}-forgetful.`),
    ]);
    expect((await run(['doctor', '--clinic', 'another'])).status).toBe(2);
  });
});
