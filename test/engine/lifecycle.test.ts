import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Phase } from '../../src/domain/status.js';
import {
  initialState,
  transition,
  type LifecycleInput,
  type LifecycleState,
  type PendingResync,
} from '../../src/engine/lifecycle.js';
import { check } from '../property.js';

const resync: PendingResync = { reason: 'start', possibleConflict: true, accept: false };
const change = { removing: 60, of: 100, limit: 50 };
const INPUTS: readonly LifecycleInput[] = [
  { type: 'start', resync },
  { type: 'connected', reason: null },
  { type: 'connected', reason: 'identity-changed' },
  { type: 'clinicFailed', code: 'ClinicTimeout' },
  { type: 'mirrorFailed', code: 'MirrorFull' },
  { type: 'mirrorDamaged' },
  { type: 'fenced' },
  { type: 'massChange', change },
  { type: 'resynced' },
  { type: 'resyncRequested', accept: false },
  { type: 'resyncRequested', accept: true },
  { type: 'retryDue' },
  { type: 'recheckDue' },
  { type: 'stop' },
];

/** Plays inputs from the beginning. */
function play(inputs: readonly LifecycleInput[]) {
  const steps = [];
  let state = initialState(0);
  for (const [i, input] of inputs.entries()) {
    const before = state;
    const step = transition(state, input, i + 1);
    state = step.state;
    steps.push({ before, input, ...step });
  }
  return steps;
}

const story = fc.array(fc.constantFrom(...INPUTS), { maxLength: 40 });
const has = (step: { effects: readonly { type: string }[] }, type: string) =>
  step.effects.some((effect) => effect.type === type);

describe('the lifecycle', () => {
  it('goes live only by a resync that succeeded, while connected', () => {
    check(
      fc.property(story, (inputs) => {
        for (const { before, input, state } of play(inputs)) {
          if (state.phase !== 'live' || before.phase === 'live') continue;
          expect(input.type).toBe('resynced');
          expect(['resyncing', 'suspect']).toContain(before.phase);
        }
      }),
      3_000,
    );
  });

  it('starts to watch exactly when it goes live, and ends whatever it leaves', () => {
    check(
      fc.property(story, (inputs) => {
        for (const step of play(inputs)) {
          expect(has(step, 'watch')).toBe(step.state.phase === 'live' && step.before.phase !== 'live');
          if (step.before.phase === 'live' && step.state.phase !== 'live') {
            expect(has(step, 'unwatch') || has(step, 'disconnect')).toBe(true);
          }
        }
      }),
      3_000,
    );
  });

  it('always has something that leads on, until told to stop', () => {
    check(
      fc.property(story, (inputs) => {
        let waits = false;
        for (const step of play(inputs)) {
          if (has(step, 'cancelRetry')) waits = false;
          if (has(step, 'retryLater') || has(step, 'recheckLater')) waits = true;
          if (step.input.type === 'retryDue' || step.input.type === 'recheckDue') waits = false;
          if (step.state.phase === 'offline' && step.before.phase !== 'offline') expect(waits).toBe(true);
        }
      }),
      3_000,
    );
  });

  it('stops for good from everywhere, and closes once', () => {
    check(
      fc.property(story, (inputs) => {
        const steps = play([...inputs, { type: 'stop' }, ...INPUTS]);
        expect(steps.at(-1)?.state.phase).toBe('stopped');
        expect(steps.filter((step) => has(step, 'close'))).toHaveLength(1);
      }),
      3_000,
    );
  });

  it('warns of a possible conflict before every resync that nobody asked for', () => {
    check(
      fc.property(story, (inputs) => {
        for (const { effects } of play(inputs)) {
          for (const effect of effects) {
            if (effect.type === 'resync')
              expect(effect.resync.possibleConflict).toBe(effect.resync.reason !== 'requested');
          }
        }
      }),
      3_000,
    );
  });

  it('accepts a mass change only when the host did so', () => {
    check(
      fc.property(story, (inputs) => {
        for (const { input, effects } of play(inputs)) {
          for (const effect of effects) {
            if (effect.type === 'resync' && effect.resync.accept) expect(input).toMatchObject({ accept: true });
          }
        }
      }),
      3_000,
    );
  });

  it('measures the time since a phase began', () => {
    check(
      fc.property(story, (inputs) => {
        let began: { phase: Phase; since: number } = { phase: 'idle', since: 0 };
        for (const [i, { state }] of play(inputs).entries()) {
          if (state.phase !== began.phase) began = { phase: state.phase, since: i + 1 };
          expect(state.since).toBe(began.since);
        }
      }),
    );
  });

  it('remembers why a resync is due through further outages', () => {
    const steps = play([
      { type: 'start', resync: { ...resync, reason: 'crash' } },
      { type: 'clinicFailed', code: 'ClinicTimeout' },
      { type: 'retryDue' },
      { type: 'connected', reason: null },
    ]);
    const last: LifecycleState | undefined = steps.at(-1)?.state;
    expect(last?.resync.reason).toBe('crash');
  });

  it('leaves a crash to the next opening when it is stopped before a resync has looked into it', () => {
    const closing = (...inputs: LifecycleInput[]) =>
      play([{ type: 'start', resync: { ...resync, reason: 'crash' } }, ...inputs, { type: 'stop' }])
        .at(-1)
        ?.effects.find(({ type }) => type === 'close');
    expect(closing({ type: 'clinicFailed', code: 'PermissionDenied' })).toMatchObject({ inOrder: false });
    expect(closing({ type: 'connected', reason: null })).toMatchObject({ inOrder: false });
    expect(closing({ type: 'connected', reason: null }, { type: 'resynced' })).toMatchObject({ inOrder: true });
  });

  it('goes by what the host accepted although a look that began before still holds', () => {
    const held: LifecycleInput = { type: 'massChange', change };
    const suspect: LifecycleInput[] = [{ type: 'start', resync }, { type: 'connected', reason: null }, held];
    const accepted = play([...suspect, { type: 'recheckDue' }, { type: 'resyncRequested', accept: true }, held]);
    expect(accepted.at(-1)).toMatchObject({ state: { phase: 'suspect', resync: { accept: true } }, effects: [] });
    const trusted = transition(accepted.at(-1)!.state, { type: 'resynced' }, 9);
    expect(trusted.effects[0]).toMatchObject({ event: { type: 'clinic.trusted', by: 'host' } });
    // The next one is held again, and nobody has accepted that.
    const again = transition(trusted.state, held, 10);
    expect(again.state).toMatchObject({ phase: 'suspect', resync: { accept: false } });
    expect(transition(again.state, held, 11).effects).toEqual([{ type: 'recheckLater' }]);
  });
});
