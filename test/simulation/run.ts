import { checkEqual, checkReplica, checkSecrets, ProcessChecker } from './checkers.js';
import type { Intent } from '../../src/domain/intent.js';
import type { Scenario } from './scenario.js';
import { World, type HostProcess, type Violation } from './world.js';

export interface RunResult {
  readonly violations: readonly Violation[];
  /** The same for the same scenario, always. */
  readonly traceHash: string;
  readonly trace: readonly string[];
}

const SAMPLE_MS = 600;
/** Longer than it takes to notice anything by the slowest means, twice. */
const QUIET_MS = 14_000;
/** How long a statement of a process that has gone may still be on its way. */
const LATEST_MS = 12_000;

/** Plays one scenario to its end and says which promises were broken. */
export async function run(scenario: Scenario, keepTrace = false): Promise<RunResult> {
  const checkers = new Map<HostProcess, ProcessChecker>();
  const world: World = new World(scenario, {
    keepTrace,
    onProcess: (process) => checkers.set(process, new ProcessChecker(world, process)),
  });
  const { time } = world;
  const isLive = () => world.process?.started === true && world.process.sync.status.phase === 'live';
  const checker = () => world.process && checkers.get(world.process);

  world.launch();
  for (const action of scenario.actions) {
    time.after(action.at, () => {
      world.perform(action);
    });
  }
  const { rival } = scenario;
  if (rival)
    time.after(rival.at, () => {
      world.contend(rival);
    });
  const sample = () => {
    checker()?.sample();
    world.checkOwner();
    time.after(SAMPLE_MS, sample);
  };
  sample();
  await time.runUntil(scenario.lengthMs);
  world.heal();

  /** A host looks at a mass change that stays, and accepts it. */
  const becomeLive = async (): Promise<boolean> => {
    for (let accepts = 0; !(await time.runUntilDone(isLive, 45_000)); accepts++) {
      const { process } = world;
      if (process?.sync.status.phase !== 'suspect' || accepts > 3) {
        world.violate('S1', `not live again, but ${process?.sync.status.phase ?? 'down'}`);
        return false;
      }
      checker()?.hostAccepted();
      void process.sync.resync({ acceptMassChange: true });
    }
    return true;
  };
  const result = () => ({ violations: world.violations, traceHash: world.traceHash, trace: world.trace });
  if (!(await becomeLive())) return result();
  // Its own statements a host knows of; another process's it has to notice.
  await time.runUntil(time.now + QUIET_MS + (rival ? LATEST_MS : 0));
  if (!(await becomeLive())) return result();
  checkEqual(world, 'by itself');
  await settle(world, async () => world.process?.sync.resync());
  checkEqual(world, 'after a resync');
  await time.runUntil(time.now + 2_000);
  checkReplica(world);
  world.patients.check(openKeys(world));
  checkSecrets(world);
  await settle(world, async () => world.process?.sync.stop());
  if (world.shelf?.owner) world.violate('S10', 'the mirror is still open after stop');
  return result();
}

async function settle(world: World, work: () => Promise<unknown>): Promise<void> {
  let done = false;
  void work().then(() => {
    done = true;
  });
  if (!(await world.time.runUntilDone(() => done, 60_000))) world.violate('S13', 'a request was never answered');
}

function openKeys(world: World): string[] {
  const intents = [...(world.shelf?.intents.values() ?? [])].map((text) => JSON.parse(text) as Intent);
  return intents.filter(({ outcome, wish }) => outcome === null && wish.kind !== 'hold').map(({ key }) => key);
}
