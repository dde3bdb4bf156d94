import type { Instant } from '../domain/instant.js';
import type { Intent, IntentOutcome, IntentWish } from '../domain/intent.js';
import type { Runtime } from './runtime.js';

/** A request as it is first recorded: whatever comes after this, the clinic may have heard of it. */
export function recordIntent(
  runtime: Runtime,
  request: {
    readonly key: string;
    readonly wish: IntentWish;
    readonly requestHash: string;
    readonly deadline: Instant;
  },
): Intent {
  return {
    ...request,
    state: 'sent',
    token: runtime.newId(),
    row: null,
    recordedAt: runtime.now(),
    outcome: null,
    closedAt: null,
  };
}

export function closed(intent: Intent, outcome: IntentOutcome, at: Instant): Intent {
  return { ...intent, state: 'closed', outcome, closedAt: at };
}
