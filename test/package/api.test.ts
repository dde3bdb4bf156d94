/** A changed public type is seen by whoever reviews the change: api/*.api.md say what the last build offers. Run `npm run build` first. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isBuilt, root } from './tarball.js';

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const names = Object.keys(exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => `${subpath.replace(/^[.]/, 'clinic-sync').replaceAll('/', '-')}.api.md`);

describe.skipIf(!isBuilt)('the reports in api/', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-api-test-'));
  beforeAll(() => {
    const script = [join(root, 'scripts', 'api-report.js'), '--into', folder];
    const { status, stderr } = spawnSync(process.execPath, script, { cwd: root, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are one for each subpath', () => {
    expect(readdirSync(join(root, 'api')).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s says what the build offers', (name) => {
    const built = readFileSync(join(folder, name), 'utf8');
    const reviewed = readFileSync(join(root, 'api', name), 'utf8');
    expect(built, `The public types changed. If they should have: npm run api, and commit api/${name}.`).toBe(reviewed);
  });
});
