/** Where the servers for tests come from, and what is said about it. */
export interface SharedServer {
  /** An administrator's URL, without a database. */
  readonly url: string;
  stop(): Promise<void>;
}

export type ServerKind = 'postgres' | 'mysql' | 'mssql';

export function say<T>(kind: ServerKind, which: string, server: T): T {
  process.stderr.write(`${kind} for tests: ${which}\n`);
  return server;
}

/**
 * Tests of a missing server count as skipped; where a machine is made for nothing but testing, its absence is a
 * failure, but for SQL Server, which neither npm nor Debian has.
 */
export function missing(kind: ServerKind, command: string): void {
  const text = `no ${kind} server found. To add one: ${command}`;
  if (process.env['CI'] === 'true' && kind !== 'mssql') throw new Error(text);
  process.stderr.write(`${kind} tests are skipped: ${text}\n`);
}
