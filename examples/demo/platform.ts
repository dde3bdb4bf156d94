/** The demo's end of the host process: everything that it told, and ways to wait for something. */
import type { ClinicEvent, ClinicStatus, SlotAnswer } from '../../src/index.js';
import { Child } from './channel.js';
import type { HostCalls, HostOptions, HostTold } from './host.js';

export interface Heard {
  readonly event: ClinicEvent;
  /** When the host had it, in epoch ms. */
  readonly at: number;
}

const PATIENCE_MS = 30_000;

export class Platform {
  readonly heard: Heard[] = [];
  readonly slots: { readonly slot: SlotAnswer; readonly at: number }[] = [];
  status: ClinicStatus | undefined;
  readonly child: Child<HostCalls>;
  private readonly listeners = new Set<() => void>();

  constructor(options: HostOptions) {
    this.child = new Child<HostCalls>(new URL('./host.ts', import.meta.url), options, (told) => {
      this.take(told as HostTold);
    });
  }

  private take(told: HostTold): void {
    if ('event' in told) this.heard.push(told);
    else if ('slot' in told) this.slots.push(told);
    else this.status = told.status;
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` after each thing told, until the function that it answers with is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits until `look` finds something among what was told. */
  until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => {
        stop();
        reject(new Error(`Waited ${PATIENCE_MS / 1000} s in vain for ${what}.`));
      }, PATIENCE_MS);
      const check = () => {
        const found = look();
        if (found === undefined || found === false) return;
        clearTimeout(tooLate);
        stop();
        resolve(found);
      };
      const stop = this.listen(check);
      check();
    });
  }

  untilEvent<T extends ClinicEvent['type']>(
    type: T,
    from: number,
  ): Promise<{ event: Extract<ClinicEvent, { type: T }>; at: number }> {
    return this.until(type, () => {
      const found = this.heard.slice(from).find(({ event }) => event.type === type);
      return found as { event: Extract<ClinicEvent, { type: T }>; at: number } | undefined;
    });
  }
}
