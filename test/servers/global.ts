import { VARIABLES } from './images.js';
import { sharedMysql } from './mysql.js';
import { sharedPostgres } from './postgres.js';

const SHARED = { postgres: sharedPostgres, mysql: sharedMysql };

/**
 * For vitest's `globalSetup`: one server of each kind for the whole run, handed to the workers through the environment.
 * CLINIC_SYNC_TEST_SERVERS, such as `postgres`, says which alone are started here.
 */
export async function setup(): Promise<() => Promise<void>> {
  // Whoever gave a server wants the tests to run on that one.
  if (!process.env[VARIABLES.postgres.url]) process.env['CLINIC_SYNC_TEST_POSTGRES_OURS'] = 'yes';
  const wanted = process.env['CLINIC_SYNC_TEST_SERVERS']?.split(',');
  const started = (['postgres', 'mysql'] as const).map(async (kind) => {
    const server = wanted && !wanted.includes(kind) ? undefined : await SHARED[kind]();
    if (server) process.env[VARIABLES[kind].url] = server.url;
    return server;
  });
  const servers = await Promise.all(started);
  return async () => {
    for (const server of servers) await server?.stop();
  };
}
