import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { firstValueFrom, take, toArray } from 'rxjs';

import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { ClinicSync } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import type { Line, Part } from '../part.js';
import { summarize } from '../statistics.js';

const DAY = 86_400_000;
const EVENTS = 100_000;
const BATCH = 1_000;
const ROUNDS = 5;
const PAGE = 500;

/** A backend that was away reads what it has missed. */
export const replay: Part = async ({ progress }) => {
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  const path = join(folder, 'mirror');
  const clinic = new MemoryClinic();
  const sync = new ClinicSync({
    clinicId: 'replay',
    adapter: memoryAdapter({ clinic, zone: 'Australia/Melbourne' }),
    mirror: sqliteMirror({ path }),
    tuning: { breakerShare: 1, load: 1 },
  });
  try {
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    const { cursor } = (await sync.snapshot())._unsafeUnwrap();
    let heard = 0;
    sync.events$.subscribe(({ type }) => {
      if (type === 'appointment.created') heard++;
    });
    for (let first = 0; first < EVENTS; first += BATCH) {
      clinic.put(...Array.from({ length: BATCH }, (_, i) => row(first + i)));
      while (heard < first + BATCH) await new Promise((resolve) => setTimeout(resolve, 5));
      if (first % (10 * BATCH) === 0) progress(`${String(heard)} events`);
    }
    const [streamed, paged, byHand]: [number[][], number[][], number[][]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      streamed.push([
        await perSecond(() => firstValueFrom(sync.events({ after: cursor }).pipe(take(EVENTS), toArray()))),
      ]);
      paged.push([await perSecond(() => readPages(sync, cursor))]);
      progress(`round ${String(round + 1)}: ${[streamed, paged].map((all) => all.at(-1)?.[0]?.toFixed(0)).join(', ')}`);
    }
    // Its owner alone can open the file.
    await sync.stop();
    for (let round = 0; round < ROUNDS; round++)
      byHand.push([await perSecond(() => Promise.resolve(readByHand(path)))]);
    const line = (name: string, samples: number[][]): Line => ({ name, unit: '/s', ...summarize(samples), bars: [] });
    return {
      title: 'How fast the log is read again',
      lines: [
        line('`events({ after })`', streamed),
        line('`readEvents`, pages of 500', paged),
        line('the file by hand, parsed', byHand),
      ],
      notes: [
        `${EVENTS.toLocaleString('en')} events of a durable mirror. Every event is checked to be the next one, and named with its cursor. By hand: one SELECT of the log’s texts, each parsed, nothing checked.`,
      ],
      versions: { SQLite: String(new DatabaseSync(':memory:').prepare('select sqlite_version() as v').get()?.['v']) },
    };
  } finally {
    await sync.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

function row(i: number) {
  const start = Math.floor(Date.now() / DAY + 2) * DAY + i * 60_000;
  return {
    id: String(i + 1),
    kind: 'appointment' as const,
    practitionerIds: [String(i % 5)],
    locationId: null,
    start,
    end: start + 900_000,
    zone: 'Australia/Melbourne',
    slotMs: null,
  };
}

async function perSecond(work: () => Promise<{ readonly length: number }>): Promise<number> {
  const began = performance.now();
  const { length } = await work();
  if (length < EVENTS) throw new Error(`only ${String(length)} events came`);
  return length / ((performance.now() - began) / 1_000);
}

async function readPages(sync: ClinicSync, after: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let cursor = after; ;) {
    const page = (await sync.readEvents({ after: cursor, limit: PAGE }))._unsafeUnwrap();
    all.push(...page.events);
    if (page.events.length === 0) return all;
    cursor = page.cursor;
  }
}

function readByHand(path: string): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const all = db
    .prepare('select body from log order by seq')
    .all()
    .map(({ body }) => JSON.parse(String(body)) as unknown);
  db.close();
  return all;
}
