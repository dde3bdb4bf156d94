import type { ClinicSync, ResyncReport } from '../../index.js';
import { EXIT } from '../exit.js';
import { failureOf, Stop, stopWith } from '../failure.js';
import { Progress } from '../terminal/progress.js';
import { durationText, figure } from '../terminal/times.js';
import type { CliCommand, CommandContext } from './command.js';
import { rowsToCopy } from './count-future.js';
import { isDurable, reach, withSync } from './started.js';

interface ResyncOptions {
  readonly acceptMassChange?: boolean;
}

/** Opens the mirror as its owner, compares the whole future, and closes it. */
export const resync: CliCommand<ResyncOptions> = {
  name: 'resync',
  description: 'compares the whole future with the clinic and puts the copy right',
  declare: (command) => {
    command.option(
      '--accept-mass-change',
      'lets through that too many rows disappear at once, after somebody has looked',
    );
  },
  run: async (context, { acceptMassChange = false }) => {
    const { config, output } = context;
    if (!isDurable(config)) output.warn('no durable mirror is configured: what is copied now is forgotten again.');
    const report = await carryOutResync(context, acceptMassChange);
    output.answer({ clinicId: config.clinicId, ...report }, () => reportLines(report));
    return EXIT.fine;
  },
};

export async function carryOutResync(context: CommandContext, acceptMassChange: boolean): Promise<ResyncReport> {
  const { config, output, interruption } = context;
  const total = await rowsToCopy(config, interruption.signal);
  return withSync(config, context, async (sync) => {
    let report: ResyncReport | undefined;
    sync.on('resync.completed', (event) => (report = plain(event)));
    const ending = showProgress(sync, new Progress(output.progressStream, 'read', total));
    try {
      const { phase } = await reach(sync);
      if (phase === 'suspect' && !acceptMassChange) throw held();
      return phase === 'suspect' || !report ? await asked(sync, acceptMassChange) : report;
    } finally {
      ending();
    }
  });
}

/** Answers what ends it. */
export function showProgress(sync: ClinicSync, progress: Progress): () => void {
  const watching = sync.status$.subscribe(({ resyncedRows }) => {
    if (resyncedRows !== null) progress.update(resyncedRows);
  });
  return () => {
    watching.unsubscribe();
    progress.end();
  };
}

function held(): Stop {
  const failure = failureOf({
    code: 'ClinicSuspect',
    message: 'Too much would disappear at once; nothing was removed.',
  });
  return new Stop({ ...failure, advice: '`verify` shows what it is; --accept-mass-change lets it through.' });
}

async function asked(sync: ClinicSync, acceptMassChange: boolean): Promise<ResyncReport> {
  const answer = await sync.resync({ acceptMassChange });
  if (answer.isErr()) throw answer.error.code === 'ClinicSuspect' ? held() : stopWith(answer.error);
  return answer.value;
}

/** Out of the event that carries it. */
function plain({ reason, possibleConflict, rows, durationMs, restedMs, ...event }: ResyncReport): ResyncReport {
  const { read, created, deleted, replaced, skipped } = event;
  return { reason, possibleConflict, read, created, deleted, replaced, skipped, rows, durationMs, restedMs };
}

export function reportLines(report: ResyncReport): string[] {
  const { reason, read, created, deleted, replaced, skipped, rows, durationMs, restedMs } = report;
  const edits = replaced > 0 ? ` (${figure(replaced)} of them edits)` : '';
  const what =
    reason === 'first-copy'
      ? `copied ${figure(read)} rows`
      : `${figure(created)} created, ${figure(deleted)} deleted${edits}, ${figure(read)} rows read`;
  const rest = restedMs > 0 ? `, ${durationText(restedMs)} of them at rest` : '';
  const unread = skipped > 0 ? `; ${figure(skipped)} rows of the clinic cannot be read as mapped` : '';
  return [`${reason}: ${what} in ${durationText(durationMs)}${rest}`, `the mirror holds ${figure(rows)} rows${unread}`];
}
