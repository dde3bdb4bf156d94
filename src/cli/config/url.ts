import type { ClinicAdapter } from '../../index.js';
import type { ClinicSchema } from '../../adapters/sqlite/index.js';
import { usage } from '../failure.js';

export interface UrlAdapterOptions {
  readonly url: string;
  readonly schema: ClinicSchema;
  readonly write: boolean;
}

const FORMS = 'postgres://user:password@host:port/database, mysql://…, mssql://…, or sqlite:/path/to/file';

type Make = (options: UrlAdapterOptions) => Promise<ClinicAdapter>;

const postgres: Make = async ({ url: connection, ...rest }) =>
  (await driver('pg', import('../../adapters/postgres/index.js'))).postgresAdapter({ connection, ...rest });
const mysql: Make = async ({ url: connection, ...rest }) =>
  (await driver('mysql2', import('../../adapters/mysql/index.js'))).mysqlAdapter({ connection, ...rest });
const mssql: Make = async ({ url: connection, ...rest }) =>
  (await driver('tedious', import('../../adapters/mssql/index.js'))).mssqlAdapter({ connection, ...rest });
const sqlite: Make = async ({ url, ...rest }) => {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw usage('The URL names no file; the form is sqlite:/path/to/file.');
  return (await import('../../adapters/sqlite/index.js')).sqliteAdapter({ path, ...rest });
};

const MAKERS: Readonly<Record<string, Make>> = {
  postgres,
  postgresql: postgres,
  mysql,
  mariadb: mysql,
  mssql,
  sqlserver: mssql,
  sqlite,
};

/** Loads the adapter that a URL's scheme names. Throws `Usage`, or `InvalidArgument` of the adapter's own; neither shows the URL. */
export async function adapterForUrl(options: UrlAdapterOptions): Promise<ClinicAdapter> {
  const scheme = /^([a-z]+):/i.exec(options.url)?.[1]?.toLowerCase() ?? '';
  const make = MAKERS[scheme];
  if (!make) throw usage('The URL is of no kind that is known.', `Known: ${FORMS}.`);
  return make(options);
}

async function driver<T>(name: string, loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw usage(`The driver ${name} is not installed.`, `npm install ${name}`);
  }
}
