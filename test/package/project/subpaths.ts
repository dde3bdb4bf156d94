/** Every subpath of package.json's `exports`, values and types, with the drivers in place. Prints the name of each value. */
import { ClinicSync, type ClinicSyncOptions } from 'clinic-sync';
import { defineConfig, type CliConfig } from 'clinic-sync/cli';
import { memoryAdapter, type MemoryAdapterOptions } from 'clinic-sync/memory';
import { sqliteMirror, type SqliteMirrorOptions } from 'clinic-sync/mirror/sqlite';
import { mssqlAdapter, type MssqlOptions } from 'clinic-sync/mssql';
import { mysqlAdapter, type MysqlOptions } from 'clinic-sync/mysql';
import { postgresAdapter, type PostgresOptions } from 'clinic-sync/postgres';
import { openEmr, type OpenEmrOptions } from 'clinic-sync/presets';
import { sqliteAdapter, type SqliteOptions } from 'clinic-sync/sqlite';
import { registerMirrorConformance, VirtualTime, type MirrorHarness } from 'clinic-sync/testing';

// Each type is one that its function takes.
const functions = {
  config: (config: CliConfig) => defineConfig(config),
  memory: (options: MemoryAdapterOptions) => memoryAdapter(options),
  mirror: (options: SqliteMirrorOptions) => sqliteMirror(options),
  mssql: (options: MssqlOptions) => mssqlAdapter(options),
  mysql: (options: MysqlOptions) => mysqlAdapter(options),
  postgres: (options: PostgresOptions) => postgresAdapter(options),
  preset: (options: OpenEmrOptions) => openEmr(options),
  sqlite: (options: SqliteOptions) => sqliteAdapter(options),
  sync: (options: ClinicSyncOptions) => new ClinicSync(options),
};
export type Harness = MirrorHarness;

const schema = functions.preset({ zone: 'Australia/Sydney', token: 'pc_website' });
const connection = { host: 'localhost', user: 'reader', password: '', database: 'openemr' };
const adapters = [
  functions.mysql({ connection, schema }),
  functions.postgres({ connection, schema }),
  functions.mssql({ connection, schema }),
  functions.sqlite({ path: 'practice.db', schema }),
];
console.log(adapters.map(({ hasSessions }) => hasSessions).join());
console.log(typeof registerMirrorConformance, typeof VirtualTime, Object.keys(functions).length);
