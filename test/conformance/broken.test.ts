import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter, ClinicLink, ReadRows } from '../../src/adapters/adapter.js';
import type { MemoryClinic } from '../../src/adapters/memory/index.js';
import type { ClinicDescription } from '../../src/domain/description.js';
import { rowHash } from '../../src/domain/digest.js';
import { fault, type AdapterError } from '../../src/domain/errors.js';
import { registerAdapterConformance } from '../../src/testing/index.js';
import { failures, type Break, type Describe } from './broken-kit.js';
import { MEMORY_CAPABILITIES, memoryHarness } from './memory-kit.js';

const withoutLast = ({ records, skipped }: ReadRows): ReadRows => ({ records: records.slice(0, -1), skipped });

describe('the suite turns red for', () => {
  it('nothing in a sound adapter', async () => {
    expect(await failures(() => ({}), /offer|readRange|rows|readKeys|digest|pulse|snapshot/)).toEqual([]);
  });

  it.each<[string, Break, RegExp, string[]]>([
    [
      'a dropped last row',
      (link) => ({ readRange: (read) => link.readRange(read).map(withoutLast) }),
      /readRange|rows|digest/,
      [
        'a range includes its first instant and excludes its last, by the start of rows',
        'rows that take the same time of the same practitioner are all kept',
        'every field comes through, of every kind of row',
        'a digest without edges sums up everything',
        'random ranges and cutoffs give what the rows themselves say',
      ],
    ],
    [
      'an ignored cutoff',
      (link) => ({ readRange: (read) => link.readRange({ ...read, cutoff: 0 }) }),
      /readRange|digest/,
      [
        'a row that ended by the cutoff is not read, one that ends after it is',
        'random ranges and cutoffs give what the rows themselves say',
        'digests leave out what ended by the cutoff',
      ],
    ],
    [
      'a cutoff that keeps what ends with it',
      (link) => ({ readRange: (read) => link.readRange({ ...read, cutoff: read.cutoff - 1 }) }),
      /readRange/,
      ['a row that ended by the cutoff is not read, one that ends after it is'],
    ],
    [
      'a range that includes its end',
      (link) => ({
        readRange: (read) => {
          const { range } = read;
          return link.readRange({ ...read, range: { ...range, to: range.to === null ? null : range.to + 1 } });
        },
      }),
      /readRange/,
      ['a range includes its first instant and excludes its last, by the start of rows'],
    ],
    [
      'a stale pulse',
      (link) => {
        const first = link.pulse!(new AbortController().signal);
        return { pulse: () => first };
      },
      /: pulse/,
      [
        'the pulse differs from every earlier one after each insert, edit and deletion',
        'the pulse changes when a transaction commits, not only when it writes',
        'the same pulse means the same rows, while others commit',
      ],
    ],
    [
      'a pulse that never rests',
      (link) => {
        let n = 0;
        return { pulse: (signal) => link.pulse!(signal).map((pulse) => `${pulse}.${n++}`) };
      },
      /: pulse/,
      ['the pulse rests while nothing is committed, whatever is read'],
    ],
    [
      'hints lost in a burst',
      (link) => {
        const { events } = link;
        const emit = events.emit.bind(events);
        let n = 0;
        events.emit = ((event: 'hint', scope: never) => n++ % 7 === 6 || emit(event, scope)) as typeof events.emit;
        return {};
      },
      /push/,
      ['a burst of transactions loses no hint'],
    ],
    [
      'a hash that ignores the location',
      (link) => ({
        readRange: (read) =>
          link.readRange(read).map(({ records, skipped }) => ({
            records: records.map(({ row }) => ({ row, hash: rowHash([JSON.stringify({ ...row, locationId: 0 })]) })),
            skipped,
          })),
      }),
      /rows/,
      ['another value in any mapped field is another hash'],
    ],
    [
      'a digest that looks at the ids alone',
      (link) => ({
        digest: (read) =>
          link.digest!(read).map((digests) => digests.map((each) => ({ ...each, sumHigh: 0, sumLow: 0 }))),
      }),
      /digest/,
      ['two rows that swap a value change the digest', 'digests follow every insert, edit and deletion at once'],
    ],
    [
      'throwing',
      () => ({
        now: () => {
          throw new Error('no');
        },
      }),
      /signals|offer/,
      ["the clinic's clock is read afresh, and is near the machine's", 'a call whose signal has fired answers Aborted'],
    ],
    [
      'cached keys',
      (link) => {
        const cache = new Map<string, ReturnType<NonNullable<ClinicLink['readKeys']>>>();
        return {
          readKeys: (read) => {
            const key = JSON.stringify([read.ids, read.cutoff]);
            const answer = cache.get(key) ?? link.readKeys!(read);
            cache.set(key, answer);
            return answer;
          },
        };
      },
      /readKeys/,
      [
        'readKeys confirms a deletion, a new row and a reused id as soon as they are committed',
        'readKeys looks in its own stream only',
      ],
    ],
    [
      'a snapshot of the present',
      (link) => ({
        openSnapshot: (signal) => link.openSnapshot!(signal).map((held) => ({ ...held, readRange: link.readRange })),
      }),
      /snapshot/,
      [
        'a snapshot reads one moment, whatever is committed after it',
        'both streams of a snapshot are of the same moment',
      ],
    ],
    [
      'an offer that was not declared, or is missing',
      () => ({ push: false, digest: undefined as never }),
      /offer/,
      ['the link offers what was declared, and nothing else'],
    ],
    [
      'silence after the end',
      (link) => {
        let closed = false;
        return {
          now: (signal) => (closed ? (new Promise(() => {}) as never) : link.now(signal)),
          close: () => {
            closed = true;
            return link.close();
          },
        };
      },
      /endings/,
      ['a closed link answers every call with an error, at once'],
    ],
  ])('%s', async (_, breakLink, only, expected) => {
    const failed = await failures(breakLink, only);
    expect(failed).toEqual(expect.arrayContaining(expected));
  });

  const SOUND: ClinicDescription = {
    engine: 'memory',
    version: '1',
    findings: [
      { topic: 'server', found: 'It is here.' },
      { topic: 'guard', found: 'One writer at a time.' },
    ],
  };
  const answer = (
    signal: AbortSignal,
    description: ClinicDescription = SOUND,
  ): ResultAsync<ClinicDescription, AdapterError> =>
    signal.aborted ? errAsync(fault('Aborted')) : okAsync(description);
  const rowsOf = (clinic: MemoryClinic) => JSON.stringify([...clinic.all().values()]);

  it.each<[string, Describe, string[]]>([
    ['nothing in a sound description', () => (signal) => answer(signal), []],
    [
      'a description of another engine',
      () => (signal) => answer(signal, { ...SOUND, engine: 'other' }),
      ['a description names the engine and its version, and has findings in the order of their topics'],
    ],
    [
      'findings in no order',
      () => (signal) => answer(signal, { ...SOUND, findings: [...SOUND.findings].reverse() }),
      ['a description names the engine and its version, and has findings in the order of their topics'],
    ],
    [
      'a description that tells rows',
      (clinic) => (signal) => answer(signal, { ...SOUND, findings: [{ topic: 'server', found: rowsOf(clinic) }] }),
      ['a description tells nothing of a row or of a person, and no secret'],
    ],
    [
      'a description that wants the clinic for itself',
      (_, isLinked) => (signal) => (isLinked() ? errAsync(fault('ClinicInUse')) : answer(signal)),
      [
        'describe works beside a running link, several times at once, and does it no harm',
        'a description tells nothing of a row or of a person, and no secret',
      ],
    ],
    [
      'a description that takes its time',
      () => (signal) =>
        answer(signal).andThen((description) =>
          ResultAsync.fromSafePromise(new Promise((resolve) => setTimeout(resolve, 2_000))).map(() => description),
        ),
      [
        'describe waits for nobody: a transaction that a receptionist has open is not in its way, nor it in hers',
        'describe ends with its signal',
      ],
    ],
    ['a description that hears no signal', () => () => okAsync(SOUND), ['describe ends with its signal']],
  ])('%s', async (_, say, expected) => {
    expect(await failures(() => ({}), /: describe/, [], say)).toEqual(expected);
  });

  it('a gap that was fixed, and for no gap that is still there', async () => {
    const gap = 'a row that ended by the cutoff is not read, one that ends after it is';
    expect(await failures(() => ({}), /readRange/, [gap])).toEqual([`${gap} (known gap)`]);
    const broken = await failures(
      (link) => ({ readRange: (read) => link.readRange({ ...read, cutoff: read.cutoff - 1 }) }),
      /readRange/,
      [gap],
    );
    expect(broken).not.toContain(`${gap} (known gap)`);
  });

  it('a gap that is no case, and capabilities that cannot be', () => {
    const runner = { describe: () => undefined, it: () => undefined };
    const options = { name: 'x', harness: memoryHarness(), capabilities: MEMORY_CAPABILITIES };
    expect(() => {
      registerAdapterConformance(runner, { ...options, gaps: ['no such case'] });
    }).toThrow(/no such case/);
    expect(() => {
      registerAdapterConformance(runner, { ...options, capabilities: { ...MEMORY_CAPABILITIES, pulse: false } });
    }).toThrow(/awaitPulse/);
  });

  it('a random case with the seed that it drew from', async () => {
    const told: string[] = [];
    const plays: Promise<void>[] = [];
    const runner = {
      describe: (_: string, body: () => void) => {
        body();
      },
      it: (name: string, play: () => Promise<void>) => {
        if (name.startsWith('random ranges'))
          plays.push(play().catch((error: unknown) => void told.push(String(error))));
      },
    };
    const ignoring = (adapter: ClinicAdapter): ClinicAdapter => ({
      ...adapter,
      connect: (options) =>
        adapter.connect(options).map((link) => ({
          ...link,
          close: () => link.close(),
          readRange: (read) => link.readRange({ ...read, cutoff: 0 }),
        })),
    });
    const harness = memoryHarness({}, ignoring);
    registerAdapterConformance(runner, { name: 'x', harness, capabilities: MEMORY_CAPABILITIES, seed: 4242 });
    await Promise.all(plays);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('seed 4242');
  });
});
