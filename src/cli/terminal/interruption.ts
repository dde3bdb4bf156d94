/** SIGINT and SIGTERM, until the command has ended: the first asks it to end in order, the second ends the process at once. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #signals = ['SIGINT', 'SIGTERM'] as const;
  readonly #heard = (): void => {
    if (this.#controller.signal.aborted) process.exit(130);
    this.#controller.abort();
  };

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#heard);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Signals do again what they do by themselves. */
  end(): void {
    for (const signal of this.#signals) process.off(signal, this.#heard);
  }
}
