import type { ImagedKind } from './shared.js';

/** Every image that the suites are run against, pinned; tests use the first of each kind. `npm run test:images` runs them all. */
export const IMAGES: Readonly<Record<ImagedKind, readonly [string, ...string[]]>> = {
  postgres: ['postgres:18.4', 'postgres:17.10', 'postgres:16.14', 'postgres:15.18'],
  mysql: ['mariadb:11.8.8', 'mariadb:10.11.18', 'mysql:9.7.2', 'mysql:8.4.10'],
  mssql: ['mcr.microsoft.com/mssql/server:2022-CU20-ubuntu-22.04'],
};

/** What in the environment names another image, and the server that is used in place of any. */
export const VARIABLES: Readonly<Record<ImagedKind, { readonly image: string; readonly url: string }>> = {
  postgres: { image: 'CLINIC_SYNC_TEST_POSTGRES_IMAGE', url: 'CLINIC_SYNC_TEST_POSTGRES_URL' },
  mysql: { image: 'CLINIC_SYNC_TEST_MYSQL_IMAGE', url: 'CLINIC_SYNC_TEST_MYSQL_URL' },
  mssql: { image: 'CLINIC_SYNC_TEST_MSSQL_IMAGE', url: 'CLINIC_SYNC_TEST_MSSQL_URL' },
};

/** How an image is run, and how it says that it is there. */
export interface ImageRecipe {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly port: number;
  readonly ready: { readonly says: RegExp; readonly times: number };
  url(place: string): string;
}

const PASSWORD = 'test';
/** SQL Server insists on four kinds of characters. */
const STRICT_PASSWORD = `${PASSWORD}-Pa55`;

export const RECIPES: Readonly<Record<ImagedKind, ImageRecipe>> = {
  postgres: {
    environment: { POSTGRES_PASSWORD: PASSWORD },
    command: ['-c', 'fsync=off', '-c', 'max_connections=200'],
    port: 5432,
    // Once to set itself up, once for good.
    ready: { says: /ready to accept connections/, times: 2 },
    url: (place) => `postgres://postgres:${PASSWORD}@${place}`,
  },
  mysql: {
    // Each of the two servers has its own name for it.
    environment: { MYSQL_ROOT_PASSWORD: PASSWORD, MARIADB_ROOT_PASSWORD: PASSWORD },
    command: ['--innodb-flush-log-at-trx-commit=2', '--max-connections=300', '--skip-name-resolve'],
    port: 3306,
    // While they set themselves up, both servers say port 0. MySQL's other protocol has 33060, and is there before this one.
    ready: { says: /port: 3306\b/, times: 1 },
    url: (place) => `mysql://root:${PASSWORD}@${place}`,
  },
  mssql: {
    environment: { ACCEPT_EULA: 'Y', MSSQL_SA_PASSWORD: STRICT_PASSWORD, MSSQL_PID: 'Express' },
    command: [],
    port: 1433,
    ready: { says: /Recovery is complete/, times: 1 },
    url: (place) => `mssql://sa:${STRICT_PASSWORD}@${place}/master?encrypt=unverified`,
  },
};
