import type { Cable } from './cable.js';
import type { Engine } from './flags.js';
import type { Practice } from './practice.js';

/** What the demo needs of a clinic's database. */
export interface Clinic {
  readonly engine: Engine;
  /** In words. */
  readonly described: string;
  /** Where the clinic's own software connects: on the spot. */
  readonly desk: string;
  /** Where the platform connects: over the cable, with the least rights that there are. */
  readonly remote: string;
  /** The login that books, where the engine has logins. */
  readonly write?: { readonly user: string; readonly password: string };
  readonly cable: Cable;
  /** Lays out the tables and fills them. */
  fill(practice: Practice): Promise<void>;
  /** Closes and deletes everything. */
  remove(): Promise<void>;
}

/** A name that no other text of the demo contains, so that a leak can be searched for. */
export const patientName = (n: number) => `Patient No. ${n}`;
export const PATIENT_MARK = 'Patient ';
export const patientOnline = (key: string) => `${PATIENT_MARK}${key}`;
