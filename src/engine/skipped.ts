import type { SkippedRow } from '../adapters/adapter.js';
import type { EventBody } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import { keyText } from '../domain/row.js';

/** Beyond this many, the oldest are forgotten and may be told again. */
const MAX_REMEMBERED = 1_000;

/** Which undecodable rows were told already: each is told once per rule it breaks. */
export class SkippedRows {
  private readonly told = new Set<string>();

  /** The events for those not told yet. */
  news(skipped: Iterable<SkippedRow>, at: Instant): EventBody[] {
    return [...skipped]
      .filter((row) => !this.told.has(name(row)))
      .map(({ key, field, rule }) => ({ type: 'row.skipped', key, field, rule, at, cause: 'engine' }));
  }

  /** Notes that these were told. */
  remember(skipped: Iterable<SkippedRow>): void {
    for (const row of skipped) this.told.add(name(row));
    for (const oldest of this.told) {
      if (this.told.size <= MAX_REMEMBERED) break;
      this.told.delete(oldest);
    }
  }
}

function name({ key, field, rule }: SkippedRow): string {
  return `${keyText(key.stream, key.id)}|${field}|${rule}`;
}
