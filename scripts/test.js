// `npm test`: everything that has to hold, ending in one line with the figures.
// `npm test -- <pattern>` passes the pattern on to vitest.
import { Buffer } from 'node:buffer';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-test-'));
const report = join(folder, 'vitest.json');

// None of them needs another; vitest needs what `build` made (test/package, test/cli).
const CHECKS = ['typecheck', 'lint', 'build'];
const VITEST = [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const shell = process.platform === 'win32';

let passed = 0;
let failed = 0;
for (const isOk of await Promise.all(CHECKS.map(check))) {
  if (isOk) passed++;
  else failed++;
}
const began = Date.now();
console.log('\n== vitest');
const { status } = spawnSync('vitest', VITEST, { stdio: 'inherit', shell });
say('vitest', status === 0, began);
const figures = readFigures();
passed += figures.passed;
failed += figures.failed;
if (status !== 0 && figures.failed === 0) failed++;
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Beside the others; what it printed comes in one piece. */
async function check(name) {
  const began = Date.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'], shell });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => printed.push(piece));
  const [status] = await once(child, 'close');
  console.log(`\n== ${name}`);
  process.stdout.write(Buffer.concat(printed));
  say(name, status === 0, began);
  return status === 0;
}

function say(name, isOk, began) {
  console.log(`== ${name}: ${isOk ? 'ok' : 'FAILED'} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

function readFigures() {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
