import { ERRORS, type ErrorCode } from '../index.js';
import { EXIT, statusOf, type ExitStatus } from './exit.js';

/** Ends a command: with an error of the library, or `Usage` for what is wrong before that is asked. */
export interface Failure {
  readonly code: ErrorCode | 'Usage';
  readonly message: string;
  readonly status: ExitStatus;
  readonly retryable: boolean;
  readonly field?: string;
  readonly driverCode?: string;
  /** What can be done about it. */
  readonly advice?: string;
}

/** Thrown through a command by whoever knows that it cannot go on. */
export class Stop extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export function usage(message: string, advice?: string): Stop {
  return new Stop({
    code: 'Usage',
    message,
    status: EXIT.usage,
    retryable: false,
    ...(advice !== undefined && { advice }),
  });
}

const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  ClinicInUse: 'One process at a time owns a clinic: stop the one that runs, or ask it.',
  MirrorInUse: 'One process at a time has a mirror open: stop the one that runs, or ask it.',
  InDoubt: 'Ask again with the same key: it makes no second appointment.',
  Ambiguous: "Look at the clinic's own diary before anything is asked again.",
  NotMade: 'Ask again under a new key.',
  CursorLost: 'Start without --after, and take the present state from `verify` or `resync`.',
  ReadOnlyClinic: 'Writing has to be allowed: `write` of the adapter in the configuration, or --write.',
};

interface LibraryError {
  readonly name: 'ClinicSyncError';
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
  readonly driverCode?: string;
}

/** By its shape: a configuration file may import another copy of the library than this command is of. */
export function isLibraryError(error: unknown): error is LibraryError {
  if (!(error instanceof Error) || error.name !== 'ClinicSyncError' || !('code' in error)) return false;
  return typeof error.code === 'string' && error.code in ERRORS;
}

export function failureOf({ code, message, field, driverCode }: Omit<LibraryError, 'name'>): Failure {
  const advice = ADVICE[code];
  return {
    code,
    message,
    status: statusOf(code),
    retryable: ERRORS[code].retryable,
    ...(field !== undefined && { field }),
    ...(driverCode !== undefined && { driverCode }),
    ...(advice !== undefined && { advice }),
  };
}

/** Throws what the library answered. */
export function stopWith(error: Omit<LibraryError, 'name'>): Stop {
  return new Stop(failureOf(error));
}
