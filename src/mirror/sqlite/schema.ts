/**
 * What a mirror file holds: version 3. All tables are STRICT, so that a value of the wrong type cannot get in.
 *
 * `rows` is laid out for its hottest question, one practitioner's time: rows lie sorted by practitioner and start, and a row of
 * several practitioners lies with each of them. Rows longer than a day ({@link LONG_ROW_MS}) lie apart, so that "what is still
 * going on at this instant" never has to look further back than a day among the others.
 */
import type { Generated } from 'kysely';

/** `PRAGMA application_id` of a mirror file: `CSyn` in ASCII. */
export const APPLICATION_ID = 0x4353796e;

/** Rows longer than this, in ms, are `long`. */
export const LONG_ROW_MS = 86_400_000;

export interface Tables {
  clinic: ClinicTable;
  incarnation: IncarnationTable;
  copy: CopyTable;
  rows: RowsTable;
  log: LogTable;
  intent: IntentTable;
}

export interface ClinicTable {
  /** Never used twice, so that what is left of a discarded clinic is nobody else's. */
  n: Generated<number>;
  /** `null` once discarded: what is left goes bit by bit. */
  clinic_id: string | null;
  epoch: number;
  head: number;
  /** The copy that shows; any other copy of the clinic is being laid, or is garbage. */
  copy: number;
  /** `MirrorFacts` as JSON. */
  facts: string;
}

export interface IncarnationTable {
  clinic: number;
  epoch: number;
  id: string;
  from_seq: number;
}

/** One laying of all rows of a clinic. */
export interface CopyTable {
  /** Never used twice. */
  n: Generated<number>;
  clinic: number;
}

export interface RowsTable {
  copy: number;
  /** 0 busy, 1 session. */
  stream: number;
  practitioner: string;
  /** 1 when longer than {@link LONG_ROW_MS}. */
  long: number;
  start: number;
  id: string;
  end: number;
  kind: string;
  /** All of them as a JSON array; `null` when `practitioner` is the only one. */
  practitioners: string | null;
  location: string | null;
  zone: string;
  slot_ms: number | null;
  /** `null` for 1. */
  capacity: number | null;
  hash: string;
  fingerprint: string;
}

export interface LogTable {
  clinic: number;
  seq: number;
  at: number;
  /** The event as JSON. */
  body: string;
}

/** Bookings and deletions under way, and what became of those that are closed. */
export interface IntentTable {
  clinic: number;
  key: string;
  /** In the order of recording. */
  place: number;
  /** `null` while it is open. */
  kept_until: number | null;
  /** The id of the row that it booked. */
  booked: string | null;
  /** `Intent` as JSON. */
  body: string;
  /** Of the body, so that damage shows. */
  sum: string;
}
