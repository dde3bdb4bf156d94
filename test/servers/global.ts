import { sharedPostgres } from './postgres.js';

/** For vitest's `globalSetup`: one Postgres server for the whole run, handed to the workers through the environment. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await sharedPostgres();
  if (server) process.env['CLINIC_SYNC_TEST_POSTGRES_URL'] = server.url;
  return async () => {
    await server?.stop();
  };
}
