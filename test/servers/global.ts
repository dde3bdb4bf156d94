import { sharedMysql } from './mysql.js';
import { sharedPostgres } from './postgres.js';

/** For vitest's `globalSetup`: one server of each kind for the whole run, handed to the workers through the environment. */
export async function setup(): Promise<() => Promise<void>> {
  // Whoever gave a server wants the tests to run on that one.
  if (!process.env['CLINIC_SYNC_TEST_POSTGRES_URL']) process.env['CLINIC_SYNC_TEST_POSTGRES_OURS'] = 'yes';
  const [postgres, mysql] = await Promise.all([sharedPostgres(), sharedMysql()]);
  if (postgres) process.env['CLINIC_SYNC_TEST_POSTGRES_URL'] = postgres.url;
  if (mysql) process.env['CLINIC_SYNC_TEST_MYSQL_URL'] = mysql.url;
  return async () => {
    await Promise.all([postgres?.stop(), mysql?.stop()]);
  };
}
