import { EventEmitter } from 'eventemitter3';
import { err, errAsync, okAsync, ResultAsync, type Result } from 'neverthrow';

import type {
  ClinicAdapter,
  ClinicLink,
  ClinicReader,
  ClinicSnapshot,
  LinkEvents,
  RangeRead,
  ReadRows,
} from '../adapters/adapter.js';
import type { ClinicWriter } from '../adapters/writer.js';
import { fault, type AdapterError } from '../domain/errors.js';
import type { Scope } from '../domain/scope.js';

type Asked<T> = ResultAsync<T, AdapterError>;

/** What becomes of one hint. */
export type HintFate = { readonly delaysMs: readonly number[] };

/**
 * The road between a process and a clinic. A test decides what becomes of each message; a promise that never resolves is a
 * message lost without anybody noticing.
 */
export interface Road {
  /** The request is on its way; resolves when it arrives, with an error when the connection broke or the server refuses. */
  request(what: string): Promise<AdapterError | undefined>;
  /** The same for the answer. */
  answer(what: string): Promise<AdapterError | undefined>;
  /** When, and how many times, a hint arrives; none: it is lost. */
  hint(scope: Scope): HintFate;
  /** Calls back after so many ms, if the process still lives. */
  after(ms: number, deliver: () => void): void;
  /**
   * How many ms lie between the two halves in which a range is read, as a read outside one snapshot may be; `undefined`: it is
   * read in one.
   */
  tears(): number | undefined;
  /** Called with each new link's handles, so that the road can cut it, or send a hint that nothing stands behind. */
  onLink(link: { cut(): void; hint(scope: Scope): void }): void;
}

/** The same adapter at the other end of a road that loses, delays, repeats and tears. */
export function faultyAdapter(adapter: ClinicAdapter, road: Road): ClinicAdapter {
  return {
    ...adapter,
    connect: (options) => travel(road, 'connect', () => adapter.connect(options)).map((link) => faultyLink(link, road)),
  };
}

function travel<T>(road: Road, what: string, call: () => Asked<T>): Asked<T> {
  const there = async (): Promise<Result<T, AdapterError>> => {
    const refused = await road.request(what);
    if (refused) return err(refused);
    const outcome = await call();
    const lost = await road.answer(what);
    return lost ? err(lost) : outcome;
  };
  return new ResultAsync(there());
}

function faultyReader(reader: ClinicReader, road: Road, tearable: boolean): ClinicReader {
  const { readKeys, digest, sketch } = reader;
  return {
    readRange: (read) => {
      const gap = tearable ? road.tears() : undefined;
      return gap === undefined
        ? travel(road, 'readRange', () => reader.readRange(read))
        : torn(reader, read, road, gap);
    },
    ...(readKeys && { readKeys: (read) => travel(road, 'readKeys', () => readKeys.call(reader, read)) }),
    ...(digest && { digest: (read) => travel(road, 'digest', () => digest.call(reader, read)) }),
    ...(sketch && { sketch: (read) => travel(road, 'sketch', () => sketch.call(reader, read)) }),
  };
}

/** One read in two statements: a row that moves between them is missed, or seen twice. */
function torn(reader: ClinicReader, read: RangeRead, road: Road, gapMs: number): Asked<ReadRows> {
  const { from, to } = read.range;
  const week = 7 * 86_400_000;
  const middle = from !== null && to !== null ? (from + to) / 2 : from !== null ? from + week : (to ?? 0) - week;
  const half = (range: RangeRead['range']) => travel(road, 'readRange', () => reader.readRange({ ...read, range }));
  const gap = () => ResultAsync.fromSafePromise(new Promise<void>((resolve) => road.after(gapMs, resolve)));
  return half({ ...read.range, to: middle }).andThen((first) =>
    gap()
      .andThen(() => half({ ...read.range, from: middle }))
      .map((second) => ({
        records: [...first.records, ...second.records],
        skipped: [...first.skipped, ...second.skipped],
      })),
  );
}

/** Sends what `guard` lets through. A statement that is on its way arrives, whether its sender still waits for it or not. */
function faultyWriter(
  writer: ClinicWriter,
  guard: <T>(what: string, call: () => Asked<T>) => Asked<T>,
  onItsWay: Set<PromiseLike<unknown>>,
): ClinicWriter {
  const { signal } = new AbortController();
  const send = <T>(order: { readonly signal: AbortSignal }, what: string, call: () => Asked<T>) => {
    if (order.signal.aborted) return errAsync(fault('Aborted'));
    let arrive: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    onItsWay.add(arrival);
    const isThere = () => {
      arrive();
      onItsWay.delete(arrival);
    };
    const sent = guard(what, () => {
      const answer = call();
      isThere();
      return answer;
    });
    void sent.then(isThere);
    return sent;
  };
  return {
    ...writer,
    book: (order) => send(order, 'book', () => writer.book({ ...order, signal })),
    delete: (order) => send(order, 'delete', () => writer.delete({ ...order, signal })),
    findToken: (search) => guard('findToken', () => writer.findToken(search)),
  };
}

function faultyLink(link: ClinicLink, road: Road): ClinicLink {
  const events = new EventEmitter<LinkEvents>();
  let open = true;
  const onItsWay = new Set<PromiseLike<unknown>>();
  // A server hears of the end of a connection after everything that was sent before it.
  const end = () => Promise.all(onItsWay).then(() => link.close());
  const deliver = (scope: Scope) => {
    for (const delay of road.hint(scope).delaysMs) {
      road.after(delay, () => {
        if (open) events.emit('hint', scope);
      });
    }
  };
  link.events.on('hint', deliver);
  link.events.on('lost', (error) => events.emit('lost', error));
  link.events.on('pushLost', () => events.emit('pushLost'));
  road.onLink({
    cut: () => {
      if (!open) return;
      open = false;
      void end();
      events.emit('lost', fault('ClinicUnreachable'));
    },
    hint: (scope) => {
      if (open) events.emit('hint', scope);
    },
  });
  const guard = <T>(what: string, call: () => Asked<T>): Asked<T> =>
    open ? travel(road, what, call) : errAsync(fault('ClinicUnreachable'));
  const { pulse, awaitPulse, newKeys, openSnapshot, writer } = link;
  const snapshot = (held: ClinicSnapshot): ClinicSnapshot => ({
    ...faultyReader(held, road, false),
    pulse: held.pulse,
    close: () => held.close(),
  });
  return {
    ...faultyReader(link, road, true),
    identity: link.identity,
    events,
    push: link.push,
    ...(link.sketchIds && { sketchIds: link.sketchIds }),
    now: (signal) => guard('now', () => link.now(signal)),
    ...(pulse && { pulse: (signal) => guard('pulse', () => pulse.call(link, signal)) }),
    ...(awaitPulse && {
      awaitPulse: (base, ms, signal, everyMs) =>
        guard('awaitPulse', () => awaitPulse.call(link, base, ms, signal, everyMs)),
    }),
    ...(writer && { writer: faultyWriter(writer, guard, onItsWay) }),
    ...(newKeys && { newKeys: (signal) => guard('newKeys', () => newKeys.call(link, signal)) }),
    ...(openSnapshot && {
      openSnapshot: (signal) => guard('openSnapshot', () => openSnapshot.call(link, signal)).map(snapshot),
    }),
    close: () => {
      open = false;
      // What was lost on the way never arrives, so nobody waits for it.
      const ended = end();
      return onItsWay.size > 0 ? okAsync() : ResultAsync.fromSafePromise(ended).map(() => undefined);
    },
  };
}
