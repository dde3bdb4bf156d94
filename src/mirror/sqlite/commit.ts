import { fault } from '../../domain/errors.js';
import type { LoggedEvent, MirrorCommit } from '../mirror.js';
import type { ClinicState } from './clinic-state.js';
import { putIntents } from './intents.js';
import { appendEvents } from './log.js';
import { pruneRows } from './prune.js';
import { writeRecord } from './record.js';
import { putRow, removeRow } from './row-store.js';

/** A copy that has been laid anew and is to show from this commit on. */
export interface LaidCopy {
  readonly copy: number;
  readonly rows: number;
}

/** Writes one change. What this process remembers changes only after the disk has it, by the function that it answers. */
export function writeChange(state: ClinicState, change: MirrorCommit, laid?: LaidCopy): () => LoggedEvent[] {
  const { connection, n, epoch } = state;
  const copy = laid?.copy ?? state.copy;
  const facts = { ...state.facts, ...change.facts, closedInOrder: false };
  const head = state.head + change.events.length;
  let rows = laid ? laid.rows : state.rows;

  if (!writeRecord(connection, { n, epoch, head, copy, facts })) throw fault('Fenced');
  let difference = 0;
  for (const key of change.removes) if (removeRow(connection, copy, key)) difference--;
  for (const row of change.puts) if (putRow(connection, copy, row)) difference++;
  if (rows !== undefined) rows += difference;
  if (change.pruneEndedBy !== undefined && pruneRows(connection, copy, change.pruneEndedBy)) rows = undefined;
  putIntents(connection, n, change.intents ?? []);
  const logged = appendEvents(connection, n, state.head, change.events);

  return () => {
    state.copy = copy;
    state.facts = facts;
    state.head = head;
    state.rows = rows;
    state.changes++;
    return logged;
  };
}
