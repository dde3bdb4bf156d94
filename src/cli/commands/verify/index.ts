import { toIso } from '../../../index.js';
import { EXIT } from '../../exit.js';
import { Progress } from '../../terminal/progress.js';
import { figure, readWhole, spanText } from '../../terminal/times.js';
import type { CliCommand, CommandContext } from '../command.js';
import { carryOutResync, reportLines } from '../resync.js';
import type { Difference, Version } from './compare.js';
import { compareWithClinic, type ClinicSide } from './read-clinic.js';
import { readMirror, type MirrorSide } from './read-mirror.js';

interface VerifyOptions {
  readonly repair?: boolean;
  readonly limit: string;
}

const MAX_LIMIT = 1_000_000;

/** Compares the copy with the clinic and changes neither. */
export const verify: CliCommand<VerifyOptions> = {
  name: 'verify',
  description: 'compares the copy with the clinic row by row, and shows what differs',
  declare: (command) => {
    command
      .option('--repair', 'put the copy right afterwards, as `resync` does')
      .option('--limit <n>', 'show at most so many differences (JSON: all)', '100');
  },
  run: async (context, { repair = false, limit }) => {
    const { config, output } = context;
    const shown = readWhole(limit, '--limit', MAX_LIMIT);
    const mirror = await readMirror(config);
    const clinic = await compared(context, mirror);
    const verdict = verdictOf(context, mirror, clinic);
    const report = repair && !verdict.equal ? await carryOutResync(context, false) : undefined;
    output.answer({ ...verdict, ...(report && { repaired: report }) }, () => [
      ...clinic.differences.slice(0, shown).map(differenceLine),
      ...(clinic.differences.length > shown ? [`… and ${figure(clinic.differences.length - shown)} more`] : []),
      ...summary(verdict),
      ...(report ? reportLines(report) : []),
    ]);
    return verdict.equal || report ? EXIT.fine : EXIT.found;
  },
};

async function compared({ config, output, interruption }: CommandContext, mirror: MirrorSide): Promise<ClinicSide> {
  const progress = new Progress(output.progressStream, 'read', mirror.rows.size);
  try {
    return await compareWithClinic({
      adapter: config.adapter,
      // Its own name for the lock at the clinic: it only reads, and the owner may be at work.
      clinicId: `${config.clinicId.slice(0, 180)}:looking-on`,
      cutoff: mirror.facts.cutoff,
      mirror: mirror.rows,
      signal: interruption.signal,
      onProgress: (rows) => {
        progress.update(rows);
      },
    });
  } finally {
    progress.end();
  }
}

function verdictOf({ config }: CommandContext, { facts, rows, damaged }: MirrorSide, clinic: ClinicSide) {
  const { differences, skipped, identity } = clinic;
  const sameMapping = facts.mappingId === config.adapter.mappingId;
  const sameDatabase = facts.clinicDatabase === null || facts.clinicDatabase === identity.database;
  return {
    clinicId: config.clinicId,
    equal: differences.length === 0 && damaged.length === 0 && sameMapping && sameDatabase,
    verifiedAt: facts.verifiedAt,
    cutoff: facts.cutoff,
    rows: { mirror: rows.size, clinic: clinic.rows },
    sameMapping,
    sameDatabase,
    skipped,
    damaged,
    differences,
  };
}

function summary(verdict: ReturnType<typeof verdictOf>): string[] {
  const { differences, damaged, rows, sameMapping, sameDatabase, skipped, verifiedAt } = verdict;
  const count = (side: Difference['side']) => figure(differences.filter((each) => each.side === side).length);
  const since = verifiedAt === null ? 'never verified before' : `last verified ${toIso(verifiedAt)}`;
  return [
    ...(sameDatabase ? [] : ['another database answers than the one that was copied']),
    ...(sameMapping ? [] : ['the copy was made under another mapping: the next resync lays it anew']),
    ...(damaged.length > 0 ? [`${figure(damaged.length)} rows of the mirror are damaged`] : []),
    ...(skipped > 0 ? [`${figure(skipped)} rows of the clinic cannot be read as mapped, and stand in no copy`] : []),
    differences.length === 0
      ? `all ${figure(rows.clinic)} rows are alike (${since})`
      : `${figure(differences.length)} rows differ: ${count('clinic')} only at the clinic, ${count('mirror')} only in the mirror, ${count('both')} in another version (${since})`,
  ];
}

function differenceLine({ side, clinic, mirror, id }: Difference): string {
  const text = (version: Version | undefined) => {
    if (!version) return '';
    const { row } = version;
    return `${row.kind} ${id}  ${row.practitionerIds.join('+')}  ${spanText(row, row.zone)} ${row.zone}`;
  };
  if (side === 'both') return `≠ ${text(clinic)}  (the mirror has ${text(mirror)})`;
  return side === 'clinic' ? `+ ${text(clinic)}  only at the clinic` : `- ${text(mirror)}  only in the mirror`;
}
