/** `npm run demo`: a clinic's day with everything that goes wrong in it, in half a minute, and proof that nothing was lost. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { postgresClinic } from './clinic-postgres.js';
import { sqliteClinic } from './clinic-sqlite.js';
import { readFlags, USAGE, type Flags } from './flags.js';
import { tellStory } from './story.js';
import { openLivePage } from './web/serve.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort();
  });
}

async function run(flags: Flags): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'clinic-sync-demo-'));
  try {
    if (flags.web) return await showPage(flags, home);
    const clinic = flags.engine === 'sqlite' ? await sqliteClinic(home) : await postgresClinic();
    if (!clinic) return 1;
    try {
      return (await tellStory(clinic, flags, home, stop.signal)) ? 0 : 1;
    } finally {
      await clinic.remove();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function showPage(flags: Flags, home: string): Promise<number> {
  const page = await openLivePage({ ...flags, home });
  if (!page) return 1;
  process.stdout.write(`\nThe live page is at ${page.url}\nCtrl-C ends it.\n`);
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  await page.close();
  return 0;
}

function say(error: unknown): void {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
}

let flags: Flags | undefined;
try {
  flags = readFlags(process.argv.slice(2));
  if (!flags) process.stdout.write(USAGE);
} catch (error) {
  say(error);
  process.stderr.write(`\n${USAGE}`);
  process.exitCode = 2;
}
if (flags) {
  process.exitCode = await run(flags).catch((error: unknown) => {
    say(error);
    return stop.signal.aborted ? 130 : 1;
  });
}
// An interrupted story may have left something waiting.
process.exit();
