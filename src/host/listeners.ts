import { EventEmitter } from 'eventemitter3';

import type { ClinicEvent, EventOf, EventType } from '../domain/events.js';
import type { Runtime } from '../engine/runtime.js';

/** Whom the host wants called for which type of event. One that throws harms no one else. */
export class Listeners {
  private readonly emitter = new EventEmitter();

  constructor(private readonly runtime: Runtime) {}

  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): void {
    this.emitter.on(type, listener);
  }

  off<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): void {
    this.emitter.off(type, listener);
  }

  tell(event: ClinicEvent): void {
    for (const listener of this.emitter.listeners(event.type)) {
      try {
        (listener as (event: ClinicEvent) => void)(event);
      } catch (error) {
        // As an uncaught exception of the host's own, outside our call stack.
        this.runtime.setTimer(0, () => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.emitter.removeAllListeners();
  }
}
