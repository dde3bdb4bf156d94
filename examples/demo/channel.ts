/** Questions and answers between the demo and its child processes, and what these tell unasked. */
import { fork, type ChildProcess } from 'node:child_process';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each call has an argument and an answer of its own
export type Calls = Record<string, (argument: any) => Promise<unknown>>;
type Argument<C extends Calls, K extends keyof C> = Parameters<C[K]>[0];
type Answer<C extends Calls, K extends keyof C> = Awaited<ReturnType<C[K]>>;

interface Question {
  readonly n: number;
  readonly name: string;
  readonly argument: unknown;
}
type Said = { readonly n: number; readonly answer?: unknown; readonly error?: string } | { readonly told: unknown };

/** Now, in epoch ms with its fraction; comparable between the processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** In the child: answers what it is asked, and ends with its parent. */
export function serve(calls: Calls): void {
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ n, name, argument }: Question) => {
    const say = (said: Said) => process.send?.(said);
    Promise.resolve(calls[name]?.(argument)).then(
      (answer) => say({ n, answer }),
      (error: unknown) => say({ n, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

export function tell(told: unknown): void {
  process.send?.({ told } satisfies Said);
}

/** In the parent: one child process. */
export class Child<C extends Calls> {
  private readonly process: ChildProcess;
  private readonly pending = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  private readonly exited: Promise<void>;
  private asked = 0;

  constructor(module: URL, options: unknown, onTold: (told: unknown) => void) {
    this.process = fork(module, [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.process.on('message', (said: Said) => {
      if ('told' in said) {
        onTold(said.told);
        return;
      }
      const waiting = this.pending.get(said.n);
      this.pending.delete(said.n);
      if (said.error === undefined) waiting?.resolve(said.answer);
      else waiting?.reject(new Error(said.error));
    });
    this.exited = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => {
        for (const { reject } of this.pending.values()) reject(new Error(`The process ended (${signal ?? code}).`));
        this.pending.clear();
        resolve();
      });
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  call<K extends keyof C & string>(name: K, argument: Argument<C, K>): Promise<Answer<C, K>> {
    const n = ++this.asked;
    return new Promise((resolve, reject) => {
      if (!this.process.connected) {
        reject(new Error('The process has ended.'));
        return;
      }
      this.pending.set(n, { resolve: resolve as (answer: unknown) => void, reject });
      this.process.send({ n, name, argument } satisfies Question);
    });
  }

  /** SIGKILL: it hears of nothing and finishes nothing. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  async end(): Promise<void> {
    if (this.process.connected) this.process.disconnect();
    await this.exited;
  }
}
