import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClinicSync, ResyncReport } from '../../../index.js';
import { sqliteMirror } from '../../../mirror/sqlite/index.js';
import { EXIT } from '../../exit.js';
import { stopWith } from '../../failure.js';
import { Progress } from '../../terminal/progress.js';
import { durationText, figure } from '../../terminal/times.js';
import type { CliCommand, CommandContext } from '../command.js';
import { rowsToCopy } from '../count-future.js';
import { showProgress } from '../resync.js';
import { reach, withSync } from '../started.js';
import { Meter, type Cost } from './meter.js';

interface Act {
  readonly report: ResyncReport;
  readonly cost: Cost;
}

/** A first copy into a mirror that is thrown away, and a resync over it: what both cost here. Writes nothing at the clinic. */
export const rehearse: CliCommand = {
  name: 'rehearse',
  description: 'a whole first copy and a resync into a mirror that is thrown away, with what they cost',
  declare: () => undefined,
  run: async (context) => {
    const { config, output } = context;
    const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-rehearsal-'));
    try {
      const { copy, resync } = await play(context, join(folder, 'mirror'));
      output.answer({ clinicId: config.clinicId, copy, resync }, () => [
        ...linesOf('first copy', copy),
        ...linesOf('resync over it', resync),
        ...(copy.cost.bytes && resync.cost.bytes ? [ratio(copy.cost.bytes, resync.cost.bytes)] : []),
      ]);
      return EXIT.fine;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function play(context: CommandContext, path: string): Promise<{ readonly copy: Act; readonly resync: Act }> {
  const { config, output, interruption } = context;
  const meter = new Meter();
  const rehearsal = {
    ...config,
    // Its own name for the lock at the clinic: the owner may be at work.
    clinicId: `${config.clinicId.slice(0, 180)}:rehearsal`,
    adapter: meter.wrap(config.adapter),
    mirror: sqliteMirror({ path }),
  };
  const total = await rowsToCopy({ ...rehearsal, adapter: config.adapter }, interruption.signal);
  meter.begin();
  try {
    return await withSync(rehearsal, context, async (sync) => {
      const ending = showProgress(sync, new Progress(output.progressStream, 'copied', total));
      try {
        const copied = firstReport(sync);
        await reach(sync);
        const copy = { report: await copied, cost: meter.cost() };
        const again = await sync.resync();
        if (again.isErr()) throw stopWith(again.error);
        return { copy, resync: { report: again.value, cost: meter.cost(copy.cost) } };
      } finally {
        ending();
      }
    });
  } finally {
    meter.end();
  }
}

/** Told before `start()` answers. */
function firstReport(sync: ClinicSync): Promise<ResyncReport> {
  return new Promise((resolve) => {
    sync.on('resync.completed', ({ type: _, at: _at, cause: _cause, clinicId: _id, cursor: _cursor, ...report }) => {
      resolve(report);
    });
  });
}

function linesOf(name: string, { report, cost }: Act): string[] {
  const { read, rows, durationMs, restedMs, skipped } = report;
  const calls = Object.entries(cost.calls).filter(([, count]) => count > 0);
  const total = calls.reduce((sum, [, count]) => sum + count, 0);
  const network = cost.bytes
    ? `${figure(cost.bytes.received / 1_024)} KB received, ${figure(cost.bytes.sent / 1_024)} KB sent`
    : 'nothing over a network';
  return [
    `${name}: ${figure(read)} rows read, ${figure(rows)} in the mirror, in ${durationText(durationMs)}`,
    `  at the clinic  ${figure(total)} calls (${calls.map(([call, count]) => `${call} ${figure(count)}`).join(', ')}), ${network}`,
    `  its time       ${durationText(cost.clinicMs)} in calls, about ${durationText(cost.serverMs)} of the server's; left alone for ${durationText(restedMs)}`,
    ...(skipped > 0 ? [`  unreadable     ${figure(skipped)} rows cannot be read as mapped`] : []),
  ];
}

function ratio(copy: { readonly received: number }, resync: { readonly received: number }): string {
  const share = copy.received === 0 ? 0 : (resync.received / copy.received) * 100;
  return `a resync without differences takes ${share.toFixed(1)} % of a copy's bytes`;
}
