/** One of the places of a {@link Gate}. */
export interface Place {
  /** Aborts when the place has gone to somebody who waited, because this one took long. */
  readonly lost: AbortSignal;
  /** Gives it back. Idempotent, and nothing after it was lost. */
  leave(): void;
}

/** Lets clinics do what strains the process, a few at a time. */
export interface Gate {
  /** Waits for a place; `null` when the signal aborts first. */
  enter(signal: AbortSignal): Promise<Place | null>;
}

/** What a clinic shares with the others of its process. */
export interface Company {
  /** A place is held from before the adapter is asked to connect until the link is proven, or lost. */
  readonly connecting: Gate;
  /** A place is held while the whole future is compared; who lost it waits for another before its next read. */
  readonly resyncing: Gate;
  /** Patients are asking for this clinic. */
  wanted(): void;
  /** How long to wait before the next pulse, in ms: `own`, or longer where many ask. `isQuiet`: nothing has happened for long. */
  pulseMs(own: number, isQuiet: boolean): number;
  /** A wait that comes again and again: a little shorter than `ms` by chance, so that many do not stay in phase. */
  spread(ms: number): number;
}

const OPEN: Gate = {
  enter: async (signal) => (signal.aborted ? null : { lost: NEVER, leave: () => undefined }),
};
const NEVER = new AbortController().signal;

/** A clinic that has the process to itself. */
export const ALONE: Company = {
  connecting: OPEN,
  resyncing: OPEN,
  wanted: () => undefined,
  pulseMs: (own) => own,
  spread: (ms) => ms,
};
