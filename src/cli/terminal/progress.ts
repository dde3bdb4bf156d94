import { durationText, figure } from './times.js';

const WIDTH = 24;
const TTY_EVERY_MS = 100;
const LINE_EVERY_MS = 3_000;

/** How far a reading of rows has come: one line that is written anew on a terminal, a line every three seconds elsewhere. */
export class Progress {
  readonly #began = performance.now();
  #toldAt = 0;
  #rows = 0;
  #isShown = false;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly what: string,
    /** How many there are; `undefined`: not known. */
    private readonly total: number | undefined,
  ) {
    this.#toldAt = stream.isTTY ? 0 : this.#began;
  }

  update(rows: number): void {
    this.#rows = rows;
    const now = performance.now();
    if (now - this.#toldAt < (this.stream.isTTY ? TTY_EVERY_MS : LINE_EVERY_MS)) return;
    this.#toldAt = now;
    this.#show();
  }

  /** Ends the line. Idempotent. */
  end(): void {
    if (this.stream.isTTY && this.#isShown) {
      this.#show();
      this.stream.write('\n');
    }
    this.#isShown = false;
  }

  #show(): void {
    this.#isShown = true;
    const { total } = this;
    const took = performance.now() - this.#began;
    const rate = took > 0 ? (this.#rows * 1_000) / took : 0;
    const share = total === undefined || total === 0 ? undefined : Math.min(1, this.#rows / total);
    const bar = share === undefined ? '' : `${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} `;
    const of = total === undefined ? '' : ` of ${figure(total)}`;
    const left = share === undefined || share === 0 ? '' : `, ${durationText((took * (1 - share)) / share)} left`;
    const text = `${this.what} ${bar}${figure(this.#rows)}${of} rows, ${figure(rate)} a second${left}`;
    this.stream.write(this.stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  }
}
