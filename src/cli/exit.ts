import type { ErrorCode } from '../index.js';

/** Exit statuses of every command. They are an interface: docs/CLI.md promises them. */
export const EXIT = {
  /** Done, and nothing to tell. */
  fine: 0,
  /** Findings, differences, or a request that was refused. */
  found: 1,
  /** The command line, the configuration, or an argument is wrong; nothing was done. */
  usage: 2,
  /** The clinic or the mirror could not be looked at. */
  unreachable: 3,
  /** A booking or deletion of which it cannot be told yet whether the clinic carried it out. */
  inDoubt: 4,
  /** Ended by SIGINT or SIGTERM before it was done. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

const { found, usage, unreachable, inDoubt } = EXIT;

const STATUS_OF: Readonly<Record<ErrorCode, ExitStatus>> = {
  InvalidArgument: usage,
  ClinicExists: usage,
  UnknownPractitioner: found,
  NotStarted: unreachable,
  Stopped: EXIT.interrupted,
  Aborted: EXIT.interrupted,
  NotLive: unreachable,
  NoSessions: found,
  CursorLost: found,
  ClinicUnreachable: unreachable,
  ClinicTimeout: unreachable,
  ClinicBusy: unreachable,
  ClinicInUse: unreachable,
  ClinicRefused: unreachable,
  PermissionDenied: unreachable,
  SchemaMismatch: unreachable,
  Unstorable: found,
  ClinicProtocol: unreachable,
  ClinicSuspect: found,
  BookingsHeld: found,
  ReadOnlyClinic: found,
  SlotTaken: found,
  SlotNotOffered: found,
  SlotPast: found,
  BeyondHorizon: found,
  AppointmentGone: found,
  AppointmentChanged: found,
  KeyReused: found,
  InDoubt: inDoubt,
  NotMade: found,
  Ambiguous: inDoubt,
  MirrorInUse: unreachable,
  MirrorUnreadable: unreachable,
  MirrorTooNew: unreachable,
  MirrorCorrupt: unreachable,
  MirrorFull: unreachable,
  MirrorFailed: unreachable,
  Fenced: unreachable,
};

export function statusOf(code: ErrorCode): ExitStatus {
  return STATUS_OF[code];
}
