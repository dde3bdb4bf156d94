import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startOwnServer } from '../../test/servers/postgres.js';
import { sizedPostgres } from '../clinics/postgres.js';
import { SIZES } from '../clinics/sizes.js';
import type { Line, Part } from '../part.js';
import { summarize } from '../statistics.js';
import { versionOf } from '../clinics/version.js';
import type { Copied } from './copier.js';

const ROUNDS = 3;

async function run(how: 'copy' | 'select', url: string, path: string): Promise<Copied> {
  const child = fork(join(import.meta.dirname, 'copier.ts'), [how, url, path], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const [copied] = (await once(child, 'message')) as [Copied];
  await once(child, 'exit');
  return copied;
}

/** The first copy of a clinic into a durable mirror, beside a SELECT of the same rows. */
export const copy: Part = async ({ progress }) => {
  const server = await startOwnServer();
  if (!server) throw new Error('This part needs the binaries of a Postgres server.');
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  const lines: Line[] = [];
  try {
    for (const size of [SIZES.M, SIZES.XL, SIZES.million]) {
      progress(`filling ${size.name}`);
      const clinic = await sizedPostgres(server.url, size);
      const [selects, copies]: [Copied[], Copied[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        selects.push(await run('select', clinic.readerUrl, ''));
        copies.push(await run('copy', clinic.readerUrl, join(folder, `${size.name}-${String(round)}`)));
        progress(`${size.name}: ${[selects, copies].map((all) => text(all.at(-1))).join('; ')}`);
      }
      await clinic.drop();
      const [selected, copied] = [summarize(selects.map(perSecond)), summarize(copies.map(perSecond))];
      const [peakOfSelect, peak] = [selects, copies].map((all) => summarize(all.map(({ peakMb }) => [peakMb])));
      const left = summarize(copies.map(({ leftMb }) => [leftMb]));
      if (!peakOfSelect || !peak) continue;
      const rows = `${size.future.toLocaleString('en')} rows`;
      const isMillion = size.name === 'million';
      lines.push(
        { name: `${rows}, a streaming SELECT by hand`, unit: 'rows/s', ...selected, bars: [] },
        {
          name: `${rows}, first copy into a durable mirror`,
          unit: 'rows/s',
          ...copied,
          bars: [{ what: '≥ 0.3× the SELECT, as 1 ÷ that', measured: selected.p50 / copied.p50, limit: 1 / 0.3 }],
        },
        { name: `${rows}, peak of the SELECT`, unit: 'MB', ...peakOfSelect, bars: [] },
        {
          name: `${rows}, peak of the copy`,
          unit: 'MB',
          ...peak,
          bars: isMillion ? [{ what: '≤ 64 MB', measured: peak.p50, limit: 64 }] : [],
        },
        {
          name: `${rows}, left after the copy`,
          unit: 'MB',
          ...left,
          bars: isMillion ? [{ what: '≤ 64 MB', measured: left.p50, limit: 64 }] : [],
        },
      );
    }
    return {
      title: 'The first copy, Postgres on loopback',
      lines,
      notes: [
        'Appointments alone, each run in a process of its own, in turn. The SELECT reads the same columns and lets go of each row; the copy checks, hashes and writes it, and is durable at the end.',
        'Peak: the resident memory of the process beyond what it had before, looked at every 20 ms, dead objects that nobody has collected yet included. Left: what lives after a collection.',
        'A resync may keep the clinic’s server busy for half of the time, so a copy rests as long as its reads took there.',
      ],
      versions: { Postgres: await versionOf(server.url) },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.stop();
  }
};

const perSecond = ({ rows, ms }: Copied) => [rows / (ms / 1_000)];

function text(copied: Copied | undefined): string {
  if (!copied) return '';
  const { rows, ms, peakMb, leftMb } = copied;
  return `${rows} rows in ${(ms / 1_000).toFixed(1)} s, peak ${peakMb.toFixed(0)} MB, left ${leftMb.toFixed(1)} MB`;
}
