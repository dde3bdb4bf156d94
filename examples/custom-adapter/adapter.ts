import { EventEmitter } from 'eventemitter3';
import { okAsync, ResultAsync } from 'neverthrow';
import { ClinicSyncError, fault, inRange, type AdapterError, type ClinicAdapter, type ClinicLink } from 'clinic-sync';

import type { Diary } from './diary.js';
import { decode } from './rows.js';
import { diaryWriter } from './writer.js';

export function diaryAdapter(diary: Diary, zone: string): ClinicAdapter {
  return {
    engine: 'diary',
    // Another one whenever rows are mapped differently.
    mappingId: `diary-1-${zone}`,
    zone,
    hasSessions: false,
    connect: ({ signal }) => attempt(signal, async () => openLink(diary, zone)),
  };
}

function openLink(diary: Diary, zone: string): ClinicLink {
  let isClosed = false;
  const ask: Ask = (signal, work) =>
    attempt(signal, () => (isClosed ? Promise.reject(fault('ClinicUnreachable')) : work()));
  return {
    identity: { database: diary.name, position: null },
    events: new EventEmitter(),
    push: false,
    now: (signal) => ask(signal, () => diary.clock()),
    readRange: ({ range, cutoff, signal }) =>
      ask(signal, async () => {
        const { records, skipped } = decode(await diary.select(), zone);
        return { records: records.filter(({ row }) => row.end > cutoff && inRange(row, range)), skipped };
      }),
    writer: diaryWriter(diary, zone, ask),
    close: () => {
      isClosed = true;
      return okAsync();
    },
  };
}

/** Runs work against the clinic; every failure is a value. */
export type Ask = <T>(signal: AbortSignal, work: () => Promise<T>) => ResultAsync<T, AdapterError>;

const attempt: Ask = (signal, work) => {
  const run = async () => {
    if (signal.aborted) throw fault('Aborted');
    return work();
  };
  return ResultAsync.fromPromise(run(), asFault);
};

/** What we threw passes. A driver's codes are mapped here, and its messages are dropped here. */
function asFault(error: unknown): AdapterError {
  return error instanceof ClinicSyncError ? (error as AdapterError) : fault('ClinicUnreachable');
}
