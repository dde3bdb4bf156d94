import { ok, okAsync, type ResultAsync } from 'neverthrow';

import { DETAILS } from '../../domain/booking.js';
import type { AdapterError } from '../../domain/errors.js';
import { BusyTimes } from '../../domain/busy-times.js';
import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../writer.js';
import type { MemoryClinic, MemoryRow } from './clinic.js';
import { project, split, unlessOver } from './reader.js';

/** Books and deletes in a {@link MemoryClinic}: each call is one transaction, as by a single statement of a database. */
export function memoryWriter(
  clinic: MemoryClinic,
  options: { readonly zone: string; readonly tokens: boolean },
  isClosed: () => boolean,
): ClinicWriter {
  const book = ({ slot, details, token, deadline }: BookOrder): BookAnswer => {
    if (clinic.now() >= deadline) return { outcome: 'late' };
    const busy = [...clinic.all().values()].filter(({ row }) => row.kind !== 'session');
    if (new BusyTimes(busy.map(({ row }) => row)).isBusy(slot, slot.capacity)) return { outcome: 'taken' };
    const id = clinic.nextId();
    clinic.put({
      id,
      kind: 'appointment',
      practitionerIds: [slot.practitionerId],
      locationId: slot.locationId,
      start: slot.start,
      end: slot.end,
      zone: options.zone,
      slotMs: null,
      details,
      ...(options.tokens && { token }),
    });
    const record = clinic.get('busy', id);
    return record ? { outcome: 'booked', record: project(record) } : { outcome: 'late' };
  };
  const remove = ({ id, hash, deadline }: DeleteOrder): DeleteAnswer => {
    const present = clinic.get('busy', id);
    if (present?.row.kind !== 'appointment') return { outcome: 'gone' };
    if (clinic.now() >= deadline) return { outcome: 'late' };
    if (present.hash !== hash) return { outcome: 'changed' };
    clinic.remove({ stream: 'busy', id });
    return { outcome: 'deleted' };
  };
  const ask = <T>(signal: AbortSignal, work: () => T): ResultAsync<T, AdapterError> =>
    unlessOver(signal, isClosed, work);
  return {
    hasTokens: options.tokens,
    statementLimitMs: 0,
    details: DETAILS,
    book: (order) => ask(order.signal, () => book(order)),
    delete: (order) => ask(order.signal, () => remove(order)),
    check: () => ok(),
    findToken: ({ token, from, signal }) => {
      const carries = ({ row }: { row: MemoryRow }) => row.token === token && row.start >= from;
      const found = () => split([...clinic.all().values()].filter(carries));
      return options.tokens ? ask(signal, found) : okAsync({ records: [], skipped: [] });
    },
  };
}
