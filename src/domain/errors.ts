/**
 * Every way in which a request can fail. `retryable` says whether the same call may succeed later without anybody changing
 * anything; `what` is the meaning, in one sentence, as the documentation prints it.
 */
export const ERRORS = {
  InvalidArgument: { retryable: false, what: 'An argument breaks a rule; `field` names it and nothing was done.' },
  ClinicExists: { retryable: false, what: 'The fleet has a clinic of this id already, or has not let go of it yet.' },
  UnknownPractitioner: { retryable: false, what: 'No session or appointment of the clinic names this practitioner.' },
  NotStarted: { retryable: false, what: 'The call came before start().' },
  Stopped: { retryable: false, what: 'The call came after stop(), or stop() ended it.' },
  Aborted: { retryable: true, what: "The caller's AbortSignal ended the wait." },
  NotLive: { retryable: true, what: 'The clinic is not live: offline, resyncing, or suspect.' },
  NoSessions: { retryable: false, what: 'The adapter reads no sessions, so no slot can be offered.' },
  CursorLost: {
    retryable: false,
    what: 'The event log no longer holds this place; take snapshot() and go on from its cursor.',
  },
  ClinicUnreachable: { retryable: true, what: "The clinic's database could not be reached, or the connection ended." },
  ClinicTimeout: { retryable: true, what: "The clinic's database did not answer in time." },
  ClinicBusy: {
    retryable: true,
    what: 'The database refused for now: locked, deadlocked, out of connections, or shutting down.',
  },
  ClinicInUse: { retryable: true, what: 'Another process holds the lock of this clinic at its database.' },
  ClinicRefused: { retryable: false, what: "The login was refused, or the server's certificate or its TLS." },
  PermissionDenied: { retryable: false, what: 'The login lacks a right that the mapping needs.' },
  SchemaMismatch: {
    retryable: false,
    what: 'A table or column of the mapping does not exist or cannot be read as mapped.',
  },
  Unstorable: {
    retryable: false,
    what: 'The database refuses to keep such a row: a value breaks a rule of its column, such as an unknown patient.',
  },
  ClinicProtocol: { retryable: true, what: 'The database or the adapter answered something that breaks the protocol.' },
  ClinicSuspect: {
    retryable: true,
    what: 'Too much would disappear at once; the clinic is held until a look disagrees or the host accepts it.',
  },
  BookingsHeld: { retryable: true, what: 'The host holds the bookings of this clinic.' },
  ReadOnlyClinic: { retryable: false, what: 'The adapter may not write, or its mapping does not say how.' },
  SlotTaken: { retryable: false, what: 'An appointment or a blockout takes the slot.' },
  SlotNotOffered: { retryable: false, what: 'No session offers exactly this slot now.' },
  SlotPast: { retryable: false, what: 'The slot has begun.' },
  BeyondHorizon: { retryable: false, what: 'The slot is further ahead than slots are offered.' },
  AppointmentGone: { retryable: false, what: 'There is no such appointment any more.' },
  AppointmentChanged: {
    retryable: false,
    what: 'The appointment is not the version that was named: it was edited, or its id used again. It was left alone.',
  },
  KeyReused: { retryable: false, what: 'This idempotency key was used for another request.' },
  InDoubt: {
    retryable: true,
    what: 'It cannot be known yet whether the clinic carried it out; ask again with the same key, or outcome().',
  },
  NotMade: { retryable: false, what: 'The clinic did not carry it out and never will; try again under a new key.' },
  Ambiguous: { retryable: false, what: 'It cannot be told whether the clinic carried it out; somebody has to look.' },
  MirrorInUse: {
    retryable: true,
    what: 'The mirror is open elsewhere: another process, or another ClinicSync of this one.',
  },
  MirrorUnreadable: { retryable: false, what: 'The file exists and is not a mirror of this library.' },
  MirrorTooNew: { retryable: false, what: 'The mirror was written by a newer version of this library.' },
  MirrorCorrupt: { retryable: true, what: "The mirror's contents are damaged; it is rebuilt from the clinic." },
  MirrorFull: { retryable: true, what: 'The disk under the mirror is full.' },
  MirrorFailed: { retryable: true, what: 'The mirror could not be read or written.' },
  Fenced: { retryable: false, what: 'Another process took the mirror over; this one may not write any more.' },
} as const satisfies Record<string, { retryable: boolean; what: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** What an adapter may answer with. Adapters map their driver's codes, never its message texts. */
export type AdapterErrorCode =
  | 'ClinicUnreachable'
  | 'ClinicTimeout'
  | 'ClinicBusy'
  | 'ClinicInUse'
  | 'ClinicRefused'
  | 'PermissionDenied'
  | 'SchemaMismatch'
  | 'Unstorable'
  | 'ClinicProtocol'
  | 'Aborted';

/** What a mirror may answer with. */
export type MirrorErrorCode =
  | 'MirrorInUse'
  | 'MirrorUnreadable'
  | 'MirrorTooNew'
  | 'MirrorCorrupt'
  | 'MirrorFull'
  | 'MirrorFailed'
  | 'Fenced'
  | 'Aborted';

export interface ErrorDetails {
  /** The argument or option at fault, as a path: `filter.from`, `schema.appointments.columns.start`. */
  readonly field?: string;
  /** A driver's own code, such as `ECONNREFUSED` or SQLSTATE `42501`; never its message. */
  readonly driverCode?: string;
}

/**
 * The one error of this library. `message` and all fields are safe to log: they hold codes, field names and ids, never a
 * driver's message, SQL, parameters, a connection string, or anything of a patient's.
 */
export class ClinicSyncError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ClinicSyncError';
  readonly code: C;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly field?: string;
  readonly driverCode?: string;

  constructor(code: C, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.retryable = ERRORS[code].retryable;
    if (details.field !== undefined) this.field = details.field;
    if (details.driverCode !== undefined) this.driverCode = details.driverCode;
  }
}

/** Distributes over the union, so that checking `error.code` narrows. */
export type ErrorOf<C extends ErrorCode> = C extends ErrorCode ? ClinicSyncError<C> : never;
export type AdapterError = ErrorOf<AdapterErrorCode>;
export type MirrorError = ErrorOf<MirrorErrorCode>;

/** Makes an error; without a message, the code's own sentence. */
export function fault<C extends ErrorCode>(code: C, message?: string, details?: ErrorDetails): ErrorOf<C> {
  return new ClinicSyncError(code, message ?? ERRORS[code].what, details) as ErrorOf<C>;
}
