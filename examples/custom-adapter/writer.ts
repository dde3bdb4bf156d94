import { randomUUID } from 'node:crypto';

import { err, ok } from 'neverthrow';
import { fault, overlaps, type BookAnswer, type ClinicWriter, type DeleteAnswer, type PlacedSlot } from 'clinic-sync';

import type { Ask } from './adapter.js';
import type { Diary, Entry } from './diary.js';
import { decode, readTime, writeTime } from './rows.js';

export function diaryWriter(diary: Diary, zone: string, ask: Ask): ClinicWriter {
  const isTaken = (entries: readonly Entry[], slot: PlacedSlot) =>
    decode(entries, zone).records.some(
      ({ row }) => row.practitionerIds.includes(slot.practitionerId) && overlaps(row, slot),
    );
  return {
    hasTokens: true,
    // How long after its deadline a statement may still be at work. One of the diary's never is.
    statementLimitMs: 0,
    details: [],
    check: ({ start, end }) => {
      const isExact = [start, end].every((time) => readTime(writeTime(time, zone), zone) === time);
      return isExact ? ok() : err(fault('InvalidArgument', 'slot is no time of the diary.', { field: 'slot' }));
    },
    // The clock, the look and the row are one statement: nothing comes in between, and nothing is held meanwhile.
    book: ({ slot, token, deadline, signal }) =>
      ask(signal, () =>
        diary.execute<BookAnswer>((entries, now) => {
          if (now >= deadline) return { answer: { outcome: 'late' } };
          if (isTaken(entries, slot)) return { answer: { outcome: 'taken' } };
          const [from, to] = [writeTime(slot.start, zone), writeTime(slot.end, zone)];
          const entry = { id: randomUUID(), doctor: slot.practitionerId, room: slot.locationId, from, to, token };
          const [record] = decode([entry], zone).records;
          if (!record) throw fault('ClinicProtocol');
          return { entries: [...entries, entry], answer: { outcome: 'booked', record } };
        }),
      ),
    // So are the clock, the version and the deletion.
    delete: ({ id, hash, deadline, signal }) =>
      ask(signal, () =>
        diary.execute<DeleteAnswer>((entries, now) => {
          const others = entries.filter((entry) => entry.id !== id);
          if (others.length === entries.length) return { answer: { outcome: 'gone' } };
          if (now >= deadline) return { answer: { outcome: 'late' } };
          const [found] = decode(entries, zone).records.filter(({ row }) => row.id === id);
          if (found?.hash !== hash) return { answer: { outcome: 'changed' } };
          return { entries: others, answer: { outcome: 'deleted' } };
        }),
      ),
    findToken: ({ token, from, signal }) =>
      ask(signal, async () => {
        const carrying = (await diary.select()).filter((entry) => entry.token === token);
        const { records, skipped } = decode(carrying, zone);
        return { records: records.filter(({ row }) => row.start >= from), skipped };
      }),
  };
}
