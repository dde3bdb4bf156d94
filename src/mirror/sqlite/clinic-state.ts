import type { Incarnation } from '../../domain/cursor.js';
import { fault } from '../../domain/errors.js';
import type { MirrorFacts, OpenMirror } from '../mirror.js';
import type { Connection } from './connection.js';
import { addIncarnation, readLineage, trimLineage } from './lineage.js';
import { oldestEvent } from './log.js';
import { isOwner, readRecord, takeOver } from './record.js';

/** What an open clinic remembers of what the file holds, as of the last commit. */
export interface ClinicState {
  readonly connection: Connection;
  /** The number under which the file keeps the clinic. */
  readonly n: number;
  readonly epoch: number;
  copy: number;
  head: number;
  oldest: number;
  facts: MirrorFacts;
  lineage: readonly Incarnation[];
  /** How many rows show; `undefined` until somebody asks. */
  rows: number | undefined;
  /** Grows with every commit. */
  changes: number;
}

/** Takes a clinic over and begins its next incarnation. Runs inside a transaction. */
export function openState(connection: Connection, options: Omit<OpenMirror, 'signal'>): ClinicState {
  const { n, epoch, head, copy, facts } = takeOver(connection, options.clinicId);
  const oldest = oldestEvent(connection, n, head);
  addIncarnation(connection, n, epoch, { id: options.incarnation, fromSeq: head });
  const lineage = trimLineage(connection, n, readLineage(connection, n, head), oldest);
  return { connection, n, epoch, copy, head, oldest, facts, lineage, rows: undefined, changes: 0 };
}

/** A clinic as it lies in the file, for whoever only reads; `undefined` where there is none. */
export function peekState(connection: Connection, clinicId: string): ClinicState | undefined {
  const record = readRecord(connection, clinicId);
  if (!record) return undefined;
  const oldest = oldestEvent(connection, record.n, record.head);
  const lineage = readLineage(connection, record.n, record.head);
  return { ...record, connection, oldest, lineage, rows: undefined, changes: 0 };
}

/** For writes beside `commit`: refuses them after a later owner took over. */
export function requireOwner(state: ClinicState): void {
  if (!isOwner(state.connection, state)) throw fault('Fenced');
}
