import type { ClinicSyncError } from 'clinic-sync';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { STATUS_OF } from './statuses.js';

/** The body of every answer that is no success, and of `InDoubt`. */
export interface Problem {
  readonly error: {
    /** The library's code; `UnknownClinic`, `NotFound`, `TooLarge` and `Internal` are the backend's own. */
    readonly code: string;
    readonly message: string;
    /** Whether the same request may succeed later without anybody changing anything. */
    readonly retryable: boolean;
    /** The argument at fault. */
    readonly field?: string;
  };
}

const RETRY_AFTER_S = '2';

export function toProblem({ code, message, retryable, field }: ClinicSyncError): Problem {
  return { error: { code, message, retryable, ...(field !== undefined && { field }) } };
}

/** Messages of the library carry no patient data, so they may be shown and logged. */
export function refuse(c: Context, error: ClinicSyncError): Response {
  if (error.retryable) c.header('Retry-After', RETRY_AFTER_S);
  return c.json(toProblem(error), STATUS_OF[error.code]);
}

export function refuseHere(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return c.json({ error: { code, message, retryable: false } } satisfies Problem, status);
}
