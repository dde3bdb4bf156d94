import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** One server process in a temporary folder. */
export interface OwnServer {
  /** An administrator's URL, without a database. */
  readonly url: string;
  readonly dataDir: string;
  readonly binDir: string;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
  /** SIGKILL to the server and every process of its own. */
  kill(): Promise<void>;
  /** Every process stands still: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again, on the same port, after a kill or a running one after an immediate stop. */
  restart(): Promise<void>;
}

export interface Recipe {
  readonly url: string;
  readonly home: string;
  readonly dataDir: string;
  readonly binDir: string;
  /** Where the server writes its process number. */
  readonly pidFile: string;
  /** Ends it at once, in whatever state it is. */
  readonly quit: 'SIGQUIT' | 'SIGKILL';
  spawn(): ChildProcess;
  /** Throws when it does not answer. */
  ask(): Promise<void>;
}

const START_MS = 30_000;

export async function startServer(recipe: Recipe): Promise<OwnServer> {
  const { url, home, dataDir, binDir, quit } = recipe;
  let server: ChildProcess | undefined;
  const startUp = async () => {
    server = recipe.spawn();
    server.unref();
    await answering(recipe, server);
  };
  const end = async (signal: 'SIGQUIT' | 'SIGKILL') => {
    if (!server) return;
    server.ref();
    server.kill('SIGCONT');
    server.kill(signal);
    await exited(server);
  };
  const watchman = watchOver(recipe);
  await startUp();
  return {
    url,
    dataDir,
    binDir,
    stop: async () => {
      watchman.kill('SIGKILL');
      await signalAll(server, 'SIGCONT');
      await end(quit);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
    kill: async () => {
      await signalAll(server, 'SIGKILL');
      await end('SIGKILL');
    },
    pause: () => signalAll(server, 'SIGSTOP'),
    // Also one that is just being ended: stopped in the middle of that, it would never be.
    resume: () => signalAll(server, 'SIGCONT'),
    restart: async () => {
      await end(quit);
      await startUp();
    },
  };
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
}

/** The server and its children, which would outlive a killed parent for a moment. */
async function signalAll(server: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const pid = server?.pid;
  if (pid === undefined || server?.exitCode !== null || server.signalCode !== null) return;
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
  const children = stdout
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
  for (const each of [pid, ...children]) {
    try {
      process.kill(each, signal);
    } catch {
      // It ended meanwhile.
    }
  }
  if (signal === 'SIGSTOP') for (const each of [pid, ...children]) await stopped(each);
}

/** A thread that is at work on another processor goes on for a moment after the signal, and may answer once more. */
async function stopped(pid: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const states = await run('ps', ['-L', '-o', 'state=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    if (!/[^T\s]/.test(states.stdout)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Ends the server and deletes its folder when this process is gone, however it went: test workers are killed, and hear of
 * nothing. The pipe's other end closes with this process.
 */
function watchOver({ home, pidFile, quit }: Recipe): ChildProcess {
  const pid = '$(head -n 1 "$1")';
  const script = `cat; kill -CONT ${pid}; kill -${quit.slice(3)} ${pid}; rm -rf "$0"`;
  const child = spawn('sh', ['-c', script, home, pidFile], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  // Pipes of child processes are sockets, and this one must not keep us alive.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
}

async function answering(recipe: Recipe, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await recipe.ask();
      return;
    } catch (error) {
      if (server.exitCode !== null || server.signalCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

export interface Who {
  readonly uid: number;
  readonly gid: number;
}

/** Database servers refuse to run as root. `undefined`: we are not root, and run them ourselves. */
export async function unprivileged(users: readonly string[]): Promise<Who | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of users) {
    try {
      const ids = ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout));
      const [uid, gid] = await Promise.all(ids);
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** A temporary folder of theirs. */
export async function homeOf(who: Who | undefined, prefix: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), prefix));
  if (who) await chown(home, who.uid, who.gid);
  return home;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
