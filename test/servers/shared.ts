/** Where the servers for tests come from, and what is said about it. */
export interface SharedServer {
  /** An administrator's URL, without a database. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The engines that the package has adapters for, each with pinned images (`images.ts`). */
export type ImagedKind = 'postgres' | 'mysql' | 'mssql';

export type ServerKind = ImagedKind | 'firebird';

/** Not every machine that tests can have these: neither npm nor Debian has SQL Server, and Firebird is an example's. */
const OPTIONAL: ReadonlySet<ServerKind> = new Set(['mssql', 'firebird']);

export function say<T>(kind: ServerKind, which: string, server: T): T {
  process.stderr.write(`${kind} for tests: ${which}\n`);
  return server;
}

/**
 * Tests of a missing server count as skipped; where a machine is made for nothing but testing, its absence is a
 * failure, but for {@link OPTIONAL} ones.
 */
export function missing(kind: ServerKind, command: string): void {
  const text = `no ${kind} server found. To add one: ${command}`;
  if (process.env['CI'] === 'true' && !OPTIONAL.has(kind)) throw new Error(text);
  process.stderr.write(`${kind} tests are skipped: ${text}\n`);
}
