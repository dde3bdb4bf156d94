import type { Instant } from './instant.js';

/**
 * The two kinds of rows that are mirrored. `busy` holds what takes a practitioner's time, `session` holds the stretches in
 * which a practitioner takes bookings. They come from different tables, so an id is unique only within its stream.
 */
export type Stream = 'busy' | 'session';
export const STREAMS: readonly Stream[] = ['busy', 'session'];

/** `appointment` and `blockout` are of the `busy` stream, `session` of the `session` stream. */
export type RowKind = 'appointment' | 'blockout' | 'session';

/** The stream that a kind belongs to. */
export const STREAM_OF: Readonly<Record<RowKind, Stream>> = {
  appointment: 'busy',
  blockout: 'busy',
  session: 'session',
};

/** One row of the clinic's future, mapped. Carries no patient data. */
export interface ClinicRow {
  /** The clinic's own key, as text; opaque, unique within its stream, reused by some engines after a deletion. */
  readonly id: string;
  readonly kind: RowKind;
  /** Whose time it takes, or who takes bookings: at least one, sorted, without repetition. {@link EVERYONE}: all of the clinic's. */
  readonly practitionerIds: readonly string[];
  /** `null` where the clinic records none. */
  readonly locationId: string | null;
  /** Inclusive. */
  readonly start: Instant;
  /** Exclusive; later than `start`, or equal to it where the clinic keeps zero-length rows. */
  readonly end: Instant;
  /** The IANA zone of the place it happens at, such as `Australia/Melbourne`. */
  readonly zone: string;
  /** For sessions: how long one slot is, in ms. `null` for busy rows, and for sessions that leave it to the host. */
  readonly slotMs: number | null;
  /** For sessions: how many appointments of one practitioner may overlap in it, a whole number above 0. Absent: 1. */
  readonly capacity?: number;
}

/** Stands among a row's practitioners for all of them: a holiday, or a blockout of the whole practice. */
export const EVERYONE = '*';

/** Whether a row takes this practitioner's time, or is a session of theirs. */
export function concernsPractitioner({ practitionerIds }: Pick<ClinicRow, 'practitionerIds'>, id: string): boolean {
  return practitionerIds.includes(id) || practitionerIds.includes(EVERYONE);
}

/** Names one row: its stream and its id within it. */
export interface RowKey {
  readonly stream: Stream;
  readonly id: string;
}

/** Names one version of a row. */
export interface RowIdentity {
  readonly id: string;
  readonly fingerprint: string;
}

/** A row as an adapter hands it over. */
export interface ClinicRecord {
  readonly row: ClinicRow;
  /**
   * 16 lower-case hex digits: a hash of the row's mapped columns (id included) as the clinic's own server computes it for
   * digests. Equal columns give equal hashes; see `digest.ts`.
   */
  readonly hash: string;
}

/** A row as the mirror keeps it. */
export interface StoredRow extends ClinicRecord {
  /** See `fingerprint.ts`. */
  readonly fingerprint: string;
}

export function streamOf(row: ClinicRow): Stream {
  return STREAM_OF[row.kind];
}

/** One text per row, unique over both streams. */
export function keyText(stream: Stream, id: string): string {
  return `${stream}:${id}`;
}

/** True when both take some of the same time. A zero-length row overlaps nothing. */
export function overlaps(a: { start: Instant; end: Instant }, b: { start: Instant; end: Instant }): boolean {
  return a.start < b.end && b.start < a.end;
}

/** Practitioner ids in the one order and form in which rows carry them. */
export function practitionerSet(ids: Iterable<string>): readonly string[] {
  return [...new Set(ids)].sort();
}
