import type { MemoryClinic } from './clinic.js';

/** Calls `fire` after `ms`; the answer cancels. */
export type Wait = (ms: number, fire: () => void) => () => void;

/** A session's lock on a clinic's name, as databases have them. */
export interface SessionLock {
  /** The session has been heard of. False once the lock is lost. */
  heard(): boolean;
  release(): void;
}

/**
 * Takes the lock, or answers `undefined` where another session holds it. One that is not heard of for `silenceMs` loses it, as a
 * server that looks after its connections drops a dead client.
 */
export function takeLock(clinic: MemoryClinic, name: string, silenceMs: number, wait: Wait): SessionLock | undefined {
  if (clinic.locks.has(name)) return undefined;
  const holder = {};
  clinic.locks.set(name, holder);
  const holds = () => clinic.locks.get(name) === holder;
  const release = () => {
    cancel();
    if (holds()) clinic.locks.delete(name);
  };
  let cancel = wait(silenceMs, release);
  return {
    heard: () => {
      cancel();
      if (holds()) cancel = wait(silenceMs, release);
      return holds();
    },
    release,
  };
}
