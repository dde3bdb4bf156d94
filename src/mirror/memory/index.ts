import { errAsync, okAsync, type ResultAsync } from 'neverthrow';

import { fault, type MirrorError } from '../../domain/errors.js';
import type { ClinicMirror, Mirror, OpenMirror } from '../mirror.js';
import { OpenShelf } from './open-shelf.js';
import { Shelf } from './shelf.js';

export { Shelf, type LogEntry } from './shelf.js';

/**
 * What memory mirrors are kept on. A disk of one's own lets a copy outlive the `ClinicSync` that filled it, within this process;
 * tests use it to play a crash.
 */
export class MemoryDisk {
  readonly shelves = new Map<string, Shelf>();

  /** As if the process that had the mirrors open had died: they can be opened again. */
  crash(): void {
    for (const shelf of this.shelves.values()) shelf.owner = null;
  }
}

/**
 * A mirror in memory: quick, gone with the process, and the default. Every start is a first copy unless a `disk` is passed on.
 * Not for clinics whose events a consumer resumes after a restart: use `sqliteMirror`.
 */
export function memoryMirror({ disk = new MemoryDisk() }: { readonly disk?: MemoryDisk } = {}): Mirror {
  return {
    store: 'memory',
    open: ({ clinicId, incarnation }: OpenMirror): ResultAsync<ClinicMirror, MirrorError> => {
      const shelf = disk.shelves.get(clinicId) ?? new Shelf();
      if (shelf.owner) return errAsync(fault('MirrorInUse'));
      disk.shelves.set(clinicId, shelf);
      shelf.epoch++;
      // Incarnations that ended before the oldest event kept cannot be resumed from any more.
      const oldest = shelf.log[0]?.seq ?? shelf.head + 1;
      shelf.lineage = shelf.lineage.filter((_, i) => (shelf.lineage[i + 1]?.fromSeq ?? shelf.head) >= oldest - 1);
      shelf.lineage.push({ id: incarnation, fromSeq: shelf.head });
      const open = new OpenShelf(clinicId, shelf);
      shelf.owner = open;
      return okAsync(open);
    },
    discard: (clinicId: string): ResultAsync<void, MirrorError> => {
      if (disk.shelves.get(clinicId)?.owner) return errAsync(fault('MirrorInUse'));
      disk.shelves.delete(clinicId);
      return okAsync(undefined);
    },
  };
}
