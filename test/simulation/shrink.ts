import { run } from './run.js';
import type { Action, Scenario } from './scenario.js';

/** At most this many runs are spent on making a failing one short. */
const MAX_TRIES = 600;

export type Breaks = (scenario: Scenario) => Promise<boolean>;

/** Whether a scenario breaks this promise. */
export function breaking(promise: string): Breaks {
  return async (scenario) => (await run(scenario)).violations.some((violation) => violation.promise === promise);
}

/** The shortest scenario found that still fails: without actions, rows and time that it does not need. */
export async function shrink(scenario: Scenario, breaks: Breaks): Promise<Scenario> {
  let tries = 0;
  let best = scenario;
  const tryIt = async (candidate: Scenario): Promise<boolean> => {
    if (++tries > MAX_TRIES || !(await breaks(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.actions.length;) {
      const actions: Action[] = best.actions.filter((_, i) => i < from || i >= from + size);
      if (!(await tryIt({ ...best, actions }))) from += size;
    }
  }
  for (const rows of [0, 1, 3, Math.floor(best.rows / 2)]) {
    if (rows < best.rows && (await tryIt({ ...best, rows }))) break;
  }
  const last = best.actions.at(-1)?.at ?? 0;
  await tryIt({ ...best, lengthMs: last + 1_000 });
  return best;
}
