/** `npm run example -- fleet` says only what it has checked. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

it('the fleet example ends by itself, with everything checked', { timeout: 120_000 }, () => {
  const args = ['--import', 'tsx', resolve(root, 'examples/fleet/main.ts')];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  console.log(`npm run example -- fleet\n${stdout}`);
  expect(stdout).toContain('All of it was checked and holds.');
  expect(stdout).not.toContain('NOT SO');
  expect(stdout.match(/ {2}ok: /g)?.length).toBe(11);
  expect(status).toBe(0);
});
