/** `npm run demo` ends by itself, and its exit status says that all of it was checked against the clinic's own table. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

it('the demo ends by itself, with everything checked', { timeout: 150_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'examples/demo/main.ts'], {
    cwd: resolve(import.meta.dirname, '../..'),
    encoding: 'utf8',
    timeout: 140_000,
  });
  console.log(`npm run demo\n${stdout}`);
  expect(status, stderr).toBe(0);
});
