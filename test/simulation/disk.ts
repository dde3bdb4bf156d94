import { Shelf, type MemoryDisk } from '../../src/mirror/memory/index.js';
import { keyText, streamOf, type StoredRow } from '../../src/domain/row.js';
import type { Random } from '../../src/testing/random.js';
import type { DiskFate } from './scenario.js';

export const CLINIC = 'clinic';

export function cloneShelf(shelf: Shelf): Shelf {
  const clone = new Shelf();
  clone.facts = shelf.facts;
  clone.epoch = shelf.epoch;
  clone.lineage = [...shelf.lineage];
  clone.head = shelf.head;
  clone.log = [...shelf.log];
  for (const row of shelf.rows.values()) clone.put(row);
  for (const [key, text] of shelf.intents) clone.intents.set(key, text);
  return clone;
}

/** Does to the mirror on disk what befell it while the process was dead. */
export function befall(disk: MemoryDisk, fate: DiskFate, backup: Shelf | null, random: Random): void {
  const shelf = disk.shelves.get(CLINIC);
  if (!shelf) return;
  const rows = [...shelf.rows.values()];
  switch (fate) {
    case 'kept':
      return;
    case 'truncated':
      for (const { row } of rows) if (random.chance(0.3)) shelf.remove({ stream: streamOf(row), id: row.id });
      if (random.chance(0.3)) shelf.log = shelf.log.slice(0, Math.floor(shelf.log.length * random.next()));
      return;
    case 'rowFlipped':
      flip(shelf, rows, random, (row) => ({ ...row, row: { ...row.row, end: row.row.end + 1 } }));
      return;
    case 'idFlipped':
      flip(shelf, rows, random, (row) => ({ ...row, row: { ...row.row, id: `${row.row.id}1` } }));
      return;
    case 'logFlipped': {
      const at = random.int(0, Math.max(0, shelf.log.length - 1));
      const entry = shelf.log[at];
      if (entry) shelf.log[at] = { ...entry, text: entry.text.replace(/\d/, '7') + ' ' };
      return;
    }
    case 'rolledBack':
      if (backup) disk.shelves.set(CLINIC, cloneShelf(backup));
      return;
    case 'lost':
      disk.shelves.delete(CLINIC);
  }
}

function flip(shelf: Shelf, rows: readonly StoredRow[], random: Random, change: (row: StoredRow) => StoredRow): void {
  if (rows.length === 0) return;
  const row = random.pick(rows);
  shelf.remove({ stream: streamOf(row.row), id: row.row.id });
  const changed = change(row);
  if (!shelf.rows.has(keyText(streamOf(changed.row), changed.row.id))) shelf.put(changed);
}
