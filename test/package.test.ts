/** What `npm publish` would hand to strangers, looked at the way a stranger would. Run `npm run build` first. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json');
const specifier = (subpath: string) => subpath.replace(/^[.]/, 'clinic-sync');

/** Runs in the installed package; answers with what the script printed, or with the error's text. */
function run(folder: string, script: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : `${stdout}${stderr}`;
}

describe.skipIf(!existsSync(join(root, 'dist', 'index.js')))('the package', () => {
  let folder: string;
  let tarball: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'clinic-sync-package-'));
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    tarball = join(folder, filename);
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    // Its dependencies lie where an install would have put them.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(folder, 'package'), join(folder, 'node_modules', 'clinic-sync'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('pleases publint', () => {
    const { stdout, status } = spawnSync(bin('publint'), ['run', tarball, '--strict'], { encoding: 'utf8' });
    expect(status, stdout).toBe(0);
  });

  it('gives every subpath types that resolve', () => {
    const args = [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'];
    const { stdout, status } = spawnSync(bin('attw'), args, { encoding: 'utf8' });
    expect(status, stdout).toBe(0);
  });

  it.each(subpaths)('can be imported as %s', (subpath) => {
    expect(run(folder, `console.log(Object.keys(await import('${specifier(subpath)}')).length > 0)`)).toBe('true');
  });

  it('loads no driver with its root', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
      await import('clinic-sync');
      console.log(JSON.stringify(seen.filter((name) => /^(pg|mysql2?|tedious|node:sqlite)(\\/|$)/.test(name))));
      console.log(seen.length > 3);`;
    expect(run(folder, script)).toBe('[]\ntrue');
  });

  it('carries neither sources nor tests', () => {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    expect(
      files.filter((file) => !/^package\/(dist\/|docs\/|package[.]json$|(README|CHANGELOG|LICENSE))/.test(file)),
    ).toEqual([]);
  });
});
