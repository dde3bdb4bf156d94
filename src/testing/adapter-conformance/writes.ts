import assert from 'node:assert/strict';

import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../../adapters/writer.js';
import { DAY, HOUR, MINUTE } from '../../domain/instant.js';
import { overlaps, type ClinicRecord, type ClinicRow } from '../../domain/row.js';
import type { Random } from '../random.js';
import { keyOf, NEVER, ok, recordsOf, refused, rowsOf, sameRows, within, type Bench, type Case } from './bench.js';
import { HOSTILE, MONDAY, randomInstant } from './samples.js';

const NINE = MONDAY + 9 * HOUR;
const TEN_AM = { practitionerId: '1', locationId: null, start: NINE + HOUR, end: NINE + HOUR + 15 * MINUTE };

/** A clinic, a link that may write, and orders for it that are in time. */
class Counter {
  #made = 0;

  private constructor(
    readonly bench: Bench,
    readonly link: Awaited<ReturnType<Bench['connect']>>,
    readonly writer: ClinicWriter,
    private readonly deadline: number,
  ) {}

  static async at(bench: Bench): Promise<Counter> {
    const link = await bench.connect();
    const writer = link.writer ?? assert.fail('writes are declared and not offered');
    return new Counter(bench, link, writer, (await ok(link.now(NEVER))) + HOUR);
  }

  order(parts: Partial<BookOrder> = {}): BookOrder {
    const token = `token-${String(++this.#made)}`;
    return { slot: TEN_AM, details: {}, token, deadline: this.deadline, signal: NEVER, ...parts };
  }

  book(parts: Partial<BookOrder> = {}): Promise<BookAnswer> {
    return ok(this.writer.book(this.order(parts)));
  }

  async booked(parts: Partial<BookOrder> = {}): Promise<ClinicRecord> {
    const answer = await this.book(parts);
    return answer.outcome === 'booked' ? answer.record : assert.fail(`expected a booking, got ${answer.outcome}`);
  }

  remove(parts: Pick<DeleteOrder, 'id' | 'hash'> & Partial<DeleteOrder>): Promise<DeleteAnswer['outcome']> {
    return ok(this.writer.delete({ deadline: this.deadline, signal: NEVER, ...parts })).then(({ outcome }) => outcome);
  }

  async record(row: ClinicRow): Promise<ClinicRecord> {
    const found = (await recordsOf(this.link)).find((record) => record.row.id === row.id);
    return found ?? assert.fail('the row is not there');
  }

  find(token: string): Promise<readonly ClinicRecord[]> {
    return ok(this.writer.findToken({ token, from: NINE - DAY, signal: NEVER })).then(({ records }) => records);
  }
}

const at = (fromMinute: number, minutes: number) => ({
  start: TEN_AM.start + fromMinute * MINUTE,
  end: TEN_AM.start + (fromMinute + minutes) * MINUTE,
});

function randomSlot(random: Random) {
  const start = randomInstant(random);
  const end = start + random.pick([15 * MINUTE, HOUR, DAY]);
  return { practitionerIds: [String(random.int(1, 4))], start, end };
}

