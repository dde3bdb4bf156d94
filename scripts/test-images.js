// `npm run test:images -- [postgres|mysql|mssql|name]`: the conformance suite against each pinned image, one after the other.
// Fails when a suite does; an image that cannot be had is no failure, and is said.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { IMAGES, VARIABLES } from '../test/servers/images.js';

const [wanted, ...rest] = process.argv.slice(2);
const all = Object.entries(IMAGES).flatMap(([kind, images]) => images.map((image) => ({ kind, image })));
const chosen = all.filter(({ kind, image }) => wanted === undefined || kind === wanted || image.startsWith(wanted));
if (chosen.length === 0 || rest.length > 0) {
  const names = all.map(({ image }) => image).join(', ');
  console.error(
    `usage: npm run test:images -- [${Object.keys(IMAGES).join('|')}|name], a name being the beginning of: ${names}`,
  );
  process.exit(2);
}

const width = Math.max(...chosen.map(({ image }) => image.length));
const counts = { passed: 0, failed: 0, 'not available': 0 };
for (const { kind, image } of chosen) {
  const lack = lackOf(image);
  const { outcome, note } = lack === null ? suite(kind, image) : { outcome: 'not available', note: lack };
  counts[outcome]++;
  console.log(`${image.padEnd(width)}  ${outcome}: ${note}`);
}
console.log(
  Object.entries(counts)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', '),
);
process.exitCode = counts.failed === 0 ? 0 : 1;

// Why the image cannot be run; null where it can. One that is not here is fetched.
function lackOf(image) {
  if (docker('info').status !== 0) return 'no Docker engine answers';
  if (docker('image', 'inspect', image).status === 0) return null;
  console.error(`${image.padEnd(width)}  is being fetched`);
  const { status, stderr } = docker('pull', '--quiet', image);
  return status === 0 ? null : (stderr.trim().split('\n').at(-1) ?? 'it cannot be fetched');
}

function docker(...args) {
  const { status, stderr } = spawnSync('docker', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return { status, stderr: stderr ?? '' };
}

function suite(kind, image) {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-images-'));
  const report = join(folder, 'vitest.json');
  const { image: imageVariable, url } = VARIABLES[kind];
  const env = { ...process.env, [imageVariable]: image, CLINIC_SYNC_TEST_SERVERS: kind };
  // It would be used in place of any image.
  delete env[url];
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const began = Date.now();
  const { status, stdout, stderr } = spawnSync('vitest', [...args, `test/conformance/${kind}.test.ts`], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
  });
  const { passed, failed } = figuresOf(report);
  rmSync(folder, { recursive: true, force: true });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  // A server that did not start leaves a suite that was skipped.
  const isPassed = status === 0 && failed === 0 && passed > 0;
  if (!isPassed) console.log(`${stdout ?? ''}${stderr ?? ''}`);
  return { outcome: isPassed ? 'passed' : 'failed', note: `${passed} passed, ${failed} failed in ${seconds} s` };
}

function figuresOf(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
