import { fork, type ChildProcess } from 'node:child_process';

import type { Consumer } from './consumer.js';
import type { FromHost, ToHost } from './messages.js';

/** How long anything that has to happen may take. */
export const PATIENCE_MS = 30_000;

type Snapshot = Extract<FromHost, { type: 'snapshot' }>;

/** One process of the host's, from its start to its death. */
export class Life {
  private readonly child: ChildProcess;
  private readonly heard: FromHost[] = [];
  private listeners: (() => void)[] = [];
  private ended = false;
  private asked = 0;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  /** The last that was told. */
  status: Extract<FromHost, { type: 'status' }> | null = null;
  private readonly exited: Promise<void>;

  constructor(
    file: string,
    order: object,
    private readonly consumer: Consumer,
  ) {
    this.child = fork(file, [JSON.stringify(order)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => {
        this.ended = true;
        for (const give of this.waiting.values()) give(undefined);
        this.waiting.clear();
        this.tellListeners();
        resolve();
      });
    });
    this.child.on('message', (message) => {
      // What arrives after the death was recorded is lost to the consumer, as with any broken connection.
      if (!this.ended) this.hear(message as FromHost);
    });
  }

  /** Resolves with the first message of the kind, ever since the start; `undefined` if the process died. */
  async until<T extends FromHost>(is: (message: FromHost) => message is T): Promise<T | undefined> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.heard.find(is);
      if (found ?? this.ended) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`The host said nothing for ${PATIENCE_MS} ms.`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async untilPhase(phase: string): Promise<boolean> {
    const is = (message: FromHost): message is FromHost =>
      message.type === 'status' && (message.phase === phase || message.phase === 'live');
    return (await this.until(is)) !== undefined;
  }

  /** The mirror as the host sees it now. */
  async snapshot(): Promise<Snapshot> {
    this.forget('snapshot');
    this.send({ type: 'snapshot' });
    const is = (message: FromHost): message is Snapshot => message.type === 'snapshot';
    const found = await this.until(is);
    if (!found) throw new Error(`The host died by itself.`);
    return found;
  }

  /** The host's answer; `undefined` if it died first. */
  ask(request: unknown): Promise<unknown> {
    const nth = ++this.asked;
    return new Promise((resolve) => {
      if (this.ended) {
        resolve(undefined);
        return;
      }
      this.waiting.set(nth, resolve);
      this.send({ type: 'ask', nth, request });
    });
  }

  /** It stands still, with all its connections open. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  get isDead(): boolean {
    return this.ended;
  }

  /** SIGKILL, and nothing else: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<void> {
    this.send({ type: 'stop' });
    await this.exited;
  }

  get lastWords(): string {
    return JSON.stringify(this.heard.filter(({ type }) => type !== 'snapshot').slice(-3)).slice(0, 600);
  }

  private send(message: ToHost): void {
    // It may be dying, or its death may not be known yet.
    if (!this.ended && this.child.connected) this.child.send(message, () => undefined);
  }

  private forget(type: FromHost['type']): void {
    const at = this.heard.findIndex((message) => message.type === type);
    if (at >= 0) this.heard.splice(at, 1);
  }

  private hear(message: FromHost): void {
    if (message.type === 'event') this.consumer.take(message.event);
    else if (message.type === 'answer') {
      this.waiting.get(message.nth)?.(message.value);
      this.waiting.delete(message.nth);
    } else {
      if (message.type === 'begin') this.consumer.begin(message.rows, message.cursor);
      if (message.type === 'failed') this.consumer.violate('host', message.what);
      if (message.type === 'status') this.status = message;
      this.heard.push(message);
    }
    this.tellListeners();
  }

  private tellListeners(): void {
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener();
  }
}
