// `npm test`: everything that has to hold, quickest first, ending in one line with the figures.
// `npm test -- <pattern>` passes the pattern on to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-test-'));
const report = join(folder, 'vitest.json');

// The package checks are vitest tests too (test/package); they look at what `build` made.
const STEPS = [
  ['typecheck', 'npm', ['run', '--silent', 'typecheck']],
  ['lint', 'npm', ['run', '--silent', 'lint']],
  ['build', 'npm', ['run', '--silent', 'build']],
  [
    'vitest',
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  ],
];

let passed = 0;
let failed = 0;
for (const [name, command, args] of STEPS) {
  const began = Date.now();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (name === 'vitest') {
    const figures = readFigures();
    passed += figures.passed;
    failed += figures.failed;
    if (status !== 0 && figures.failed === 0) failed++;
  } else if (status === 0) passed++;
  else failed++;
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readFigures() {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
