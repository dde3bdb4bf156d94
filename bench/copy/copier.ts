/** One first copy, or one streaming SELECT of the same rows, in a process of its own, whose memory is looked at all the while. */
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, Query } from 'pg';

import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { ClinicSync } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { SIZED_SCHEMA } from '../clinics/sizes.js';

export interface Copied {
  readonly rows: number;
  readonly ms: number;
  /** What the process had at the most beyond what it had before, in MB. */
  readonly peakMb: number;
  /** What it still has when all that is dead has been collected, beyond what it had before, in MB. */
  readonly leftMb: number;
}

const [, , how, url, path = ''] = process.argv;
const MB = 1_048_576;

async function select(): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const text = 'select id, doctor, room, starts::text, ends::text from appt where starts >= current_date';
  let rows = 0;
  await new Promise<void>((resolve, reject) => {
    const query = client.query(new Query({ text }));
    // With a listener of rows none are kept.
    query.on('row', () => {
      rows++;
    });
    query.on('end', () => {
      resolve();
    });
    query.on('error', reject);
  });
  await client.end();
  return rows;
}

async function copy(): Promise<number> {
  const { sessions: _sessions, ...schema } = SIZED_SCHEMA;
  const sync = new ClinicSync({
    clinicId: 'copy',
    adapter: postgresAdapter({ connection: String(url), schema }),
    mirror: sqliteMirror({ path }),
    tuning: { readTimeoutMs: 600_000 },
  });
  let rows = 0;
  sync.on('resync.completed', (event) => (rows = event.rows));
  const started = await sync.start();
  if (started.isErr()) throw started.error;
  await sync.stop();
  return rows;
}

const collect = () => globalThis.gc?.();
const resident = () => process.memoryUsage.rss() / MB;
const living = () => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MB;
};

collect();
await sleep(200);
const [before, livingBefore] = [resident(), living()];
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, resident())), 20);
const began = performance.now();
const rows = await (how === 'copy' ? copy() : select());
const ms = performance.now() - began;
clearInterval(watch);
collect();
await sleep(200);
collect();
const copied: Copied = { rows, ms, peakMb: peak - before, leftMb: living() - livingBefore };
process.send?.(copied, () => process.exit());
