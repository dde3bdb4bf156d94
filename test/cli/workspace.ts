/** The command as it would be installed: bundled from the source, in a folder of its own, run as a process of its own. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

import type { Finding } from '../../src/index.js';

const ROOT = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly exports: Record<string, string | { readonly default: string }>;
  readonly bin: Record<string, string>;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Nobody reads what it prints. */
  readonly unread?: boolean;
  /** To standard input. */
  readonly input?: string;
  /** Sees what it has printed so far, at every piece; a signal that it answers with is sent, once. */
  readonly during?: (output: { readonly stdout: string; readonly stderr: string }) => NodeJS.Signals | undefined;
}

export interface Workspace {
  readonly folder: string;
  /** Writes a file into it, private unless said otherwise; answers with its path. */
  write(name: string, text: string, mode?: number): string;
  /** `clinic-sync …` in this folder, with nothing of the environment but what it needs and is given. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  remove(): void;
}

export async function makeWorkspace(): Promise<Workspace> {
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.tmp', 'cli-'));
  const home = join(folder, 'node_modules', 'clinic-sync');
  const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
  await buildPackage(JSON.parse(manifest) as Manifest, join(home, 'dist'));
  writeFileSync(join(home, 'package.json'), manifest);
  return {
    folder,
    write: (name, text, mode = 0o600) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode });
      return path;
    },
    run: (args, options) => run(folder, [join(home, 'dist', 'cli', 'main.js'), ...args], options),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One entry per subpath, and the command, as `tsup.config.ts` has them. */
async function buildPackage({ exports, bin }: Manifest, outdir: string): Promise<void> {
  const built = [
    ...Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default])),
    ...Object.values(bin),
  ];
  const entry = (file: string) => file.replace(/^\.\/dist\/(.*)\.js$/, '$1');
  await build({
    entryPoints: built.map((file) => ({ in: join(ROOT, 'src', `${entry(file)}.ts`), out: entry(file) })),
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    outdir,
    logLevel: 'warning',
  });
}

function run(
  cwd: string,
  args: readonly string[],
  { env = {}, input, during, unread = false }: RunOptions = {},
): Promise<Ran> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
    const output = { stdout: '', stderr: '' };
    let sent = false;
    if (unread) child.stdout.destroy();
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (bytes: Buffer) => {
        output[stream] += bytes.toString();
        const signal = sent ? undefined : during?.(output);
        if (signal) sent = child.kill(signal);
      });
    child.once('error', failed);
    child.once('close', (status) => done({ status, ...output }));
    child.stdin.end(input ?? '');
  });
}

/** What tests look at in what commands print; each command has some of it. */
export interface Printed {
  readonly equal: boolean;
  readonly differences: readonly { readonly id: string; readonly side: string }[];
  readonly damaged: readonly string[];
  readonly freshness: string;
  readonly slots: readonly { readonly practitionerId: string; readonly start: string }[];
  readonly row: { readonly id: string; readonly fingerprint: string };
  readonly findings: readonly Finding[];
  readonly copy: Act;
  readonly resync: Act;
}

interface Act {
  readonly cost: {
    readonly calls: Readonly<Record<string, number>>;
    readonly bytes: { readonly received: number } | null;
  };
}

/** What was printed, as the one JSON document that it has to be. */
export function document(ran: Ran): Printed {
  return JSON.parse(ran.stdout) as Printed;
}
