import { isRowEvent, type ClinicEvent } from '../../src/domain/events.js';
import { keyText, streamOf, type StoredRow } from '../../src/domain/row.js';
import type { ResyncReason } from '../../src/domain/status.js';
import { identityOf } from '../simulation/history.js';
import { Replica } from '../simulation/replica.js';

/** The host's own backend, which lives through every death of the process that it is told by. */
export class Consumer {
  readonly replica: Replica;
  readonly violations: string[] = [];
  events = 0;
  /** The conflicts that were told, as `booking id` of ours and id of the other row. */
  readonly conflicts = new Set<string>();
  private lastAt = performance.now();
  /** Whether the first copy is known to be there: nothing may replace it any more. */
  private copied = false;
  /** Told that the state was replaced, and the snapshot has not come yet. */
  private waiting = false;
  /** Versions that were told as created since they were last looked up. */
  private told: { key: string; identity: string }[] = [];

  constructor(
    /** Why a resync may be, once there is a copy. */
    private readonly reasons: readonly ResyncReason[] = ['crash', 'outage'],
  ) {
    this.replica = new Replica((promise, text) => this.violate(promise, text));
  }

  violate(promise: string, text: string): void {
    this.violations.push(`${promise}: ${text}`);
  }

  /** Where a new process has to go on; `null`: with a snapshot. */
  get cursor(): string | null {
    return this.waiting ? null : this.replica.cursor;
  }

  begin(rows: readonly StoredRow[], cursor: string): void {
    if (this.replica.cursor !== null && !this.waiting) this.violate('S3', 'a new beginning that nobody asked for');
    this.replica.takeSnapshot(rows, cursor);
    this.waiting = false;
    this.copied ||= rows.length > 0;
  }

  /** Since the last event. */
  get idleMs(): number {
    return Math.round(performance.now() - this.lastAt);
  }

  take(event: ClinicEvent): void {
    this.events++;
    this.lastAt = performance.now();
    if (this.replica.take(event)) {
      if (this.copied)
        this.violate('S2', `the state was replaced again, reason ${(event as { reason?: string }).reason}`);
      this.copied = true;
      this.waiting = true;
    }
    if (event.type === 'conflict.detected')
      for (const { id } of event.others) this.conflicts.add(`${event.bookingId ?? '?'} ${id}`);
    if (event.type === 'resync.started') this.checkReason(event.reason);
    if (isRowEvent(event) && event.type.endsWith('.created')) {
      this.told.push({ key: keyText(streamOf(event.row), event.row.id), identity: identityOf(event.row) });
    }
  }

  /** Every version that was told as created must have been the clinic's. */
  lookUp(versions: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const { key, identity } of this.told) {
      if (!versions.get(key)?.has(identity)) this.violate('S2', `${key} told in a version that the clinic never had`);
    }
    this.told = [];
  }

  private checkReason(reason: ResyncReason): void {
    const expected = this.copied ? this.reasons : ['first-copy', ...this.reasons];
    if (!expected.includes(reason)) this.violate('lifecycle', `a resync because of ${reason}`);
  }
}
