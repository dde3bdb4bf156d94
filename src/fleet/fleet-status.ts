import type { ErrorCode } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { FRESHNESS_OF, type ClinicStatus, type Freshness, type Phase } from '../domain/status.js';

/** A clinic that is not live, and why. */
export interface NotLive {
  readonly clinicId: string;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: Instant;
  /** What ended its last connection, attempt or start; `null`: nothing, it is on its way. */
  readonly fault: ErrorCode | null;
}

/** How many clinics wait for their turn, and how many have it. */
export interface TurnsTaken {
  readonly waiting: number;
  readonly underWay: number;
}

export interface FleetStatus {
  readonly clinics: number;
  readonly phases: Readonly<Record<Phase, number>>;
  readonly freshness: Readonly<Record<Freshness, number>>;
  /** The one that has not been live for longest first. */
  readonly notLive: readonly NotLive[];
  readonly connecting: TurnsTaken;
  readonly resyncing: TurnsTaken;
}

const NO_PHASES: Readonly<Record<Phase, number>> = {
  idle: 0,
  connecting: 0,
  resyncing: 0,
  live: 0,
  suspect: 0,
  offline: 0,
  stopped: 0,
};

/** Counts clinics by phase as they change, so that a look at the whole costs nothing of the size of the fleet. */
export class Headcount {
  private readonly phases: Record<Phase, number> = { ...NO_PHASES };
  private readonly notLive = new Map<string, NotLive>();
  private readonly present = new Map<string, Phase>();

  /** Answers whether anything changed that the fleet's status shows. */
  note({ clinicId, phase, since, lastFault }: ClinicStatus, startFault: ErrorCode | null): boolean {
    const before = this.present.get(clinicId);
    const fault = lastFault ?? startFault;
    const known = this.notLive.get(clinicId);
    if (before === phase && (phase === 'live' || known?.fault === fault)) return false;
    if (before !== undefined) this.phases[before]--;
    this.phases[phase]++;
    this.present.set(clinicId, phase);
    if (phase === 'live') this.notLive.delete(clinicId);
    else this.notLive.set(clinicId, { clinicId, phase, since, fault });
    return true;
  }

  forget(clinicId: string): void {
    const before = this.present.get(clinicId);
    if (before === undefined) return;
    this.phases[before]--;
    this.present.delete(clinicId);
    this.notLive.delete(clinicId);
  }

  get status(): Omit<FleetStatus, 'connecting' | 'resyncing'> {
    const freshness: Record<Freshness, number> = { live: 0, resyncing: 0, offline: 0, suspect: 0 };
    for (const [phase, count] of Object.entries(this.phases)) freshness[FRESHNESS_OF[phase as Phase]] += count;
    const { present, phases, notLive } = this;
    return { clinics: present.size, phases: { ...phases }, freshness, notLive: [...notLive.values()] };
  }
}
