/** What the steps of the story share. */
import { type Child } from '../channel.js';
import type { Clinic } from '../clinic.js';
import type { HostOptions } from '../host.js';
import { type Platform } from '../platform.js';
import type { Change, DeskCalls } from '../receptionist.js';

/** What a patient online asked for. */
export interface OnlineRequest {
  readonly key: string;
  readonly patient: string;
  readonly slot: { readonly practitionerId: string; readonly start: number; readonly end: number };
  readonly result: string;
  /** The row, when booked. */
  readonly id?: string | undefined;
}

/** What was seen in passing, and is checked at the end. */
export interface Seen {
  /** Every change made at the desk since the first copy. */
  readonly changes: Change[];
  readonly latencies: number[];
  slotVanished: boolean;
  /** Everything that patients online asked for, and what became of it. */
  readonly requests: OnlineRequest[];
  /** What a patient was told who wanted to book while the cable was pulled. */
  readonly heldAnswers: string[];
  /** Bookings under way when the process was killed that nobody had been told of. */
  unanswered: number;
  /** The labels of the answers given while the cable was pulled. */
  readonly offlineLabels: string[];
  outage: { differences: boolean; possibleConflict: boolean } | null;
  crashReason: string | null;
  resumed: boolean;
}

export interface Tale {
  readonly clinic: Clinic;
  readonly hostOptions: HostOptions;
  readonly desk: Child<DeskCalls>;
  /** The host's present process. */
  platform: Platform;
  readonly seen: Seen;
}

export function newSeen(): Seen {
  return {
    changes: [],
    latencies: [],
    slotVanished: false,
    requests: [],
    heldAnswers: [],
    unanswered: 0,
    offlineLabels: [],
    outage: null,
    crashReason: null,
    resumed: false,
  };
}

/** How many rows a comparison must find created, deleted and replaced after these changes. */
export function expectedCounts(changes: readonly Change[]): { created: number; deleted: number; replaced: number } {
  const count = (kind: Change['kind']) => changes.filter((change) => change.kind === kind).length;
  const replaced = count('move');
  return { created: count('insert') + replaced, deleted: count('delete') + replaced, replaced };
}
