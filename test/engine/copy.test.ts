/** A first copy that loses its turn to others in the middle: it holds nothing meanwhile, and comes out right all the same. */
import { afterEach, describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/instant.js';
import type { ClinicRow } from '../../src/domain/row.js';
import { Random } from '../../src/testing/random.js';
import { ClinicFleet, memoryMirror } from '../../src/index.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const EPOCH = Date.UTC(2026, 10, 23, 2);
const CLINICS = 12;
const PAGE_MS = 900;
const seed = Math.floor(Math.random() * 2 ** 31);
const random = new Random(seed);
const at = (day: number): number => EPOCH + day * DAY;

const row = (id: string, day: number): MemoryRow => ({
  id,
  kind: 'appointment',
  practitionerIds: [`p${String(Number(id) % 3)}`],
  locationId: null,
  start: at(day) + (Number(id) % 8) * HOUR,
  end: at(day) + (Number(id) % 8) * HOUR + 15 * MINUTE,
  zone: 'Australia/Melbourne',
  slotMs: null,
});

/** Every page takes its time, so that a copy takes many turns. Counts how long a snapshot was held and not read from. */
function slowClinic(time: VirtualTime) {
  const clinic = new MemoryClinic('clinic', () => Math.round(EPOCH + time.now));
  for (let id = 1; id <= 60; id++) clinic.put(row(String(id), 1 + (id % 60)));
  const wait = (ms: number, fire: () => void) => time.after(ms, fire);
  const plain = memoryAdapter({ clinic, zone: 'Australia/Melbourne', wait });
  const counts = { idlest: 0, givenBack: 0, pages: 0 };
  const adapter: ClinicAdapter = {
    ...plain,
    connect: (options) =>
      plain.connect(options).map((link) => {
        const slow = <T extends object>(
          reader: T & Pick<typeof link, 'readRange'>,
          onRead: () => void = () => undefined,
        ) => {
          const { readRange } = reader;
          reader.readRange = (read) =>
            readRange.call(reader, read).map(async (rows) => {
              onRead();
              counts.pages++;
              await time.wait(PAGE_MS);
              onRead();
              return rows;
            });
          return reader;
        };
        const { openSnapshot } = link;
        link.openSnapshot = (signal) =>
          openSnapshot!.call(link, signal).map((snapshot) => {
            let last = time.now;
            const seen = () => {
              counts.idlest = Math.max(counts.idlest, time.now - last);
              last = time.now;
            };
            const { close } = snapshot;
            snapshot.close = () => (seen(), counts.givenBack++, close.call(snapshot));
            return slow(snapshot, seen);
          });
        return slow(link);
      }),
  };
  return { clinic, adapter, counts };
}

describe('copies of many clinics at once', () => {
  let end: (() => Promise<void>) | undefined;
  afterEach(() => end?.());

  it(`hold no snapshot while others have their turn, and miss nothing, seed ${String(seed)}`, async () => {
    const time = new VirtualTime();
    const runtime = new VirtualProcess(time, { epoch: EPOCH, random: () => random.next(), name: 'test' });
    const clinics = Array.from({ length: CLINICS }, () => slowClinic(time));
    const fleet = new ClinicFleet({ mirror: memoryMirror(), maxResyncing: 2, runtime });
    let copies = 0;
    fleet.on('snapshot.replaced', () => copies++);
    const syncs = clinics.map(({ adapter }, i) =>
      fleet.add({ clinicId: `c${String(i)}`, adapter, tuning: { resyncLoad: 1 } })._unsafeUnwrap(),
    );
    end = async () => {
      let isOver = false;
      void fleet.stop().then(() => (isOver = true));
      await time.runUntilDone(() => isOver, time.now + HOUR);
    };
    // Receptionists move appointments from days that were read to days that were not, and back.
    for (let step = 0; step < 200; step++) {
      await time.runUntil(time.now + 300);
      for (const { clinic } of clinics) {
        const id = String(1 + Math.floor(random.next() * 60));
        clinic.put(row(id, 1 + Math.floor(random.next() * 60)));
      }
    }
    await time.runUntilDone(() => syncs.every((sync) => sync.status.phase === 'live'), time.now + HOUR);
    // The mirror is audited meanwhile, and found to be what the copy said that it was.
    await time.runUntil(time.now + 21 * MINUTE);
    expect(copies).toBe(CLINICS);
    for (const [i, sync] of syncs.entries()) {
      const rows: ClinicRow[] = [];
      let isRead = false;
      void sync.snapshot().then((snapshot) => {
        rows.push(...snapshot._unsafeUnwrap().rows.map((kept) => kept.row));
        isRead = true;
      });
      await time.runUntilDone(() => isRead, time.now + MINUTE);
      const told = rows.map(({ id, start }) => `${id} ${String(start)}`).sort();
      const there = [...clinics[i]!.clinic.all().values()]
        .map((each) => `${each.row.id} ${String(each.row.start)}`)
        .sort();
      expect(told).toEqual(there);
    }
    expect(clinics.some(({ counts }) => counts.givenBack > 1)).toBe(true);
    // A page, and the rest after it; never somebody else's turn.
    expect(Math.max(...clinics.map(({ counts }) => counts.idlest))).toBeLessThanOrEqual(3 * PAGE_MS);
  });
});
