import { isRowEvent, type ClinicEvent } from '../../src/domain/events.js';
import { MINUTE } from '../../src/domain/instant.js';
import { keyText, streamOf } from '../../src/domain/row.js';
import type { ClinicStatus } from '../../src/domain/status.js';
import { startOfDay } from '../../src/domain/zone.js';
import { DEFAULT_TUNING } from '../../src/engine/tuning.js';
import { identityOf } from './history.js';
import { SECRET } from './receptionist.js';
import { ZONE } from './scenario.js';
import { SIM_TUNING, type HostProcess, type World } from './world.js';

const tuning = { ...DEFAULT_TUNING, ...SIM_TUNING };

/** Longer than any read, confirmation and commit together may take. */
const OLDEST_READ_MS = 40_000;
const MAX_TIMERS = 60;

/** Watches one process of the host's from the outside. */
export class ProcessChecker {
  private readonly deletions: { at: number; stream: string }[] = [];
  private readonly peak: Record<string, number> = { busy: 0, session: 0 };
  private accepted = false;
  private lastEvent: ClinicEvent | null = null;

  constructor(
    private readonly world: World,
    private readonly process: HostProcess,
  ) {
    process.sync.events$.subscribe((event) => {
      if (process.runtime.alive) this.onEvent(event);
    });
    process.sync.status$.subscribe((status) => {
      if (process.runtime.alive) this.onStatus(status);
    });
  }

  hostAccepted(): void {
    this.accepted = true;
  }

  private onEvent(event: ClinicEvent): void {
    const { world } = this;
    const text = JSON.stringify(event);
    world.note(text);
    if (text.includes(SECRET)) world.violate('S12', `${event.type} carries what is not mapped`);
    if (isRowEvent(event)) this.onRowEvent(event);
    this.checkPair(event);
    if (event.type === 'window.advanced') this.checkWindow(event.cutoff);
    if (event.type === 'snapshot.replaced') world.cutoff = Number.NEGATIVE_INFINITY;
    if (event.type === 'resync.started' && event.reason !== 'requested' && !event.possibleConflict) {
      world.violate('S8', `no conflict thought possible after ${event.reason}`);
    }
    this.lastEvent = event;
  }

  private onRowEvent(event: Extract<ClinicEvent, { row: unknown }>): void {
    const { history, time } = this.world;
    const { row } = event;
    const versions = history.of(row);
    if (versions.length === 0) {
      this.world.violate('S2', `${event.type} of a version that the clinic never had: ${row.id}`);
      return;
    }
    if (event.type.endsWith('.created')) {
      if (!history.wasVisible(row, time.now - OLDEST_READ_MS, time.now)) {
        this.world.violate('S1', `${event.type} of a version long gone: ${row.id}`);
      }
      return;
    }
    const last = versions.at(-1);
    const neverGone = last?.to === null && (versions.length === 1 || last.from < time.now - OLDEST_READ_MS);
    if (neverGone) this.world.violate('S11', `${event.type} of a row that was there all the time: ${row.id}`);
    if ('replacedBy' in event) return;
    const key = keyText(streamOf(row), row.id);
    if (!history.wasAbsent(key, this.world.shelf?.facts.cutoff ?? 0, time.now - OLDEST_READ_MS, time.now)) {
      this.world.violate('S11', `${key} told as deleted, but it was only changed`);
    }
    if (event.cause !== 'platform') this.onPureDeletion(streamOf(row));
  }

  /** S15: within one process, no more than the breaker lets through. */
  private onPureDeletion(stream: string): void {
    const { time, shelf } = this.world;
    this.deletions.push({ at: time.now, stream });
    const lately = this.deletions.filter(({ at, stream: of }) => of === stream && at > time.now - MINUTE).length;
    const rows = [...(shelf?.rows.keys() ?? [])].filter((key) => key.startsWith(stream)).length;
    this.peak[stream] = Math.max(this.peak[stream] ?? 0, rows + lately);
    const limit = Math.max(tuning.breakerRows, Math.floor((this.peak[stream] ?? 0) * tuning.breakerShare));
    if (lately > limit && !this.accepted)
      this.world.violate('S15', `${String(lately)} ${stream} rows deleted within a minute`);
  }

