import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from './engine.js';
import { allOf, anyOf } from './logic.js';
import { TAKES_TIME, type ResolvedRule, type ResolvedStatus } from './schema/resolve-table.js';

type Text = RawBuilder<string | null>;

/** "The row has one of these, or none of these", to the letter. */
export function ruleHolds(
  engine: SqlEngine,
  { kind, values, withNull }: ResolvedRule,
  text: Text,
): RawBuilder<boolean> {
  const isAmong = (operator: RawBuilder<unknown>) =>
    values.length === 0 ? [] : [sql<boolean>`${engine.exactly(text)} ${operator} (${sql.join(values)})`];
  if (kind === 'not') return anyOf([sql`${text} is null`, ...isAmong(sql`not in`)]);
  return anyOf([...isAmong(sql`in`), ...(withNull ? [sql<boolean>`${text} is null`] : [])]);
}

/** "The status takes time"; `null` where every status does. */
export function statusHolds(
  engine: SqlEngine,
  { classes, characters, whenNull }: ResolvedStatus,
  text: Text,
): RawBuilder<boolean> | null {
  const absent = Object.entries(classes).flatMap(([value, is]) => (TAKES_TIME[is] ? [] : [value]));
  const compared = engine.exactly(
    characters === null ? text : sql<string | null>`substring(${text}, 1, ${sql.lit(characters)})`,
  );
  const isNamed = absent.length === 0 ? null : sql<boolean>`${compared} not in (${sql.join(absent)})`;
  if (!TAKES_TIME[whenNull]) return allOf([sql`${text} is not null`, ...(isNamed ? [isNamed] : [])]);
  return isNamed && anyOf([sql`${text} is null`, isNamed]);
}

/** "The row lies at one of these locations", or at none of them. */
export function isAt(
  engine: SqlEngine,
  text: Text,
  locations: readonly string[],
  wanted: boolean,
): RawBuilder<boolean> {
  const among = sql.join(locations);
  return wanted
    ? sql`${engine.exactly(text)} in (${among})`
    : sql`(${text} is null or ${engine.exactly(text)} not in (${among}))`;
}
