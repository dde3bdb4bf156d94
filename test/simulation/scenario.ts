import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/instant.js';
import type { MemoryCapabilities } from '../../src/adapters/memory/index.js';
import { Random } from '../../src/testing/random.js';

/** What happens at one moment; `r` seeds whatever is left to chance in it, so that leaving others out changes nothing here. */
export type Action = { readonly at: number; readonly r: number } & (
  | { readonly do: 'insert' | 'remove' | 'edit' | 'reuse' | 'late' | 'roster' | 'unrelated' | 'undecodable' }
  | {
      readonly do: 'storm' | 'empty' | 'cut' | 'hang' | 'slow' | 'deafen' | 'forbid' | 'diskFull' | 'diskFail';
      readonly ms: number;
    }
  | { readonly do: 'book' | 'race' | 'clash' | 'cancel' | 'hold' }
  | { readonly do: 'spuriousHint' | 'backup' | 'restore' | 'replaceClinic' }
  | { readonly do: 'hostClock' | 'clinicClock'; readonly ms: number; readonly forMs: number }
  | { readonly do: 'kill'; readonly afterSteps: number; readonly disk: DiskFate; readonly downMs: number }
  | { readonly do: 'stop'; readonly downMs: number }
  | { readonly do: 'resync' | 'remap' }
);

/** What becomes of the mirror while the process is dead. */
export type DiskFate = 'kept' | 'truncated' | 'rowFlipped' | 'idFlipped' | 'logFlipped' | 'rolledBack' | 'lost';

export interface Scenario {
  readonly seed: number;
  /** When it begins, so that the clinic's midnight may fall within it. */
  readonly epoch: number;
  readonly capabilities: MemoryCapabilities;
  /** The engine's pulse moves when a row is written, not when it is committed. */
  readonly earlyPulse: boolean;
  readonly practitioners: number;
  readonly rows: number;
  readonly lengthMs: number;
  readonly actions: readonly Action[];
  /** The clinic's engine has session locks: one process of the platform's at a time. */
  readonly locks: boolean;
  /** A second process of the platform's, with a mirror of its own, for a while. */
  readonly rival: Rival | null;
}

export interface Rival {
  readonly at: number;
  readonly forMs: number;
  readonly r: number;
}

export const ZONE = 'Australia/Melbourne';

const KINDS = {
  insert: 14,
  remove: 9,
  edit: 8,
  reuse: 5,
  late: 3,
  roster: 1,
  unrelated: 3,
  undecodable: 1,
  book: 10,
  race: 3,
  clash: 4,
  cancel: 4,
  hold: 5,
  storm: 2,
  empty: 1,
  cut: 3,
  hang: 2,
  slow: 2,
  deafen: 2,
  forbid: 1,
  diskFull: 1,
  diskFail: 1,
  spuriousHint: 2,
  backup: 1,
  restore: 1,
  replaceClinic: 1,
  hostClock: 1,
  clinicClock: 1,
  kill: 4,
  stop: 1,
  resync: 1,
  remap: 1,
} as const;

const FATES = { kept: 8, truncated: 1, rowFlipped: 1, idFlipped: 1, logFlipped: 1, rolledBack: 2, lost: 1 } as const;

/** The scenario of a seed: the same on every machine. */
export function generate(seed: number): Scenario {
  const random = new Random(seed);
  const lengthMs = random.int(15, 60) * SECOND;
  const bool = () => random.chance(0.6);
  const pulse = random.chance(0.8);
  const capabilities: MemoryCapabilities = {
    pulse,
    awaitPulse: pulse && bool(),
    newKeys: random.chance(0.5),
    snapshot: random.chance(0.3),
    push: random.chance(0.5),
    readKeys: random.chance(0.8),
    digest: random.chance(0.7),
    // By a chance of its own, as below.
    sketch: new Random(seed ^ 0x1b56c4e9).chance(0.6),
    sessions: random.chance(0.8),
    writes: true,
    tokens: random.chance(0.9),
  };
  // 2026-03-02T13:00Z is midnight in Melbourne; one run in four begins shortly before it.
  const midnight = Date.UTC(2026, 2, 2, 13);
  const epoch = random.chance(0.25) ? midnight - random.int(1, 40) * SECOND : midnight + random.int(2, 20) * HOUR;
  const actions: Action[] = [];
  const count = random.int(4, 40);
  for (let i = 0; i < count; i++) actions.push(action(random, random.int(0, lengthMs)));
  // Changes in quick succession are where races live.
  for (let burst = random.int(0, 2); burst > 0; burst--) {
    const at = random.int(0, lengthMs);
    for (let i = random.int(2, 8); i > 0; i--) actions.push(clinicAction(random, at + random.int(0, 1_500)));
  }
  actions.sort((a, b) => a.at - b.at);
  const earlyPulse = random.chance(0.2);
  return {
    seed,
    epoch,
    capabilities,
    earlyPulse,
    practitioners: random.int(1, 4),
    rows: random.int(0, 40),
    lengthMs,
    actions,
    ...contention(new Random(seed ^ 0x2545f491), lengthMs),
  };
}

/** By chance of its own, so that what else happens under a seed stays what it was. */
function contention(random: Random, lengthMs: number): Pick<Scenario, 'locks' | 'rival'> {
  const at = random.int(0, lengthMs);
  const rival = { at, forMs: random.int(2_000, 30_000), r: random.int(0, 2 ** 31) };
  return { locks: random.chance(0.3), rival: random.chance(0.25) ? rival : null };
}

function clinicAction(random: Random, at: number): Action {
  return { at, r: random.int(0, 2 ** 31), do: random.weighted({ insert: 4, remove: 3, edit: 4, reuse: 2, late: 1 }) };
}

function action(random: Random, at: number): Action {
  const kind = random.weighted(KINDS);
  const base = { at, r: random.int(0, 2 ** 31) };
  switch (kind) {
    case 'storm':
      return { ...base, do: kind, ms: random.int(500, 6_000) };
    case 'empty':
    case 'cut':
    case 'hang':
    case 'slow':
    case 'deafen':
    case 'forbid':
    case 'diskFull':
    case 'diskFail':
      return { ...base, do: kind, ms: random.int(100, 20_000) };
    case 'hostClock':
    case 'clinicClock': {
      const ms = random.pick([-3 * DAY, -HOUR, -5 * MINUTE, -SECOND, SECOND, 5 * MINUTE, HOUR, 30 * HOUR, 40 * DAY]);
      return { ...base, do: kind, ms, forMs: random.int(1_000, 30_000) };
    }
    case 'kill': {
      const afterSteps = random.int(0, 40);
      return { ...base, do: kind, afterSteps, disk: random.weighted(FATES), downMs: random.int(0, 8_000) };
    }
    case 'stop':
      return { ...base, do: kind, downMs: random.int(0, 8_000) };
    default:
      return { ...base, do: kind };
  }
}
