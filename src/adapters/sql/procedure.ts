import { sql, type RawBuilder } from 'kysely';

/** What a procedure is called with, and its name. */
export function calling(path: readonly string[], args: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql`${sql.id(...path)}(${args.length === 0 ? sql`` : sql.join(args)})`;
}
