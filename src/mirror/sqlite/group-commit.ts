import { err, ok, ResultAsync, type Result } from 'neverthrow';

import type { MirrorError } from '../../domain/errors.js';
import type { Connection } from './connection.js';
import { attempt, toMirrorError } from './errors.js';

/** Writes, and answers what is to be remembered of it once it is durable. Throws; what it wrote is undone then. */
export type Write<T> = () => () => T;

interface Member {
  /** Inside the group's transaction. Throws only where that is over, and with it what the others wrote. */
  write(): void;
  /** With the group's outcome. */
  settle(failure: MirrorError | undefined): void;
}

/** Changes wait for each other so long at most, in ms: the thread is blocked meanwhile. */
const GROUP_MS = 20;

/**
 * What several clinics change in one turn of the event loop becomes durable together: a flush of the disk costs the same for all of them
 * as for one, and blocks everybody. Each stands for itself: one that fails takes nothing of the others back.
 */
export class GroupCommit {
  readonly #connection: Connection;
  #waiting: Member[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** At once and by itself. */
  alone<T>(write: Write<T>): ResultAsync<T, MirrorError> {
    return attempt(() => this.#connection.transaction(write)());
  }

  /** Together with whatever else comes before this turn of the event loop ends. */
  join<T>(write: Write<T>): ResultAsync<T, MirrorError> {
    const outcome = new Promise<Result<T, MirrorError>>((resolve) => {
      let written: Result<() => T, MirrorError> | undefined;
      this.#waiting.push({
        write: () => {
          written = this.#connection.inside(write);
        },
        settle: (failure) => {
          // Its own reason says more than the group's.
          if (failure && !written?.isErr()) resolve(err(failure));
          else resolve(written?.map((remember) => remember()) ?? err(toMirrorError(undefined)));
        },
      });
    });
    if (this.#waiting.length === 1) this.#later();
    return new ResultAsync(outcome);
  }

  #later(): void {
    setImmediate(() => {
      this.#flush();
    });
  }

  #flush(): void {
    const group: Member[] = [];
    const until = performance.now() + GROUP_MS;
    const outcome = attemptNow(() => {
      this.#connection.transaction(() => {
        for (let member = this.#waiting.shift(); member; member = this.#waiting.shift()) {
          group.push(member);
          member.write();
          if (performance.now() > until) break;
        }
      });
    });
    const failure = outcome.isErr() ? outcome.error : undefined;
    // The transaction may not even have begun.
    if (failure && group.length === 0) group.push(...this.#waiting.splice(0));
    if (this.#waiting.length > 0) this.#later();
    for (const member of group) member.settle(failure);
  }
}

function attemptNow(work: () => void): Result<void, MirrorError> {
  try {
    work();
    return ok();
  } catch (error) {
    return err(toMirrorError(error));
  }
}
