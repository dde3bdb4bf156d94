import type { ErrorCode } from '../domain/errors.js';
import { MINUTE } from '../domain/instant.js';
import type { Tuning } from './tuning.js';

/** Servers lock a login out, or block an address, that was refused a few times in some minutes, and that outlasts the mended password. */
const REFUSED_CAP_MS = 5 * MINUTE;

/** The longest wait before the next try, in ms: doubled with each, up to `retryCapMs`, and five minutes for a login that is refused. */
export function retryCeiling(
  { retryBaseMs, retryCapMs }: Tuning,
  { attempt, code }: { readonly attempt: number; readonly code: ErrorCode },
): number {
  const cap = code === 'ClinicRefused' ? Math.max(REFUSED_CAP_MS, retryCapMs) : retryCapMs;
  return Math.min(cap, retryBaseMs * 2 ** Math.min(attempt, 30));
}
