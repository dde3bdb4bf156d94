import type { Company } from '../engine/company.js';
import type { Runtime } from '../engine/runtime.js';
import { FairGate } from './fair-gate.js';
import type { FleetStatus, TurnsTaken } from './fleet-status.js';

export interface ConciergeOptions {
  readonly maxConnecting: number;
  readonly maxResyncing: number;
  readonly pulsesPerSecond: number;
  readonly runtime: Runtime;
}

/** How long a clinic keeps its place while others wait, in ms. */
const PATIENCE_MS = 2_000;

/** Deals out what the clinics of one process share. */
export class Concierge {
  private readonly connecting: FairGate;
  private readonly resyncing: FairGate;

  constructor(
    private readonly options: ConciergeOptions,
    private readonly clinics: () => number,
  ) {
    const { maxConnecting, maxResyncing, runtime } = options;
    const both = { patienceMs: PATIENCE_MS, runtime };
    // A connection that was begun is lost with its place; a resync goes on where it was.
    this.connecting = new FairGate({ ...both, places: maxConnecting, growing: true });
    this.resyncing = new FairGate({ ...both, places: maxResyncing, growing: false });
  }

  /** For one clinic. */
  company(): Company {
    const [connecting, resyncing] = [this.connecting.door(), this.resyncing.door()];
    return {
      connecting,
      resyncing,
      wanted: () => {
        connecting.wanted();
        resyncing.wanted();
      },
      quietPulseMs: (own) => Math.max(own, (this.clinics() * 1_000) / this.options.pulsesPerSecond),
    };
  }

  get turns(): Pick<FleetStatus, 'connecting' | 'resyncing'> {
    const of = ({ waiting, inside }: FairGate): TurnsTaken => ({ waiting, underWay: inside });
    return { connecting: of(this.connecting), resyncing: of(this.resyncing) };
  }
}
