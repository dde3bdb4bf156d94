export * from './clinic-sync.js';
export type { ClinicSyncOptions } from './clinic-options.js';
export * from './clinic-fleet.js';
export type { FleetCursors, FleetReading } from './fleet/fleet-reading.js';
export type { FleetStatus, NotLive, TurnsTaken } from './fleet/fleet-status.js';
export * from './host/answers.js';
export type {
  Booking,
  BookingDetails,
  BookRequest,
  Deletion,
  DeleteRequest,
  HoldRequest,
  SlotHold,
  SlotInput,
} from './domain/booking.js';
export { DETAILS } from './domain/booking.js';
export type { Intent, IntentOutcome, IntentState, IntentWish } from './domain/intent.js';
export type {
  BookAnswer,
  BookOrder,
  ClinicWriter,
  DeleteAnswer,
  DeleteOrder,
  PlacedSlot,
  TokenSearch,
  Unsent,
} from './adapters/writer.js';
export { MAX_KEYS_PER_READ } from './adapters/adapter.js';
export type {
  ClinicAdapter,
  ClinicIdentity,
  ClinicLink,
  ClinicReader,
  ClinicSnapshot,
  ConnectOptions,
  DigestRead,
  KeysRead,
  LinkEvents,
  RangeRead,
  ReadRows,
  SkippedRow,
  UnknownStatus,
} from './adapters/adapter.js';
export type { Cursor, Incarnation } from './domain/cursor.js';
export { addHash, COLUMN_SEPARATOR, EMPTY_DIGEST, NULL_TEXT, rowHash, type Digest } from './domain/digest.js';
export * from './domain/description.js';
export * from './domain/errors.js';
export { isRowEvent } from './domain/events.js';
export type { Cause, ClinicEvent, EventBody, EventOf, EventType, ResyncReport, RowEvent } from './domain/events.js';
export type { AvailabilityFilter } from './domain/filter.js';
export { fingerprintOf, isIntact } from './domain/fingerprint.js';
export { toInstant, toIso, type Instant, type InstantInput } from './domain/instant.js';
export { EVERYONE, overlaps, practitionerSet, streamOf } from './domain/row.js';
export type { ClinicRecord, ClinicRow, RowIdentity, RowKey, RowKind, StoredRow, Stream } from './domain/row.js';
export { inRange, scopeOfKeys, scopeOfRanges, WHOLE_FUTURE, type Scope, type ScopeRange } from './domain/scope.js';
export type { Slot, SlotRef } from './domain/slot.js';
export type { AppointmentType, SlotOptions } from './domain/slot-lengths.js';
export type { Capture, ClinicStatus, Freshness, HoldReason, Phase, ResyncReason } from './domain/status.js';
export { instantToWall, isZone, wallToInstant, type WallPolicy } from './domain/zone.js';
export type { SlotState } from './engine/availability.js';
export type { EventPage } from './engine/log-reader.js';
export { systemRuntime, type Runtime } from './engine/runtime.js';
export { DEFAULT_TUNING, type Tuning } from './engine/tuning.js';
export { MemoryDisk, memoryMirror } from './mirror/memory/index.js';
export type {
  ClinicMirror,
  LoggedEvent,
  Mirror,
  MirrorCommit,
  MirrorFacts,
  MirrorInspection,
  OpenMirror,
  OwnBooking,
  ReplaceWriter,
  RowQuery,
} from './mirror/mirror.js';
