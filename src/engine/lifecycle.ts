import type { ErrorCode } from '../domain/errors.js';
import type { EngineEvent } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import type { Phase, ResyncReason } from '../domain/status.js';
import type { MassChange } from './breaker.js';

/** A comparison of the whole future that is due or under way. */
export interface PendingResync {
  readonly reason: ResyncReason;
  /** What the host was told may no longer hold: appointments may have come or gone unseen. */
  readonly possibleConflict: boolean;
  /** A host accepted the mass change. */
  readonly accept: boolean;
}

export interface LifecycleState {
  readonly phase: Phase;
  readonly since: Instant;
  /** Attempts to connect since the last time live. */
  readonly attempt: number;
  readonly resync: PendingResync;
  readonly lastFault: ErrorCode | null;
}

export type LifecycleInput =
  | { readonly type: 'start'; readonly resync: PendingResync }
  /** `reason`: what the clinic's identity or mapping says against going on as before. */
  | { readonly type: 'connected'; readonly reason: ResyncReason | null }
  /** An attempt to connect, a read, or the connection itself failed. */
  | { readonly type: 'clinicFailed'; readonly code: ErrorCode }
  | { readonly type: 'mirrorFailed'; readonly code: ErrorCode }
  | { readonly type: 'mirrorDamaged' }
  | { readonly type: 'fenced' }
  | { readonly type: 'massChange'; readonly change: MassChange }
  | { readonly type: 'resynced' }
  | { readonly type: 'resyncRequested'; readonly accept: boolean }
  | { readonly type: 'retryDue' }
  | { readonly type: 'recheckDue' }
  | { readonly type: 'stop' };

export type LifecycleInputType = LifecycleInput['type'];

export type LifecycleEffect =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** Try again after a full-jitter wait for this attempt, which failed with `code`. */
  | { readonly type: 'retryLater'; readonly attempt: number; readonly code: ErrorCode }
  | { readonly type: 'cancelRetry' }
  | { readonly type: 'recheckLater' }
  /** `quiet`: without `resync.started`; a held clinic is looked at again and again. */
  | { readonly type: 'resync'; readonly resync: PendingResync; readonly quiet: boolean }
  | { readonly type: 'watch' }
  | { readonly type: 'unwatch' }
  | { readonly type: 'emit'; readonly event: EngineEvent }
  /** The mirror is thrown away before it is opened again. */
  | { readonly type: 'discardMirror' }
  | { readonly type: 'close'; readonly inOrder: boolean };

export interface Step {
  readonly state: LifecycleState;
  readonly effects: readonly LifecycleEffect[];
}

export function initialState(now: Instant): LifecycleState {
  const resync = { reason: 'start', possibleConflict: true, accept: false } as const;
  return { phase: 'idle', since: now, attempt: 0, resync, lastFault: null };
}

type InputOf<T extends LifecycleInputType> = Extract<LifecycleInput, { type: T }>;
type Handler<T extends LifecycleInputType> = (state: LifecycleState, input: InputOf<T>) => HandlerStep;
type HandlerStep = { readonly next?: Partial<LifecycleState>; readonly effects?: readonly LifecycleEffect[] };
type Row = { readonly [T in LifecycleInputType]: Handler<T> };

const stay = (): HandlerStep => ({});

const OUTAGE: PendingResync = { reason: 'outage', possibleConflict: true, accept: false };

function goOffline(state: LifecycleState, code: ErrorCode, resync: PendingResync): HandlerStep {
  return {
    next: { phase: 'offline', attempt: state.attempt + 1, resync, lastFault: code },
    effects: [{ type: 'disconnect' }, { type: 'retryLater', attempt: state.attempt, code }],
  };
}

/** Whether a resync has looked into the state's reason for one. */
function isDealtWith({ phase }: LifecycleState): boolean {
  return phase === 'live' || phase === 'suspect';
}

/** A reason that says more than "outage" is kept through further outages until a resync has dealt with it. */
function afterOutage(state: LifecycleState): PendingResync {
  return isDealtWith(state) || state.resync.reason === 'requested' ? OUTAGE : state.resync;
}

const neverConnected: Handler<'clinicFailed'> = (state, { code }) => goOffline(state, code, state.resync);

const connectionLost: Handler<'clinicFailed'> = (state, { code }) => {
  const { next, effects = [] } = goOffline(state, code, afterOutage(state));
  return { ...(next && { next }), effects: [...effects, { type: 'emit', event: { type: 'connection.lost', code } }] };
};

const mirrorFailed: Handler<'mirrorFailed'> = (state, { code }) => {
  const keep = state.resync.reason === 'first-copy' || state.resync.reason === 'mirror-corrupt';
  const reason = keep && state.phase !== 'live' ? state.resync.reason : 'mirror-failed';
  return goOffline(state, code, { reason, possibleConflict: true, accept: false });
};

const mirrorDamaged: Handler<'mirrorDamaged'> = (state) => {
  const { next, effects = [] } = goOffline(state, 'MirrorCorrupt', {
    reason: 'mirror-corrupt',
    possibleConflict: true,
    accept: false,
  });
  return { ...(next && { next }), effects: [...effects, { type: 'discardMirror' }] };
};

const fenced: Handler<'fenced'> = () => ({
  next: { phase: 'stopped', lastFault: 'Fenced' },
  effects: [{ type: 'cancelRetry' }, { type: 'disconnect' }, { type: 'close', inOrder: false }],
});

