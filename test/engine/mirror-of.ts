import { stored } from '../../src/domain/fingerprint.js';
import { streamOf, type ClinicRecord } from '../../src/domain/row.js';
import { memoryMirror } from '../../src/index.js';
import type { ClinicMirror, MirrorCommit } from '../../src/mirror/mirror.js';
import { never, ok } from '../adapters/kit.js';

let count = 0;

/** A mirror in memory that holds these rows. */
export async function mirrorOf(records: readonly ClinicRecord[]): Promise<ClinicMirror> {
  const incarnation = `i${String(++count).padStart(6, '0')}`;
  const mirror = await ok(memoryMirror().open({ clinicId: 'c', incarnation, signal: never }));
  await ok(mirror.commit(changeOf(records, [])));
  return mirror;
}

/** What a commit of rows that come and go is, without its events. */
export function changeOf(came: readonly ClinicRecord[], went: readonly ClinicRecord[]): MirrorCommit {
  return {
    puts: came.map(stored),
    removes: went.map(({ row }) => ({ stream: streamOf(row), id: row.id })),
    events: [],
    facts: {},
  };
}
