import { EventEmitter } from 'eventemitter3';
import { okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import type { ClinicLink, LinkEvents } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import type { ClinicEvent } from '../../src/domain/events.js';
import { stored } from '../../src/domain/fingerprint.js';
import { scopeOfKeys, WHOLE_FUTURE } from '../../src/domain/scope.js';
import { Breaker } from '../../src/engine/breaker.js';
import { ALONE } from '../../src/engine/company.js';
import { DigestIndex } from '../../src/engine/digest-index.js';
import { Governor } from '../../src/engine/governor.js';
import { Journal } from '../../src/engine/journal.js';
import { reconcile } from '../../src/engine/reconcile.js';
import type { ReconcileTools } from '../../src/engine/reconcile-order.js';
import { systemRuntime } from '../../src/engine/runtime.js';
import { TellOnce } from '../../src/engine/notices.js';
import { Touched } from '../../src/engine/touched.js';
import { DEFAULT_TUNING } from '../../src/engine/tuning.js';
import { memoryMirror } from '../../src/mirror/memory/index.js';

const ZONE = 'Australia/Melbourne';
const TOMORROW = Date.now() + 86_400_000;

const row = (id: string, start = TOMORROW): MemoryRow => ({
  id,
  kind: 'appointment',
  practitionerIds: ['p1'],
  locationId: null,
  start,
  end: start + 900_000,
  zone: ZONE,
  slotMs: null,
});

/** A clinic, an open mirror, and whatever happens `during` the reading of a range. */
async function bench(during: { afterRange?: () => void; beforeKeys?: () => void } = {}) {
  const clinic = new MemoryClinic();
  const adapter = memoryAdapter({ clinic, zone: ZONE, capabilities: { snapshot: false } });
  const { signal } = new AbortController();
  const inner = (await adapter.connect({ clinicId: 'c', signal }))._unsafeUnwrap();
  const link: ClinicLink = {
    identity: inner.identity,
    events: new EventEmitter<LinkEvents>(),
    push: false,
    now: (s) => inner.now(s),
    pulse: (s) => inner.pulse?.(s) ?? okAsync(''),
    readRange: (read) => inner.readRange(read).map((rows) => (during.afterRange?.(), rows)),
    readKeys: (read) => {
      during.beforeKeys?.();
      return inner.readKeys?.(read) ?? okAsync({ records: [], skipped: [] });
    },
    digest: (read) => inner.digest?.(read) ?? okAsync([]),
    close: () => inner.close(),
  };
  const opened = await memoryMirror().open({ clinicId: 'c', incarnation: 'inc-1', signal });
  const told: ClinicEvent[] = [];
  const journal = new Journal(
    opened._unsafeUnwrap(),
    [],
    (events) => told.push(...events),
    () => undefined,
  );
  (await journal.commit({ facts: { cutoff: Date.now() } }))._unsafeUnwrap();
  const tools: ReconcileTools = {
    link,
    journal,
    runtime: systemRuntime,
    tuning: DEFAULT_TUNING,
    streams: ['busy'],
    zone: ZONE,
    index: new DigestIndex(ZONE),
    breaker: new Breaker(DEFAULT_TUNING),
    touched: new Touched(),
    tellOnce: new TellOnce(),
    company: ALONE,
    governor: new Governor(systemRuntime, 1, 1_000),
  };
  const look = async (scope = WHOLE_FUTURE) =>
    (await reconcile(tools, { scope, cause: 'clinic', signal }))._unsafeUnwrap();
  const ids = async () =>
    (await journal.mirror.rows({ stream: 'busy' }))
      ._unsafeUnwrap()
      .map((kept) => kept.row.id)
      .sort();
  return { clinic, tools, told, look, ids, journal };
}

describe('reconcile', () => {
  it('leaves rows alone that our own writes touched while it read, and says to look again', async () => {
    const during: { afterRange?: () => void } = {};
    const { clinic, tools, told, look, ids, journal } = await bench(during);
    clinic.put(row('a'));
    await look();
    const ours = clinic.get('busy', 'a');
    clinic.put(row('ours'));
    const written = clinic.get('busy', 'ours');
    if (!ours || !written) throw new Error('the clinic lost a row');
    clinic.remove({ stream: 'busy', id: 'ours' });
    // Read without the row; written through to clinic and mirror before this reconcile commits.
    let writing: Promise<unknown> = Promise.resolve();
    during.afterRange = () => {
      delete during.afterRange;
      clinic.put(row('ours'));
      tools.touched.add({ stream: 'busy', id: 'ours' });
      writing = journal.commit({ puts: [stored(written)] });
    };
    clinic.put(row('b'));
    const outcome = await look();
    await writing;
    expect(outcome.lookAgain).toEqual([{ stream: 'busy', id: 'ours' }]);
    expect(await ids()).toEqual(['a', 'b', 'ours']);
    expect(told.filter(({ type }) => type === 'appointment.deleted')).toEqual([]);
  });

  it('reads an id again before it concludes a deletion', async () => {
    const during: { afterRange?: () => void; beforeKeys?: () => void } = {};
    const { clinic, told, look } = await bench(during);
    clinic.put(row('a'));
    await look();
    clinic.remove({ stream: 'busy', id: 'a' });
    // Gone when the range was read, back (elsewhere) when its id is read.
    during.beforeKeys = () => {
      clinic.put(row('a', TOMORROW + 3_600_000));
    };
    const outcome = await look();
    expect(outcome).toMatchObject({ created: 0, deleted: 0, replaced: 1 });
    expect(told.slice(-2).map((event) => [event.type, 'replaces' in event || 'replacedBy' in event])).toEqual([
      ['appointment.deleted', true],
      ['appointment.created', true],
    ]);
  });

  it('changes nothing and tells nothing when nothing changed', async () => {
    const { clinic, told, look, journal } = await bench();
    clinic.put(row('a'), row('b', TOMORROW + 900_000));
    await look();
    const { head } = journal.mirror;
    await look();
    await look(
      scopeOfKeys([
        { stream: 'busy', id: 'a' },
        { stream: 'busy', id: 'never there' },
      ]),
    );
    expect(journal.mirror.head).toBe(head);
    expect(told).toHaveLength(2);
  });

  it('reads a day with an undecodable row once, not at every look', async () => {
    let ranges = 0;
    const { clinic, look } = await bench({ afterRange: () => ranges++ });
    clinic.put(row('a'), { ...row('broken'), undecodable: { field: 'start', rule: 'not a time' } });
    expect((await look()).skipped).toBe(1);
    await look();
    const settled = ranges;
    await look();
    expect(ranges).toBe(settled);
    clinic.put(row('c'));
    await look();
    expect(ranges).toBe(settled + 1);
  });

  it('never rejects, whatever a link does', async () => {
    const { tools, look } = await bench();
    await look();
    const { digest: _withoutDigests, ...link } = tools.link;
    const broken = [
      () => {
        throw new Error('thrown');
      },
      () => new ResultAsync(Promise.reject(new Error('rejected'))),
    ];
    for (const readRange of broken as unknown as ClinicLink['readRange'][]) {
      const { signal } = new AbortController();
      const outcome = await reconcile(
        { ...tools, link: { ...link, readRange } },
        { scope: WHOLE_FUTURE, cause: 'clinic', signal },
      );
      expect(outcome._unsafeUnwrapErr()).toMatchObject({ kind: 'clinic', error: { code: 'ClinicProtocol' } });
    }
  });
});
