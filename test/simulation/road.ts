import { fault, type AdapterError } from '../../src/domain/errors.js';
import { type Scope } from '../../src/domain/scope.js';
import type { Random } from '../../src/testing/random.js';
import type { Road } from '../../src/testing/faulty-adapter.js';
import type { VirtualTime } from '../../src/testing/virtual-time.js';

/** Until when each trouble lasts, in virtual ms. */
export interface Troubles {
  cut: number;
  hang: number;
  slow: number;
  deaf: number;
  forbid: number;
  diskFull: number;
  diskFail: number;
  /** Nothing is late any more. */
  calm: boolean;
  /** When the present silence began. */
  silentSince: number | null;
}

export const NO_TROUBLES = (): Troubles => ({
  cut: 0,
  hang: 0,
  slow: 0,
  deaf: 0,
  forbid: 0,
  diskFull: 0,
  diskFail: 0,
  calm: false,
  silentSince: null,
});

export type LinkHandle = Parameters<Road['onLink']>[0];

/** A new one each time: whoever waits for it must be forgotten with it. */
export const never = (): Promise<never> => new Promise(() => undefined);

const WRITES: ReadonlySet<string> = new Set(['book', 'delete']);

/** The road of one process. `step` is called at every point where the process may be killed. */
export function simulatedRoad(
  time: VirtualTime,
  random: Random,
  troubles: Troubles,
  step: () => Promise<void>,
  isAlive: () => boolean,
  links: Set<LinkHandle>,
): Road {
  const isOn = (until: number) => time.now < until;
  const travel = async (): Promise<AdapterError | undefined> => {
    await step();
    if (isOn(troubles.cut)) {
      await time.wait(random.int(1, 30));
      return fault('ClinicUnreachable');
    }
    await time.wait(random.int(1, 20) + (isOn(troubles.slow) ? random.int(100, 2_500) : 0));
    if (isOn(troubles.hang)) return never();
    if (isOn(troubles.cut)) return fault('ClinicUnreachable');
    await step();
    return undefined;
  };
  return {
    request: async (what) => {
      const failed = (await travel()) ?? (isOn(troubles.forbid) ? fault('PermissionDenied') : undefined);
      // A statement that writes may lie in some buffer for longer than anybody waits for it, and arrive all the same.
      if (!failed && !troubles.calm && WRITES.has(what) && random.chance(0.08))
        await time.wait(random.int(1_000, 12_000));
      return failed;
    },
    answer: travel,
    hint: (_scope: Scope) => {
      if (isOn(troubles.deaf) || isOn(troubles.cut) || isOn(troubles.hang)) return { delaysMs: [] };
      if (random.chance(0.05)) return { delaysMs: [] };
      const once = random.chance(0.1) ? random.int(500, 6_000) : random.int(1, 30);
      return { delaysMs: random.chance(0.1) ? [once, random.int(1, 3_000)] : [once] };
    },
    after: (ms, deliver) => {
      time.after(ms, () => {
        if (isAlive()) deliver();
      });
    },
    tears: () => (random.chance(0.5) ? random.int(0, 150) : undefined),
    onLink: (link) => links.add(link),
  };
}
