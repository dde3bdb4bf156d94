import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import type { MemoryClinic } from '../../src/adapters/memory/index.js';
import type { ClinicWriter } from '../../src/adapters/writer.js';
import type { Random } from '../../src/testing/random.js';

/** One booking in so many is changed by a trigger of the clinic's, in the same transaction but after the statement has returned it. */
const TRIGGER_SHARE = 0.2;

export interface ServerSide {
  readonly clinic: MemoryClinic;
  readonly random: Random;
  violate(promise: string, text: string): void;
}

/** Stands at the clinic's end of the road: sees what a statement really did, and lets the clinic have a will of its own. */
export function serverSide(adapter: ClinicAdapter, { clinic, random, violate }: ServerSide): ClinicAdapter {
  const watched = (writer: ClinicWriter): ClinicWriter => ({
    ...writer,
    book: (order) =>
      writer.book(order).map((answer) => {
        const made = answer.outcome === 'booked' ? clinic.get('busy', answer.record.row.id) : undefined;
        if (made && random.chance(TRIGGER_SHARE)) clinic.put({ ...made.row, locationId: 'triggered' });
        return answer;
      }),
    delete: (order) => {
      const before = clinic.get('busy', order.id);
      return writer.delete(order).map((answer) => {
        if (answer.outcome === 'deleted' && before?.hash !== order.hash)
          violate('S11', `${order.id} was deleted in a version that nobody asked for`);
        return answer;
      });
    },
  });
  return {
    ...adapter,
    connect: (options) =>
      adapter.connect(options).map((link) => {
        const { writer } = link;
        if (writer) Object.assign(link, { writer: watched(writer) });
        return link;
      }),
  };
}
