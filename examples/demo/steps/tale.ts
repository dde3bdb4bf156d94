/** What the steps of the story share. */
import { type Child } from '../channel.js';
import type { Clinic } from '../clinic.js';
import type { HostOptions } from '../host.js';
import { type Platform } from '../platform.js';
import type { Change, DeskCalls } from '../receptionist.js';

/** What was seen in passing, and is checked at the end. */
export interface Seen {
  /** Every change made at the desk since the first copy. */
  readonly changes: Change[];
  readonly latencies: number[];
  slotVanished: boolean;
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
