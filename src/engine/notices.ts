import type { SkippedRow, UnknownStatus } from '../adapters/adapter.js';
import type { EventBody } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import { keyText } from '../domain/row.js';

/** Beyond this many, the oldest are forgotten and may be told again. */
const MAX_REMEMBERED = 1_000;

/** What a reading found that the mapping has no answer for. */
export interface Notices {
  readonly skipped: readonly SkippedRow[];
  readonly unknown: readonly UnknownStatus[];
}

/** What was told already: each undecodable row once for each rule that it breaks, each unknown status once. */
export class TellOnce {
  private readonly told = new Set<string>();

  /** The events for what was not told yet. */
  news({ skipped, unknown }: Notices, at: Instant): EventBody[] {
    const rows = skipped
      .filter((row) => !this.told.has(nameOfRow(row)))
      .map(({ key, field, rule }): EventBody => ({ type: 'row.skipped', key, field, rule, at, cause: 'engine' }));
    const values = new Map(unknown.map((status) => [nameOfStatus(status), status]));
    const statuses = [...values]
      .filter(([name]) => !this.told.has(name))
      .map(([, { table, value }]): EventBody => ({ type: 'status.unknown', table, value, at, cause: 'engine' }));
    return [...rows, ...statuses];
  }

  /** Notes that these were told. */
  remember({ skipped, unknown }: Notices): void {
    for (const row of skipped) this.told.add(nameOfRow(row));
    for (const status of unknown) this.told.add(nameOfStatus(status));
    for (const oldest of this.told) {
      if (this.told.size <= MAX_REMEMBERED) break;
      this.told.delete(oldest);
    }
  }
}

function nameOfRow({ key, field, rule }: SkippedRow): string {
  return `row|${keyText(key.stream, key.id)}|${field}|${rule}`;
}

function nameOfStatus({ table, value }: UnknownStatus): string {
  return `status|${table}|${value}`;
}
