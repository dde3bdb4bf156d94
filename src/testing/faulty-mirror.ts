import { errAsync, ResultAsync } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { ClinicMirror, Mirror, ReplaceWriter } from '../mirror/mirror.js';

type Answer<T> = ResultAsync<T, MirrorError>;

/** What becomes of one operation on a disk. */
export interface DiskFaults {
  /** Before an operation; an error is its answer, and nothing happens. A promise that never resolves is a killed process. */
  before(what: string, isWrite: boolean): Promise<MirrorError | undefined>;
  /** After it took effect, before the answer. */
  after(what: string): Promise<void>;
}

/** The same mirror on a disk that fills up, fails, or belongs to a process that is killed. */
export function faultyMirror(mirror: Mirror, faults: DiskFaults): Mirror {
  const via = <T>(what: string, isWrite: boolean, call: () => Answer<T>): Answer<T> =>
    new ResultAsync(
      faults.before(what, isWrite).then(async (error) => {
        if (error) return errAsync(error);
        const answer = await call();
        await faults.after(what);
        return answer;
      }),
    );
  const writer = (inner: ReplaceWriter): ReplaceWriter => ({
    add: (rows) => via('replace.add', true, () => inner.add(rows)),
    commit: (rest) => via('replace.commit', true, () => inner.commit(rest)),
    abort: () => via('replace.abort', false, () => inner.abort()),
  });
  const opened = (inner: ClinicMirror): ClinicMirror => ({
    clinicId: inner.clinicId,
    epoch: inner.epoch,
    get lineage() {
      return inner.lineage;
    },
    get facts() {
      return inner.facts;
    },
    get head() {
      return inner.head;
    },
    get oldest() {
      return inner.oldest;
    },
    rows: (query) => via('rows', false, () => inner.rows(query)),
    rowsByKey: (keys) => via('rowsByKey', false, () => inner.rowsByKey(keys)),
    countRows: () => via('countRows', false, () => inner.countRows()),
    practitioners: () => via('practitioners', false, () => inner.practitioners()),
    scan: (visit) => via('scan', false, () => inner.scan(visit)),
    commit: (commit) => via('commit', true, () => inner.commit(commit)),
    replaceAll: () => via('replaceAll', false, () => inner.replaceAll()).map(writer),
    events: (after, limit) => via('events', false, () => inner.events(after, limit)),
    intent: (key) => via('intent', false, () => inner.intent(key)),
    openIntents: () => via('openIntents', false, () => inner.openIntents()),
    bookingsOf: (ids) => via('bookingsOf', false, () => inner.bookingsOf(ids)),
    trimIntents: (before) => via('trimIntents', true, () => inner.trimIntents(before)),
    trimLog: (before) => via('trimLog', true, () => inner.trimLog(before)),
    // A note that cannot be written does not keep the clinic from being released.
    close: (inOrder) =>
      via('close', inOrder, () => inner.close(inOrder)).orElse((error) =>
        inner.close(false).andThen(() => errAsync(error)),
      ),
  });
  return {
    store: mirror.store,
    open: (options) => via('open', true, () => mirror.open(options)).map(opened),
    discard: (clinicId) => via('discard', true, () => mirror.discard(clinicId)),
  };
}
