/** `npm run bench -- latency`: measures the parts that are named, or all, and rewrites RESULTS.md and RESULTS.json. */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';

import { format } from 'prettier';

import { booking } from './booking/booking.js';
import { history } from './history/history.js';
import { idle } from './idle/idle.js';
import { impact } from './impact/impact.js';
import { latency } from './latency/latency.js';
import { resync } from './resync/resync.js';
import { copy } from './copy/copy.js';
import { availability } from './availability/availability.js';
import { replay } from './replay/replay.js';
import { curvesOf } from './curves.js';
import { isMet, type Part } from './part.js';
import { reportOf, tableOf, type Results } from './report.js';

const PARTS: Readonly<Record<string, Part>> = {
  latency,
  impact,
  history,
  resync,
  copy,
  booking,
  availability,
  idle,
  replay,
};
const JSON_FILE = join(import.meta.dirname, 'RESULTS.json');
const REPORT_FILE = join(import.meta.dirname, 'RESULTS.md');
const PICTURES = join(import.meta.dirname, '../docs/images');

async function measure(name: string, part: Part): Promise<boolean> {
  const began = performance.now();
  const elapsed = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`;
  const progress = (text: string) => process.stderr.write(`  ${name} ${elapsed()}: ${text}\n`);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const result = await part({ progress });
  const before = JSON.parse(await readFile(JSON_FILE, 'utf8').catch(() => '{}')) as Results;
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${process.platform} ${process.arch}, ${availableParallelism()} cores, load average ${load} before`;
  const results: Results = { ...before, [name]: { ...result, date, node: process.version, machine } };
  await writeFile(JSON_FILE, await format(JSON.stringify(results), { parser: 'json', printWidth: 120 }));
  await writeFile(REPORT_FILE, reportOf(results));
  for (const [file, svg] of Object.entries(curvesOf(results))) await writeFile(join(PICTURES, file), svg);
  console.log(
    `${result.title}, ${elapsed()}\n${tableOf(result)}\n${result.notes.map((note) => `- ${note}`).join('\n')}`,
  );
  return result.lines.every(({ bars }) => bars.every(isMet));
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(', ')}. There are: ${Object.keys(PARTS).join(', ')}.`);
  process.exitCode = 2;
} else {
  let met = true;
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length === 0 || asked.includes(name)) met = (await measure(name, part)) && met;
  }
  console.log(met ? 'Every bar was met.' : 'Not every bar was met.');
  process.exitCode = met ? 0 : 1;
}
