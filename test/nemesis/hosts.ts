import { setTimeout as sleep } from 'node:timers/promises';

import type { Consumer } from '../kill/consumer.js';
import { Life } from '../kill/life.js';
import type { Fault } from './ground.js';
import type { Answer, Ask, NemesisOrder } from './messages.js';

/** The host's processes, one after the other, on one mirror and for one consumer. */
export class Hosts {
  private life: Life;
  private closed = false;

  constructor(
    private readonly file: string,
    private readonly order: Omit<NemesisOrder, 'cursor'>,
    private readonly consumer: Consumer,
  ) {
    this.life = this.spawn();
  }

  get current(): Life {
    return this.life;
  }

  get isLive(): boolean {
    return !this.life.isDead && this.life.status?.phase === 'live';
  }

  /** `undefined`: the process died before it answered. */
  async ask(ask: Ask): Promise<Answer | undefined> {
    return (await this.life.ask(ask)) as Answer | undefined;
  }

  faults(): Fault[] {
    return [
      {
        name: 'host killed',
        strike: async (random) => {
          await this.life.kill();
          await sleep(random.int(0, 1_500));
          if (!this.closed) this.life = this.spawn();
        },
      },
      {
        name: 'host stands still',
        strike: async (random) => {
          const { life } = this;
          life.pause();
          await sleep(random.int(500, 9_000));
          life.resume();
        },
      },
    ];
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.life.stop();
  }

  private spawn(): Life {
    return new Life(this.file, { ...this.order, cursor: this.consumer.cursor } satisfies NemesisOrder, this.consumer);
  }
}
