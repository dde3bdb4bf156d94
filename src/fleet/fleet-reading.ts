import type { ClinicSync } from '../clinic-sync.js';
import { parseCursor, type Cursor } from '../domain/cursor.js';
import { isRowEvent, type ClinicEvent } from '../domain/events.js';
import { SECOND } from '../domain/instant.js';
import type { Runtime } from '../engine/runtime.js';
import type { Snapshot } from '../host/answers.js';

/** Where a consumer is in each clinic's log, by clinic: plain data, to be kept anywhere. */
export type FleetCursors = Readonly<Record<string, Cursor>>;

/** What a reading of all logs tells. `cursor`: the place of this clinic to go on from, once this has been dealt with. */
export type FleetReading =
  | { readonly kind: 'event'; readonly clinicId: string; readonly cursor: Cursor; readonly event: ClinicEvent }
  | {
      readonly kind: 'snapshot';
      readonly clinicId: string;
      readonly cursor: Cursor;
      /** All rows of the clinic, in place of those that the consumer has. */
      readonly snapshot: Snapshot;
      /** There was no cursor of this clinic; its place no longer exists (`CursorLost`); its copy was laid anew. */
      readonly reason: 'new' | 'lost' | 'replaced';
    };

export interface FleetReadingOptions {
  readonly after: FleetCursors;
  readonly clinic: (clinicId: string) => ClinicSync | undefined;
  readonly runtime: Runtime;
}

/** One read of one log; a reader never has more than this, or one snapshot, in memory. */
const PAGE = 200;
/** A log that cannot be read now is tried again after this, if nothing is heard of its clinic before. */
const AGAIN_MS = SECOND;

/** A consumer's place in one clinic's log. */
interface Place {
  cursor: Cursor | undefined;
  /** A copy that was laid anew, as it was at some later place: told when that is reached, and what it has in it is not told before. */
  laid: { readonly snapshot: Snapshot; readonly readTo: Cursor } | undefined;
}

/**
 * Reads the logs of many clinics in turns, a page of one at a time. What is told of a clinic only says that there is more to read, so
 * that a slow consumer costs no memory; a log that cannot be read is in no other's way.
 */
export class FleetReader {
  private readonly places = new Map<string, Place>();
  /** Clinics that may have more to read, in the order of their turns. */
  private readonly ready = new Set<string>();
  private readonly timers = new Map<string, () => void>();
  private wakeUp: (() => void) | null = null;
  private isOver = false;

  constructor(private readonly options: FleetReadingOptions) {
    for (const [clinicId, cursor] of Object.entries(options.after)) {
      this.places.set(clinicId, { cursor, laid: undefined });
    }
  }

  /** There may be more to read of this clinic. */
  stir(clinicId: string): void {
    this.ready.add(clinicId);
    this.wakeUp?.();
  }

  end(): void {
    this.isOver = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.wakeUp?.();
  }

  async *read(): AsyncGenerator<FleetReading, void, undefined> {
    while (!this.isOver) {
      const [clinicId] = this.ready;
      if (clinicId === undefined) {
        await new Promise<void>((resolve) => (this.wakeUp = resolve));
        this.wakeUp = null;
        continue;
      }
      this.ready.delete(clinicId);
      for await (const reading of this.turn(clinicId)) {
        if (this.isOver) return;
        yield reading;
      }
    }
  }

  /** One page, or one snapshot. */
  private async *turn(clinicId: string): AsyncGenerator<FleetReading, void, undefined> {
    const sync = this.options.clinic(clinicId);
    if (!sync) return;
    const place = this.places.get(clinicId) ?? { cursor: undefined, laid: undefined };
    this.places.set(clinicId, place);
    if (place.cursor === undefined) {
      yield* this.lay(sync, place, 'new');
      return;
    }
    const page = await sync.readEvents({ after: place.laid?.readTo ?? place.cursor, limit: PAGE });
    if (page.isErr()) {
      const { code } = page.error;
      if (code === 'CursorLost' || code === 'InvalidArgument') yield* this.lay(sync, place, 'lost');
      else this.later(clinicId, code);
      return;
    }
    for (const event of page.value.events) {
      if (event.type === 'snapshot.replaced') {
        const snapshot = await sync.snapshot();
        if (snapshot.isErr()) {
          this.later(clinicId, snapshot.error.code);
          return;
        }
        place.laid = { snapshot: snapshot.value, readTo: event.cursor };
      }
      const { laid } = place;
      if (!laid) place.cursor = event.cursor;
      else place.laid = { ...laid, readTo: event.cursor };
      // What changed before the snapshot is in it.
      if (!laid || !isRowEvent(event)) yield { kind: 'event', clinicId, cursor: place.cursor, event };
      if (laid && seqOf(event.cursor) >= seqOf(laid.snapshot.cursor)) {
        place.laid = undefined;
        yield this.laid(clinicId, place, laid.snapshot, 'replaced');
      }
    }
    if (page.value.events.length > 0) this.ready.add(clinicId);
  }

  private async *lay(sync: ClinicSync, place: Place, reason: 'new' | 'lost'): AsyncGenerator<FleetReading> {
    const { clinicId } = sync;
    const snapshot = await sync.snapshot();
    if (snapshot.isErr()) {
      this.later(clinicId, snapshot.error.code);
      return;
    }
    place.laid = undefined;
    yield this.laid(clinicId, place, snapshot.value, reason);
    this.ready.add(clinicId);
  }

  private laid(clinicId: string, place: Place, snapshot: Snapshot, reason: 'new' | 'lost' | 'replaced'): FleetReading {
    place.cursor = snapshot.cursor;
    return { kind: 'snapshot', clinicId, cursor: snapshot.cursor, snapshot, reason };
  }

  /** Tries again, unless the clinic has ended: it goes on where it was if it is added again. */
  private later(clinicId: string, code: string): void {
    if (code === 'Stopped' || this.isOver) return;
    this.timers.get(clinicId)?.();
    const cancel = this.options.runtime.setTimer(AGAIN_MS, () => {
      this.timers.delete(clinicId);
      this.stir(clinicId);
    });
    this.timers.set(clinicId, cancel);
  }
}

/** Logs are numbered on from one incarnation to the next. */
const seqOf = (cursor: Cursor): number => parseCursor(cursor)?.seq ?? Number.POSITIVE_INFINITY;