const cases: readonly Case[] = [
  {
    name: 'a booking is one new row, told as every later read gives it',
    async run(bench) {
      const counter = await Counter.at(bench);
      const before = await bench.receptionist.insert(bench.make.rows(5));
      const record = await counter.booked({ slot: { ...TEN_AM, practitionerId: '9' } });
      assert.deepEqual(
        { ...record.row, id: '' },
        { ...bench.make.row({ practitionerIds: ['9'], start: TEN_AM.start, end: TEN_AM.end }), id: '' },
      );
      sameRows(await rowsOf(counter.link), [...before, record.row]);
      assert.deepEqual(await counter.record(record.row), record, 'the hash of the booking is not the one that is read');
    },
  },
  {
    name: 'a booking carries its location',
    async run(bench) {
      const counter = await Counter.at(bench);
      const { locationId } = bench.make.row({ locationId: '3' });
      const { row } = await counter.booked({ slot: { ...TEN_AM, locationId } });
      assert.equal(row.locationId, locationId);
    },
  },
  {
    name: 'nothing is inserted over a row that takes some of the slot',
    async run(bench) {
      const counter = await Counter.at(bench);
      const grain = bench.grain / MINUTE;
      const stretches = [at(0, 15), at(5, 5), at(-15, 15 + grain), at(15 - grain, 30), at(-600, 1200), at(-60, 75)];
      for (const stretch of stretches) {
        const row = await bench.insert(stretch);
        // A clinic without rows that last past midnight has a shorter one.
        if (overlaps(row, TEN_AM)) {
          assert.deepEqual(await counter.book(), { outcome: 'taken' }, JSON.stringify(stretch));
          sameRows(await rowsOf(counter.link), [row]);
        }
        await bench.receptionist.remove([keyOf(row)]);
      }
    },
  },
  {
    name: 'a row that ends as the slot begins, begins as it ends, or is somebody else’s, is not in the way',
    async run(bench) {
      const counter = await Counter.at(bench);
      await bench.receptionist.insert([
        bench.make.row(at(-15, 15)),
        bench.make.row(at(15, 15)),
        bench.make.row({ ...at(0, 15), practitionerIds: ['2'] }),
        bench.make.row({ ...at(0, 15), practitionerIds: ['11'] }),
      ]);
      await counter.booked();
    },
  },
  {
    name: 'a session is not in the way',
    needs: ['sessions'],
    async run(bench) {
      const counter = await Counter.at(bench);
      await bench.insert({ ...at(-60, 600), kind: 'session' });
      await counter.booked();
    },
  },
  {
    name: 'a blockout is in the way, and so is one that began days ago',
    needs: ['blockouts'],
    async run(bench) {
      const counter = await Counter.at(bench);
      await bench.insert({ ...at(-60, 600), kind: 'blockout' });
      assert.equal((await counter.book()).outcome, 'taken');
      await bench.insert({ start: NINE - 5 * DAY, end: NINE + 5 * DAY, kind: 'blockout', practitionerIds: ['2'] });
      assert.equal((await counter.book({ slot: { ...TEN_AM, practitionerId: '2' } })).outcome, 'taken');
    },
  },
  {
    name: 'a row is in the way of each of its practitioners',
    needs: ['multiplePractitioners'],
    async run(bench) {
      const counter = await Counter.at(bench);
      await bench.insert({ ...at(0, 15), practitionerIds: ['2', '3'] });
      assert.equal((await counter.book({ slot: { ...TEN_AM, practitionerId: '2' } })).outcome, 'taken');
      assert.equal((await counter.book({ slot: { ...TEN_AM, practitionerId: '3' } })).outcome, 'taken');
      assert.equal((await counter.book({ slot: { ...TEN_AM, practitionerId: '1' } })).outcome, 'booked');
    },
  },
  {
    name: 'random slots are taken exactly where a row overlaps them',
    random: true,
    async run(bench) {
      const counter = await Counter.at(bench);
      const { random } = bench;
      const kinds = bench.capabilities.blockouts ? (['appointment', 'blockout'] as const) : (['appointment'] as const);
      const made = Array.from({ length: 40 }, () =>
        bench.make.random(random, kinds, bench.capabilities.multiplePractitioners),
      );
      const rows = [...(await bench.receptionist.insert(made))];
      for (let i = 0; i < 60; i++) {
        const { start, end, practitionerIds } = bench.make.row(randomSlot(random));
        const slot = { practitionerId: practitionerIds[0] ?? '', locationId: null, start, end };
        const isTaken = rows.some((row) => row.practitionerIds.includes(slot.practitionerId) && overlaps(row, slot));
        const answer = await counter.book({ slot });
        assert.equal(answer.outcome, isTaken ? 'taken' : 'booked', JSON.stringify(slot));
        if (answer.outcome === 'booked') rows.push(answer.record.row);
      }
      sameRows(await rowsOf(counter.link, undefined, MONDAY - 30 * DAY), rows);
    },
  },
  {
    name: 'of many at once for one slot, one books it',
    async run(bench) {
      const counter = await Counter.at(bench);
      const answers = await Promise.all(Array.from({ length: 20 }, () => counter.book()));
      assert.equal(answers.filter(({ outcome }) => outcome === 'booked').length, 1);
      assert.equal(answers.filter(({ outcome }) => outcome === 'taken').length, 19);
      assert.equal((await rowsOf(counter.link)).length, 1);
    },
  },
  {
    name: 'after the deadline nothing is inserted',
    async run(bench) {
      const counter = await Counter.at(bench);
      const now = await ok(counter.link.now(NEVER));
      assert.deepEqual(await counter.book({ deadline: now }), { outcome: 'late' });
      assert.deepEqual(await counter.book({ deadline: now - DAY }), { outcome: 'late' });
      assert.deepEqual(await rowsOf(counter.link), []);
    },
  },
  {
    name: 'a booking is found by its token, and nothing else is',
    needs: ['tokens'],
    async run(bench) {
      const counter = await Counter.at(bench);
      await bench.receptionist.insert(bench.make.rows(3, { practitionerIds: ['2'] }));
      const record = await counter.booked({ token: 'AbC-_09' });
      await counter.booked({ slot: { ...TEN_AM, practitionerId: '3' } });
      assert.deepEqual(await counter.find('AbC-_09'), [record]);
      for (const token of ['abc-_09', 'AbC-_0', "' or ''='", ''])
        assert.deepEqual(await counter.find(token), [], token);
      await bench.receptionist.remove([keyOf(record.row)]);
      assert.deepEqual(await counter.find('AbC-_09'), []);
    },
  },
  {
    name: 'without tokens nothing is found',
    async run(bench) {
      const counter = await Counter.at(bench);
      assert.equal(counter.writer.hasTokens, bench.capabilities.tokens);
      if (counter.writer.hasTokens) return;
      await counter.booked({ token: 'a' });
      assert.deepEqual(await counter.find('a'), []);
    },
  },
  {
    name: 'every text of a detail is stored, or refused before anything is sent',
    async run(bench) {
      const counter = await Counter.at(bench);
      let made = 0;
      for (const text of [...HOSTILE, '\\', "\\'; --", 'x'.repeat(2000), 'a\0b', '\ud800']) {
        for (const detail of counter.writer.details) {
          const slot = { ...TEN_AM, ...at(++made * 15, 15) };
          const details = { [detail]: text };
          if (counter.writer.check(slot, details).isErr()) continue;
          await counter.booked({ slot, details });
        }
      }
      assert.deepEqual(
        (await rowsOf(counter.link)).every(({ practitionerIds }) => practitionerIds[0] === '1'),
        true,
      );
    },
  },
  {
    name: 'a deletion takes that version of that row and no other',
    async run(bench) {
      const counter = await Counter.at(bench);
      const [row, ...others] = await bench.receptionist.insert(bench.make.rows(4));
      if (!row) assert.fail('the harness inserted nothing');
      const seen = await counter.record(row);
      await bench.receptionist.update([{ ...row, end: row.end + bench.grain }]);
      assert.equal(await counter.remove({ id: row.id, hash: seen.hash }), 'changed');
      const edited = await counter.record(row);
      assert.equal(await counter.remove({ id: row.id, hash: edited.hash }), 'deleted');
      sameRows(await rowsOf(counter.link), others);
      assert.equal(await counter.remove({ id: row.id, hash: edited.hash }), 'gone');
      await bench.receptionist.insert([{ ...row, practitionerIds: ['7'] }]);
      assert.equal(await counter.remove({ id: row.id, hash: edited.hash }), 'changed');
    },
  },
  {
    name: 'a booking of ours can be deleted as it was told',
    async run(bench) {
      const counter = await Counter.at(bench);
      const { row, hash } = await counter.booked();
      assert.equal(await counter.remove({ id: row.id, hash }), 'deleted');
      assert.deepEqual(await rowsOf(counter.link), []);
      await counter.booked();
    },
  },
  {
    name: 'after the deadline nothing is deleted',
    async run(bench) {
      const counter = await Counter.at(bench);
      const row = await bench.insert();
      const { hash } = await counter.record(row);
      const deadline = await ok(counter.link.now(NEVER));
      assert.equal(await counter.remove({ id: row.id, hash, deadline }), 'late');
      sameRows(await rowsOf(counter.link), [row]);
    },
  },
  {
    name: 'a deletion of what is no appointment finds nothing',
    async run(bench) {
      const counter = await Counter.at(bench);
      const row = await bench.insert({ id: '7' });
      const { hash } = await counter.record(row);
      for (const id of [...HOSTILE, '', '07', ' 7', '7.0', '99999999999999999999', 'a\0b', '\ud800']) {
        if (id !== row.id) assert.equal(await counter.remove({ id, hash }), 'gone', JSON.stringify(id));
      }
      sameRows(await rowsOf(counter.link), [row]);
    },
  },
  {
    name: 'a blockout is not deleted',
    needs: ['blockouts'],
    async run(bench) {
      const counter = await Counter.at(bench);
      const row = await bench.insert({ kind: 'blockout' });
      const { hash } = await counter.record(row);
      assert.equal(await counter.remove({ id: row.id, hash }), 'gone');
      sameRows(await rowsOf(counter.link), [row]);
    },
  },
  {
    name: 'a receptionist who is writing just now commits, whatever we do meanwhile',
    async run(bench) {
      const counter = await Counter.at(bench);
      const transaction = await bench.receptionist.begin();
      // Whatever id comes next is not this one.
      const [row] = await transaction.insert([bench.make.row({ ...at(0, 15), id: '500' })]);
      const asked = within(counter.writer.book(counter.order()));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await transaction.commit();
      const answer = await asked;
      const rows = await rowsOf(counter.link);
      assert.ok(rows.some(({ id }) => id === row?.id));
      // Detected by the look after the commit, where the engine does not block it.
      const isBooked = answer.isOk() && answer.value.outcome === 'booked';
      assert.equal(rows.length, isBooked ? 2 : 1);
      if (answer.isErr()) assert.equal(answer.error.code, 'ClinicBusy');
    },
  },
  {
    name: 'after the end of the link nothing is sent',
    async run(bench) {
      const counter = await Counter.at(bench);
      await counter.link.close();
      const outcome = await within(counter.writer.book(counter.order()));
      assert.ok(outcome.isErr() || outcome.value.outcome === 'unsent');
      assert.deepEqual(await rowsOf(await bench.connect()), []);
    },
  },
  {
    name: 'an order whose signal has fired is not sent',
    async run(bench) {
      const counter = await Counter.at(bench);
      const signal = AbortSignal.abort();
      assert.equal(await refused(counter.writer.book(counter.order({ signal }))), 'Aborted');
      assert.deepEqual(await rowsOf(counter.link), []);
    },
  },
];

export const writeCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['writes', ...(test.needs ?? [])] as const,
}));
