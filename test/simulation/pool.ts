import { Worker } from 'node:worker_threads';

import type { WorkerNews, WorkerOrder } from './worker.js';

export interface Broken {
  readonly seed: number;
  readonly promise: string;
  readonly text: string;
}

export interface PoolResult {
  readonly runs: number;
  readonly broken: readonly Broken[];
}

export interface PoolOptions {
  readonly file: string;
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  readonly untilBroken: boolean;
  readonly onProgress?: (runs: number, broken: readonly Broken[]) => void;
}

/** Plays seeds `seed … seed + runs - 1`, spread over worker threads. */
export async function playSeeds(options: PoolOptions): Promise<PoolResult> {
  const { file, seed, runs, jobs, untilBroken, onProgress } = options;
  const broken: Broken[] = [];
  let played = 0;
  const workers: Worker[] = [];
  const one = (job: number) =>
    new Promise<void>((resolve, reject) => {
      const order: WorkerOrder = { first: seed + job, step: jobs, end: seed + runs, untilBroken };
      const worker = new Worker(file, { workerData: order });
      workers.push(worker);
      worker.on('message', (news: WorkerNews) => {
        played += news.done;
        broken.push(...news.broken);
        onProgress?.(played, news.broken);
        if (untilBroken && news.broken.length > 0) for (const other of workers) void other.terminate();
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        resolve();
      });
    });
  await Promise.all(Array.from({ length: jobs }, (_, job) => one(job)));
  return { runs: played, broken: broken.sort((a, b) => a.seed - b.seed) };
}
