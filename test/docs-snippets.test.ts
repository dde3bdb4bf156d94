/** Every `ts` block of the documentation type-checks against the package as it is. `docs-kit.ts` says what a page can say about its blocks. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { docs, root, snippetsOf, tsconfigFor } from './docs-kit.js';

const folder = join(root, '.tmp', 'snippets');

describe('the documentation’s code', () => {
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('type-checks', { timeout: 60_000 }, () => {
    rmSync(folder, { recursive: true, force: true });
    const snippets = docs.flatMap(snippetsOf);
    expect(snippets.length).toBeGreaterThan(5);
    for (const { folder: page, name, code } of snippets) {
      mkdirSync(join(folder, page), { recursive: true });
      writeFileSync(join(folder, page, name), code);
    }
    writeFileSync(join(folder, 'tsconfig.json'), tsconfigFor(folder));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: root, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
