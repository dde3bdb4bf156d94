import type { Random } from '../../src/testing/random.js';
import { DOCTORS, SLOTS, slotOf } from '../booking/practice.js';
import type { SlotRef } from '../../src/domain/slot.js';
import type { Reach } from './messages.js';

/** Something that goes wrong. */
export interface Fault {
  readonly name: string;
  /** Resolves when everything outside the library is as it should be again. */
  strike(random: Random): Promise<void>;
}

/** A clinic that can be harmed. Its own software is not: it writes on the spot, and looks at nothing before it does. */
export interface Ground {
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  /** In words. */
  readonly described: string;
  /** How the host reaches it. */
  readonly reach: Reach;
  readonly faults: readonly Fault[];
  /** What cannot be made to fail here, and why. */
  readonly missing: readonly string[];
  /** A number by chance, in this engine's words. */
  readonly random: 'random()' | 'rand()';
  /** One statement of the clinic's own. Rejects where the clinic's own server is down. */
  query(statement: string): Promise<Record<string, unknown>[]>;
  /** Several in one transaction. */
  transaction(statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Slots that people want; few enough that they meet. */
export const WANTED = 800;

/** Doctors 1 to 7 share the wanted slots; the last one's are for {@link probeSlot}. */
export function wantedSlot(nth: number): SlotRef {
  const perDoctor = SLOTS / DOCTORS;
  return slotOf((nth % (DOCTORS - 1)) * perDoctor + Math.floor(nth / (DOCTORS - 1)));
}

/** A slot that nobody else touches, another one each time. */
export function probeSlot(nth: number): SlotRef {
  const perDoctor = SLOTS / DOCTORS;
  return slotOf((DOCTORS - 1) * perDoctor + (nth % perDoctor));
}

/** The clinic's own account of rows that came with a patient's name, and of those that the front desk took away. */
export const LEDGER = ['made', 'removed_by_desk'].map(
  (table) => `create table ${table} (patient varchar(40), id varchar(20))`,
);
