import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Whether `npm run build` has made what would be packed. */
export const isBuilt = existsSync(join(root, 'dist', 'index.js'));

export interface Tarball {
  /** A folder of one's own that the tarball lies in. */
  readonly folder: string;
  readonly path: string;
  remove(): void;
}

/** What `npm publish` would send. */
export function packTarball(): Tarball {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-package-'));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return {
    folder,
    path: join(folder, filename),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a line as a reader of the documentation would, who has the tarball in place of the registry. */
export function runLine(line: string, { cwd, tarball }: { readonly cwd: string; readonly tarball: string }) {
  const typed = line.replace(/(npm install(?: --save-dev)?) clinic-sync\b/, `$1 ${tarball}`);
  // What stands in this environment for the project itself is not to reach a project of the reader's.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_OPTIONS$|NODE_ENV$)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    npm_config_prefer_offline: 'true',
    // A registry that cannot be had is one within seconds; npm by itself would try each package for a minute and a silent one for a quarter of an hour.
    npm_config_fetch_timeout: '20000',
    npm_config_fetch_retries: '1',
    npm_config_fetch_retry_mintimeout: '500',
    npm_config_fetch_retry_maxtimeout: '1000',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
  const { status, stdout, stderr } = spawnSync(typed, { cwd, shell: true, encoding: 'utf8', env });
  return { status, output: `${stdout}${stderr}` };
}
