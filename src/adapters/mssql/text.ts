/**
 * A text as T-SQL writes it, in UTF-16. A backslash before the end of a line would swallow both
 * (https://learn.microsoft.com/en-us/sql/t-sql/language-elements/sql-server-utilities-statements-backslash), so it gets a
 * literal of its own.
 */
export function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    const parts = value.split(/(?<=\\)(?=\r?\n)/).map((part) => `N'${part.replaceAll("'", "''")}'`);
    return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' + ')})`;
  }
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(Number(value));
  throw new TypeError(`A value of type ${typeof value} cannot be written.`);
}

/** The name of an object as functions such as `object_id` want it. */
export function quotedPath(path: readonly string[]): string {
  return path.map((name) => `[${name.replaceAll(']', ']]')}]`).join('.');
}