/** A crash that no resync has looked into yet is left to the next opening, by not closing in order. */
const stop: Handler<'stop'> = (state) => ({
  next: { phase: 'stopped' },
  effects: [
    { type: 'cancelRetry' },
    { type: 'disconnect' },
    { type: 'close', inOrder: isDealtWith(state) || state.resync.reason !== 'crash' },
  ],
});

const hold: Handler<'massChange'> = (state, { change }) => ({
  // What was accepted is over.
  next: { phase: 'suspect', lastFault: 'ClinicSuspect', resync: { ...state.resync, accept: false } },
  effects: [
    { type: 'unwatch' },
    { type: 'emit', event: { type: 'clinic.suspect', ...change } },
    { type: 'recheckLater' },
  ],
});

const connectNow: HandlerStep = {
  next: { phase: 'connecting' },
  effects: [{ type: 'cancelRetry' }, { type: 'connect' }],
};

/** What each phase makes of each input. */
const TABLE: Readonly<Record<Phase, Row>> = {
  idle: {
    start: (_state, { resync }) => ({ next: { phase: 'connecting', resync }, effects: [{ type: 'connect' }] }),
    stop,
    connected: stay,
    clinicFailed: stay,
    mirrorFailed: stay,
    mirrorDamaged: stay,
    fenced: stay,
    massChange: stay,
    resynced: stay,
    resyncRequested: stay,
    retryDue: stay,
    recheckDue: stay,
  },
  connecting: {
    connected: (state, { reason }) => {
      const resync = reason === null ? state.resync : { reason, possibleConflict: true, accept: false };
      return { next: { phase: 'resyncing', resync }, effects: [{ type: 'resync', resync, quiet: false }] };
    },
    clinicFailed: neverConnected,
    mirrorFailed,
    mirrorDamaged,
    fenced,
    stop,
    start: stay,
    massChange: stay,
    resynced: stay,
    resyncRequested: stay,
    retryDue: stay,
    recheckDue: stay,
  },
  resyncing: {
    clinicFailed: connectionLost,
    mirrorFailed,
    mirrorDamaged,
    fenced,
    massChange: hold,
    resynced: () => ({ next: { phase: 'live', attempt: 0, lastFault: null }, effects: [{ type: 'watch' }] }),
    stop,
    start: stay,
    connected: stay,
    resyncRequested: stay,
    retryDue: stay,
    recheckDue: stay,
  },
  live: {
    clinicFailed: connectionLost,
    mirrorFailed,
    mirrorDamaged,
    fenced,
    massChange: hold,
    resyncRequested: (_state, { accept }) => {
      const resync: PendingResync = { reason: 'requested', possibleConflict: false, accept };
      return {
        next: { phase: 'resyncing', resync },
        effects: [{ type: 'unwatch' }, { type: 'resync', resync, quiet: false }],
      };
    },
    stop,
    start: stay,
    connected: stay,
    resynced: stay,
    retryDue: stay,
    recheckDue: stay,
  },
  suspect: {
    clinicFailed: connectionLost,
    mirrorFailed,
    mirrorDamaged,
    fenced,
    // Of a look that began before the host accepted: the one that goes by that is under way.
    massChange: ({ resync }) => (resync.accept ? {} : { effects: [{ type: 'recheckLater' }] }),
    resynced: (state) => ({
      next: { phase: 'live', attempt: 0, lastFault: null },
      effects: [
        { type: 'emit', event: { type: 'clinic.trusted', by: state.resync.accept ? 'host' : 'look' } },
        { type: 'watch' },
      ],
    }),
    resyncRequested: (_state, { accept }) => lookAtSuspect(accept),
    recheckDue: () => lookAtSuspect(false),
    stop,
    start: stay,
    connected: stay,
    retryDue: stay,
  },
  offline: {
    retryDue: () => connectNow,
    resyncRequested: () => connectNow,
    mirrorDamaged: (state) => ({
      next: { resync: { ...state.resync, reason: 'mirror-corrupt', possibleConflict: true } },
      effects: [{ type: 'discardMirror' }],
    }),
    fenced,
    stop,
    start: stay,
    connected: stay,
    clinicFailed: stay,
    mirrorFailed: stay,
    massChange: stay,
    resynced: stay,
    recheckDue: stay,
  },
  stopped: {
    start: stay,
    connected: stay,
    clinicFailed: stay,
    mirrorFailed: stay,
    mirrorDamaged: stay,
    fenced: stay,
    massChange: stay,
    resynced: stay,
    resyncRequested: stay,
    retryDue: stay,
    recheckDue: stay,
    stop: stay,
  },
};

function lookAtSuspect(accept: boolean): HandlerStep {
  const resync: PendingResync = { reason: 'suspect', possibleConflict: true, accept };
  return { next: { resync }, effects: [{ type: 'cancelRetry' }, { type: 'resync', resync, quiet: true }] };
}

/** The whole lifecycle: total over every phase and input, pure; effects are returned for somebody else to carry out. */
export function transition(state: LifecycleState, input: LifecycleInput, now: Instant): Step {
  const handle = TABLE[state.phase][input.type] as Handler<LifecycleInputType>;
  const { next = {}, effects = [] } = handle(state, input);
  const phase = next.phase ?? state.phase;
  return { state: { ...state, ...next, since: phase === state.phase ? state.since : now }, effects };
}
