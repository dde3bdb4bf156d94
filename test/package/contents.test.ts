/** What `npm publish` would hand to strangers, looked at the way a stranger would. Run `npm run build` first. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isBuilt, packTarball, root, type Tarball } from './tarball.js';

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

describe.skipIf(!isBuilt)('the package', () => {
  let packed: Tarball;
  let folder: string;
  let tarball: string;

  beforeAll(() => {
    packed = packTarball();
    ({ folder, path: tarball } = packed);
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    // Its dependencies lie where an install would have put them.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(folder, 'package'), join(folder, 'node_modules', 'clinic-sync'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'));
  });
  afterAll(() => {
    packed.remove();
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

  it('brings the command, which runs', () => {
    const command = join(folder, 'package', 'dist', 'cli', 'main.js');
    const { stdout, status } = spawnSync(process.execPath, [command, '--help'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('clinic-sync [options] [command]')]);
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
