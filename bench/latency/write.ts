import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface WriteOrder {
  /** The ids from here on are new, */
  readonly firstNew: number;
  /** and those from here on are there, and in the future. */
  readonly firstOld: number;
  readonly count: number;
  /** Least and most ms before each commit. */
  readonly gap: readonly [least: number, most: number];
}

/** What the commits did in turn: a search for new ids finds only the first. */
export const KINDS = ['insert', 'edit', 'delete'] as const;

/** Each id with the time at which it was committed, as near as can be told. No id is written twice. */
export type Written = [id: number, at: number][];

/**
 * Comparable between processes of one machine, in ms: since it was started. Not `performance.timeOrigin`, which each process takes from
 * the wall clock when it begins; that clock is corrected now and then, and a tenth of a millisecond matters here.
 */
export const clockNow = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface Writer {
  write(order: WriteOrder): Promise<Written>;
  close(): void;
}

/** `target`: a Postgres URL or the path of an SQLite file. */
export async function startWriter(target: { readonly url: string } | { readonly path: string }): Promise<Writer> {
  const child = fork(join(import.meta.dirname, 'writer.ts'), [JSON.stringify(target)]);
  await once(child, 'message');
  return {
    write: async (order) => {
      const ended = new AbortController();
      const abort = () => ended.abort(new Error('The writer ended.'));
      child.once('exit', abort);
      child.send(order);
      const [written] = (await once(child, 'message', { signal: ended.signal })) as [Written];
      child.off('exit', abort);
      return written;
    },
    close: () => child.disconnect(),
  };
}
