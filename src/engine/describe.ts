import { ok, type Result } from 'neverthrow';

import type { ClinicAdapter } from '../adapters/adapter.js';
import type { ClinicDescription } from '../domain/description.js';
import type { AdapterError } from '../domain/errors.js';
import { askClinic } from './call.js';
import type { Runtime } from './runtime.js';
import type { Tuning } from './tuning.js';

/** What an adapter says of its clinic; adapters that say nothing are named as such. */
export async function describeClinic(
  adapter: ClinicAdapter,
  { runtime, tuning, signal }: { readonly runtime: Runtime; readonly tuning: Tuning; readonly signal: AbortSignal },
): Promise<Result<ClinicDescription, AdapterError>> {
  const describe = adapter.describe?.bind(adapter);
  if (describe) return askClinic(runtime, tuning.readTimeoutMs, signal, describe);
  const found = 'This adapter does not say what it finds.';
  return ok({ engine: adapter.engine, version: '', findings: [{ topic: 'server', found }] });
}
