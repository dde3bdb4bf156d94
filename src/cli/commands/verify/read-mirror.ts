import { isIntact, type ClinicSyncOptions, type MirrorFacts, type MirrorInspection } from '../../../index.js';
import { type Stop, stopWith, usage } from '../../failure.js';
import { isDurable } from '../started.js';
import { nameOf, versionOf, type Version } from './compare.js';

export interface MirrorSide {
  readonly facts: MirrorFacts & { readonly cutoff: number };
  readonly rows: ReadonlyMap<string, Version>;
  /** Rows that are no longer what was put there. */
  readonly damaged: readonly string[];
}

/** Reads the copy without becoming its owner. Throws `Stop`. */
export async function readMirror(config: ClinicSyncOptions): Promise<MirrorSide> {
  const { mirror, clinicId } = config;
  if (!isDurable(config) || !mirror)
    throw usage(
      'There is no mirror to verify: the configuration names none that lasts.',
      'mirror: sqliteMirror({ path }), or --mirror PATH',
    );
  if (!mirror.inspect) throw usage(`A mirror of the store ${mirror.store} cannot be looked at from outside.`);
  const opened = await mirror.inspect(clinicId);
  if (opened.isErr()) throw stopWith(opened.error);
  if (!opened.value) throw empty(clinicId);
  try {
    return await readAll(opened.value, clinicId);
  } finally {
    // Nothing was written, so nothing can be lost by how it ends.
    (await opened.value.close()).unwrapOr(undefined);
  }
}

async function readAll(inspection: MirrorInspection, clinicId: string): Promise<MirrorSide> {
  const { facts } = inspection;
  const { cutoff } = facts;
  if (cutoff === null) throw empty(clinicId);
  const rows = new Map<string, Version>();
  const damaged: string[] = [];
  const scanned = await inspection.scan((page) => {
    for (const kept of page) {
      const name = nameOf({ stream: kept.row.kind === 'session' ? 'session' : 'busy', id: kept.row.id });
      rows.set(name, versionOf(kept));
      if (!isIntact(kept)) damaged.push(name);
    }
    return true;
  });
  if (scanned.isErr()) throw stopWith(scanned.error);
  return { facts: { ...facts, cutoff }, rows, damaged };
}

function empty(clinicId: string): Stop {
  return usage(`The mirror holds no copy of ${clinicId}.`, 'Make one with `resync`.');
}
