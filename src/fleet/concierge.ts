import type { Company } from '../engine/company.js';
import type { Runtime } from '../engine/runtime.js';
import { FairGate } from './fair-gate.js';
import { PulseBudget } from './pulse-budget.js';
import type { FleetStatus, TurnsTaken } from './fleet-status.js';

export interface ConciergeOptions {
  readonly maxConnecting: number;
  readonly maxResyncing: number;
  readonly pulsesPerSecond: number;
  readonly runtime: Runtime;
}

/** How long a clinic keeps its place while others wait, in ms. */
const PATIENCE_MS = 2_000;

/** The share of all pulses that clinics may take at which nothing has happened for long. */
const QUIET_SHARE = 1 / 6;

/** Waits differ by chance by so much, so that those which began together do not stay so. */
const SPREAD = 0.2;

/** The same for what must not come later than it says. */
const EARLY = 0.1;

/** Deals out what the clinics of one process share. */
export class Concierge {
  private readonly connecting: FairGate;
  private readonly resyncing: FairGate;
  private readonly busyPulses: PulseBudget;
  private readonly quietPulses: PulseBudget;

  constructor(private readonly options: ConciergeOptions) {
    const { maxConnecting, maxResyncing, pulsesPerSecond, runtime } = options;
    const both = { patienceMs: PATIENCE_MS, runtime };
    // A connection that was begun is lost with its place; a resync goes on where it was.
    this.connecting = new FairGate({ ...both, places: maxConnecting, resumes: false });
    this.resyncing = new FairGate({ ...both, places: maxResyncing, resumes: true });
    this.quietPulses = new PulseBudget(pulsesPerSecond * QUIET_SHARE, runtime);
    this.busyPulses = new PulseBudget(pulsesPerSecond * (1 - QUIET_SHARE), runtime);
  }

  /** For one clinic. */
  company(): Company {
    const [connecting, resyncing] = [this.connecting.door(), this.resyncing.door()];
    const [busy, quiet] = [this.busyPulses.share(), this.quietPulses.share()];
    const { runtime } = this.options;
    return {
      connecting,
      resyncing,
      wanted: () => {
        connecting.wanted();
        resyncing.wanted();
      },
      spread: (ms) => ms * (1 - EARLY * runtime.random()),
      pulseMs: (own, isQuiet) => own * (isQuiet ? quiet() : busy()) * (1 + SPREAD * (2 * runtime.random() - 1)),
    };
  }

  get turns(): Pick<FleetStatus, 'connecting' | 'resyncing'> {
    const of = ({ waiting, inside }: FairGate): TurnsTaken => ({ waiting, underWay: inside });
    return { connecting: of(this.connecting), resyncing: of(this.resyncing) };
  }
}
