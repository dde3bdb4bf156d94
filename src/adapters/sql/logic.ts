import { sql, type RawBuilder } from 'kysely';

export function allOf(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql`1 = 1` : sql`(${sql.join(parts, sql` and `)})`;
}

export function anyOf(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql`1 = 0` : sql`(${sql.join(parts, sql` or `)})`;
}

/** As most engines have it. */
export const LIMIT_AT_END = {
  front: () => sql``,
  end: (count: number) => sql`limit ${sql.lit(count)}`,
};
