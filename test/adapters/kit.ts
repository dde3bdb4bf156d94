import type { EventEmitter } from 'eventemitter3';
import type { Result, ResultAsync } from 'neverthrow';
import { expect } from 'vitest';

import type { ClinicAdapter, ClinicLink, LinkEvents } from '../../src/adapters/adapter.js';
import { addHash, EMPTY_DIGEST, type Digest } from '../../src/domain/digest.js';
import type { AdapterErrorCode } from '../../src/domain/errors.js';
import type { Instant } from '../../src/domain/instant.js';
import type { ClinicRecord } from '../../src/domain/row.js';

export const never = new AbortController().signal;

export async function ok<T, E extends Error>(result: ResultAsync<T, E> | Result<T, E>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw settled.error;
  return settled.value;
}

/** The code of a failure, and a test failure for a success. */
export async function codeOf(
  result: ResultAsync<unknown, Error & { code: AdapterErrorCode }>,
): Promise<AdapterErrorCode> {
  const settled = await result;
  if (settled.isOk()) throw new Error('It succeeded.');
  return settled.error.code;
}

let clinics = 0;

/** Each link under a clinic id of its own, so that no lock is in the way. */
export function connect(adapter: ClinicAdapter): Promise<ClinicLink> {
  clinics++;
  return ok(adapter.connect({ clinicId: `clinic-${String(process.pid)}-${String(clinics)}`, signal: never }));
}

/** What a digest must be, from the rows themselves. */
export function digestsOf(records: readonly ClinicRecord[], edges: readonly Instant[]): Digest[] {
  const digests = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const { row, hash } of records) {
    const bucket = edges.filter((edge) => edge <= row.start).length;
    digests[bucket] = addHash(digests[bucket] ?? EMPTY_DIGEST, hash);
  }
  return digests;
}

/** The next event of a kind, or a failure after the deadline. */
export function nextEvent<K extends keyof LinkEvents>(
  events: EventEmitter<LinkEvents>,
  kind: K,
  withinMs = 5_000,
): Promise<Parameters<LinkEvents[K]>[0]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`No ${kind} within ${String(withinMs)} ms.`));
    }, withinMs);
    const heard = (value?: unknown) => {
      clearTimeout(timer);
      resolve(value as Parameters<LinkEvents[K]>[0]);
    };
    (events as unknown as EventEmitter).once(kind, heard);
  });
}

export async function eventually(check: () => Promise<boolean> | boolean, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > deadline) expect.fail('It did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function byId(records: readonly ClinicRecord[]): string[] {
  return records.map(({ row }) => row.id).sort();
}

export function at(iso: string): Instant {
  return Date.parse(iso);
}
