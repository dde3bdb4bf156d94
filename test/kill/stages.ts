import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../../src/testing/random.js';
import type { Life } from './life.js';
import type { FromHost } from './messages.js';

/** After what a process is killed, and how often each is drawn. */
export const STAGES = { spawn: 10, status: 10, resyncing: 20, live: 15, checked: 15, burst: 15, commit: 15 } as const;
export type Stage = keyof typeof STAGES;

/** The kill comes this long after the stage at the most. */
const LATEST_MS = 400;

/** The mirror's commit that is about to begin when the process is killed; 0: not by commits. */
export function commitToTell(stage: Stage, random: Random): number {
  return stage === 'commit' ? random.int(1, 25) : 0;
}

export interface StageTools {
  readonly life: Life;
  readonly random: Random;
  /** Everything has to be equal before the work goes on. */
  readonly check: () => Promise<void>;
  readonly burst: () => void;
}

/** Resolves at the moment of the kill. */
export async function awaitMoment(stage: Stage, { life, random, check, burst }: StageTools): Promise<void> {
  const isStatus = (message: FromHost): message is FromHost => message.type === 'status';
  const isCommit = (message: FromHost): message is FromHost => message.type === 'committing';
  switch (stage) {
    case 'spawn':
      break;
    case 'status':
      await life.until(isStatus);
      break;
    case 'resyncing':
      await life.untilPhase('resyncing');
      break;
    case 'live':
      await life.untilPhase('live');
      break;
    case 'checked':
      await life.untilPhase('live');
      await check();
      break;
    case 'burst':
      await life.untilPhase('live');
      await check();
      burst();
      break;
    case 'commit':
      // A look at a busy clinic may be seconds off: the engine spares its server.
      await Promise.race([life.until(isCommit), sleep(3_000)]);
      // The commit is under way now, and takes about this long.
      await sleep(random.next() * 4);
      return;
  }
  await sleep(random.next() * LATEST_MS);
}
