import { readFile } from 'node:fs/promises';

import type { Client } from 'pg';

/**
 * How much of a processor the sessions of a login have used at a Postgres server of ours so far, in ms, as the kernel's scheduler counts
 * (https://docs.kernel.org/scheduler/sched-stats.html). Its older account in ticks of 10 ms is taken by samples, which what wakes up by a
 * timer distorts.
 */
export async function postgresUsedMs(admin: Client, login: string): Promise<number> {
  const { rows } = await admin.query<{ pid: number }>('select pid from pg_stat_activity where usename = $1', [login]);
  const used = await Promise.all(
    rows.map(async ({ pid }) => {
      const [onProcessorNs = '0'] = (await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0')).split(' ');
      return Number(onProcessorNs) / 1e6;
    }),
  );
  return used.reduce((sum, each) => sum + each, 0);
}
