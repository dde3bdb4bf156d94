/** After an outage of a large clinic only the rows that differ are read. */
import { ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { ClinicSync, memoryMirror, type ResyncReport } from '../../src/index.js';
import { Random } from '../../src/testing/random.js';

const ZONE = 'Australia/Melbourne';
const ROWS = 3_000;
const tomorrow = Date.now() + DAY;

const row = (id: number, minutes = 15): MemoryRow => ({
  id: String(id),
  kind: 'appointment',
  practitionerIds: [`p${String(id % 5)}`],
  locationId: null,
  start: tomorrow + Math.floor(id / 50) * DAY + (id % 50) * 15 * MINUTE,
  end: tomorrow + Math.floor(id / 50) * DAY + (id % 50) * 15 * MINUTE + minutes * MINUTE,
  zone: ZONE,
  slotMs: null,
});

/** Changes so many rows behind the mirror's back, and answers what the resync that follows made of it. */
async function resyncAfter(
  changes: number,
  wrap: (adapter: ClinicAdapter) => ClinicAdapter = (adapter) => adapter,
  seed = 7,
  { sketchRows = 500, mirror = memoryMirror() } = {},
) {
  const clinic = new MemoryClinic();
  clinic.put(...Array.from({ length: ROWS }, (_, i) => row(i)));
  // Nothing but a resync notices anything.
  const capabilities = { push: false, pulse: false, newKeys: false };
  const adapter = wrap(memoryAdapter({ clinic, zone: ZONE, capabilities }));
  const sync = new ClinicSync({ clinicId: 'c', adapter, mirror, tuning: { sweepMs: 10 * MINUTE, sketchRows } });
  const started = await sync.start();
  if (started.isErr()) throw started.error;
  const random = new Random(seed);
  const changed = new Set(Array.from({ length: changes }, () => random.int(0, ROWS - 1)));
  for (const [i, id] of [...changed].entries()) {
    if (i % 3 === 0) clinic.remove({ stream: 'busy', id: String(id) });
    else clinic.put(i % 3 === 1 ? row(id, 20) : { ...row(id), id: String(ROWS + id) });
  }
  const report = (await sync.resync({ acceptMassChange: true }))._unsafeUnwrap();
  const { rows } = (await sync.snapshot())._unsafeUnwrap();
  await sync.stop();
  const fingerprints = (all: readonly { readonly row: { readonly id: string; readonly end: number } }[]) =>
    all.map((each) => `${each.row.id}:${String(each.row.end)}`).sort();
  expect(fingerprints(rows)).toEqual(fingerprints([...clinic.all().values()]));
  return { report, changed: changed.size } satisfies { report: ResyncReport; changed: number };
}

describe('a resync of many rows', () => {
  it.each([1, 10, 60, 200])('after %i changes reads hardly more than those', async (changes) => {
    // One in twenty or so cannot be told by its sketch, and the hashes are others every day: of three draws one at least is.
    const spared: boolean[] = [];
    for (let draw = 0; draw < 3 && !spared.includes(true); draw++) {
      const { report, changed } = await resyncAfter(changes, undefined, 7 + draw);
      expect(report.created + report.deleted).toBeGreaterThanOrEqual(changed);
      // Days that hold fewer rows than a sketch is worth are read whole.
      spared.push(report.read <= (changed < 20 ? 500 : changed));
    }
    expect(spared).toContain(true);
  });

  it('reads all days where nearly everything has changed', async () => {
    const { report } = await resyncAfter(ROWS / 2);
    expect(report.read).toBeGreaterThan(ROWS / 2);
  });

  it('is right also where ids are told wrongly: then the days are read', async () => {
    const { report } = await resyncAfter(60, (adapter) => ({
      ...adapter,
      connect: (options) =>
        adapter.connect(options).map((link) => {
          const { busy } = link.sketchIds ?? {};
          if (!busy) return link;
          const lying = { ...busy, idOf: (words: readonly number[]) => `9${busy.idOf(words) ?? ''}` };
          return Object.assign(Object.create(link) as typeof link, { sketchIds: { busy: lying } });
        }),
    }));
    expect(report.read).toBeGreaterThan(1_000);
  });

  it('has a large clinic sum up its side while the mirror is being checked, and sums it up once', async () => {
    const sketched: string[] = [];
    let heard: () => void = () => undefined;
    const wrap = (adapter: ClinicAdapter): ClinicAdapter => ({
      ...adapter,
      connect: (options) =>
        adapter.connect(options).map((link) => {
          const { sketch } = link;
          if (!sketch) throw new Error('no sketches');
          // A snapshot would have a sketch of its own.
          return Object.assign(Object.create(link) as typeof link, {
            openSnapshot: undefined,
            sketch: (read: Parameters<typeof sketch>[0]) => {
              sketched.push(read.stream);
              heard();
              return sketch.call(link, read);
            },
          });
        }),
    });
    const waited: boolean[] = [];
    const patient = () => {
      const mirror = memoryMirror();
      const open = mirror.open.bind(mirror);
      mirror.open = (options) =>
        open(options).map((clinic) => {
          const scan = clinic.scan.bind(clinic);
          clinic.scan = (visit) => {
            // The check goes on once the clinic was asked, and after a while whether it was or not.
            const asked = new Promise<boolean>((resolve) => {
              heard = () => {
                resolve(true);
              };
              if (sketched.length > 0) resolve(true);
              setTimeout(resolve, 1_000, false);
            });
            return ResultAsync.fromSafePromise(asked.then((isAsked) => waited.push(isAsked))).andThen(() =>
              scan(visit),
            );
          };
          return clinic;
        });
      return mirror;
    };
    const spared: boolean[] = [];
    for (let draw = 0; draw < 3 && !spared.includes(true); draw++) {
      sketched.length = waited.length = 0;
      const { report, changed } = await resyncAfter(10, wrap, 7 + draw, { sketchRows: ROWS / 20, mirror: patient() });
      expect(waited[0]).toBe(true);
      spared.push(report.read <= changed && sketched.filter((stream) => stream === 'busy').length === 1);
    }
    expect(spared).toContain(true);
  });
});