  /** S11: an edit or a reused id is told as one linked pair, in one breath. */
  private checkPair(event: ClinicEvent): void {
    const last = this.lastEvent;
    if (last && isRowEvent(last) && 'replacedBy' in last) {
      const linked = isRowEvent(event) && 'replaces' in event && event.replaces?.fingerprint === last.fingerprint;
      if (!linked) this.world.violate('S11', 'a replacement was told by halves');
    }
    if (
      last &&
      isRowEvent(last) &&
      isRowEvent(event) &&
      last.type.endsWith('.deleted') &&
      event.type.endsWith('.created')
    ) {
      const sameRow =
        last.row.id === event.row.id && streamOf(last.row) === streamOf(event.row) && last.at === event.at;
      if (sameRow && !('replaces' in event))
        this.world.violate('S11', `a replacement of ${event.row.id} is not linked`);
    }
  }

  private checkWindow(cutoff: number): void {
    const truth = Math.round(this.world.scenario.epoch + this.world.time.now);
    if (cutoff <= this.world.cutoff) this.world.violate('S1', 'the window moved back');
    this.world.cutoff = cutoff;
    if (cutoff > startOfDay(truth + tuning.clockToleranceMs, ZONE)) {
      this.world.violate('S1', 'the window ran ahead of the clinic');
    }
  }

  private onStatus(status: ClinicStatus): void {
    this.world.note(`status ${status.phase} ${status.lastFault ?? ''}`);
    this.checkHolds(status);
  }

  private checkHolds(status: ClinicStatus): void {
    if (status.phase !== 'live' && status.holds.length === 0) this.world.violate('S4', `no hold while ${status.phase}`);
    if (status.phase !== 'live' && status.freshness === 'live') this.world.violate('S8', `live while ${status.phase}`);
  }

  /** Looks at everything that can be seen at one moment. */
  sample(): void {
    const { world, process } = this;
    const { status } = process.sync;
    this.checkHolds(status);
    const silence = world.silentFor();
    const deadline = tuning.heartbeatMs + tuning.requestTimeoutMs + 500;
    if (status.phase === 'live' && silence > deadline) {
      world.violate('S14', `live after ${String(Math.round(silence))} ms of silence`);
    }
    if (world.time.pending > MAX_TIMERS + world.scenario.actions.length) {
      world.violate('S13', `${String(world.time.pending)} timers`);
    }
    if (status.freshness === 'live' && status.verifiedAt !== null && !world.clocksWereWrong) {
      this.checkHonest(status.verifiedAt - world.scenario.epoch);
    }
  }

  /** S8: what is called live and verified at an instant holds everything that the clinic has had since then. */
  private checkHonest(verifiedAt: number): void {
    const { shelf, history, time } = this.world;
    if (!shelf) return;
    const cutoff = shelf.facts.cutoff ?? 0;
    for (const { row } of shelf.rows.values()) {
      if (!history.wasVisible(row, verifiedAt, time.now)) {
        this.world.violate('S8', `verified at ${String(verifiedAt)}: ${row.id} was gone before`);
      }
    }
    for (const [key, row] of history.truth(cutoff)) {
      const mirrored = shelf.rows.get(key);
      const version = history.latest(key);
      if (!version || version.from >= verifiedAt) continue;
      if (!mirrored || identityOf(mirrored.row) !== version.identity) {
        this.world.violate('S8', `verified at ${String(verifiedAt)}: ${row.id} is there since ${String(version.from)}`);
      }
    }
  }
}

/** S1: the mirror is the clinic's future, row for row. */
export function checkEqual(world: World, when: string): void {
  const { shelf } = world;
  const truth = world.history.truth(shelf?.facts.cutoff ?? 0);
  for (const [key] of truth) {
    const version = world.history.latest(key);
    const mirrored = shelf?.rows.get(key);
    if (!mirrored || identityOf(mirrored.row) !== version?.identity) {
      world.violate('S1', `${when}: ${key} is missing or old`);
    }
  }
  for (const [key, { row }] of shelf?.rows ?? []) {
    if (!truth.has(key)) world.violate('S1', `${when}: ${keyText(streamOf(row), row.id)} is not at the clinic`);
  }
}

/** S2: replaying the log from its snapshot has rebuilt the mirror. */
export function checkReplica(world: World): void {
  const { shelf, replica } = world;
  const cutoff = shelf?.facts.cutoff ?? 0;
  for (const [key, { row }] of shelf?.rows ?? []) {
    if (replica.rows.get(key)?.identity !== identityOf(row)) world.violate('S2', `${key} was never told`);
  }
  for (const [key, { end }] of replica.rows) {
    if (end > cutoff && !shelf?.rows.has(key)) world.violate('S2', `${key} went without a word`);
  }
}

/** S12: what is on disk holds nothing that is not mapped. */
export function checkSecrets(world: World): void {
  const text = JSON.stringify([...(world.shelf?.rows.values() ?? [])]);
  if (text.includes(SECRET)) world.violate('S12', 'the mirror holds what is not mapped');
}
