import { sql } from 'kysely';

import { stored } from '../../domain/fingerprint.js';
import { openState } from './clinic-state.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { appendEvents } from './log.js';
import { discardRecord } from './record.js';
import { putRow } from './row-store.js';

const PROBE_ROW = stored({
  row: {
    id: 'probe',
    kind: 'appointment',
    practitionerIds: ['probe'],
    locationId: null,
    start: 0,
    end: 0,
    zone: 'UTC',
    slotMs: null,
  },
  hash: '',
});

class Undo extends Error {}

/**
 * Takes a clinic out of the file without reading what it holds, and proves that it can be opened and filled anew. Throws
 * `MirrorCorrupt` when the damage is not only the clinic's: discarding it again would not help either.
 */
export function discardClinic(connection: Connection, clinicId: string): void {
  connection.transaction(() => {
    discardRecord(connection, clinicId);
  });
  try {
    connection.transaction(() => {
      const { n, copy, head } = openState(connection, { clinicId, incarnation: 'probe' });
      putRow(connection, copy, PROBE_ROW);
      appendEvents(connection, n, head, [{ type: 'hold.placed', at: 0, cause: 'engine' }]);
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
}

/** Reads the whole file, a second or so for every few hundred MB. Throws `MirrorCorrupt` when its structure is damaged anywhere. */
export function mustBeSound(connection: Connection): void {
  if (connection.pragma(sql`pragma quick_check(1)`) !== 'ok') throw damaged('file');
}
