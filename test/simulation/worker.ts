import { parentPort, workerData } from 'node:worker_threads';

import { run } from './run.js';
import { generate } from './scenario.js';

/** What a worker is asked: these seeds, and whether the first broken promise is enough. */
export interface WorkerOrder {
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly untilBroken: boolean;
}

export interface WorkerNews {
  readonly done: number;
  readonly broken: readonly { readonly seed: number; readonly promise: string; readonly text: string }[];
}

/** News this often. */
const BATCH = 50;

// Stack traces of errors that are values cost more than the run itself.
Error.stackTraceLimit = 0;

async function work({ first, step, end, untilBroken }: WorkerOrder): Promise<void> {
  let done = 0;
  let broken: { seed: number; promise: string; text: string }[] = [];
  const tell = () => {
    parentPort?.postMessage({ done, broken } satisfies WorkerNews);
    done = 0;
    broken = [];
  };
  for (let seed = first; seed < end; seed += step) {
    const { violations } = await run(generate(seed));
    done++;
    const [violation] = violations;
    if (violation) broken.push({ seed, promise: violation.promise, text: violation.text });
    if (violation && untilBroken) break;
    if (done >= BATCH) tell();
  }
  tell();
}

await work(workerData as WorkerOrder);
