import type { ClinicAdapter, ClinicSyncOptions } from '../../index.js';

const PATIENCE_MS = 10_000;

/** How many rows a first copy will read, where the clinic can count them; `undefined`: not known, or there is a copy already. */
export async function rowsToCopy(config: ClinicSyncOptions, signal: AbortSignal): Promise<number | undefined> {
  if (await hasCopy(config)) return undefined;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  return countFuture(config.adapter, config.clinicId, patience);
}

/** True as well where that cannot be told. */
async function hasCopy({ mirror, clinicId }: ClinicSyncOptions): Promise<boolean> {
  if (!mirror?.inspect) return mirror !== undefined && mirror.store !== 'memory';
  const kept = await mirror.inspect(clinicId);
  if (kept.isErr()) return true;
  const has = kept.value !== undefined && kept.value.facts.cutoff !== null;
  return (await kept.value?.close())?.isErr() === true || has;
}

async function countFuture(adapter: ClinicAdapter, clinicId: string, signal: AbortSignal): Promise<number | undefined> {
  const link = await adapter.connect({ clinicId, signal });
  if (link.isErr()) return undefined;
  try {
    let rows = 0;
    for (const stream of adapter.hasSessions ? (['busy', 'session'] as const) : (['busy'] as const)) {
      const digests = await link.value.digest?.({ stream, edges: [], cutoff: Date.now(), signal });
      if (!digests?.isOk()) return undefined;
      rows += digests.value.reduce((sum, { count }) => sum + count, 0);
    }
    return rows;
  } finally {
    await link.value.close();
  }
}
