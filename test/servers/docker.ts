import type { SharedServer } from './shared.js';
import { run } from './process.js';

/** The images that are tested; each can be replaced through the environment. */
const IMAGES = {
  postgres: 'postgres:18',
  mysql: 'mariadb:11',
  mssql: 'mcr.microsoft.com/mssql/server:2022-latest',
} as const;
const PASSWORD = 'test';

export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

export async function startPostgresInDocker(): Promise<SharedServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(process.env['CLINIC_SYNC_TEST_POSTGRES_IMAGE'] ?? IMAGES.postgres)
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    // The image starts twice: once to set itself up, once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    url: `postgres://postgres:${PASSWORD}@${container.getHost()}:${String(container.getMappedPort(5432))}`,
    stop: async () => {
      await container.stop();
    },
  };
}

export async function startMysqlInDocker(): Promise<SharedServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(process.env['CLINIC_SYNC_TEST_MYSQL_IMAGE'] ?? IMAGES.mysql)
    .withEnvironment({ MYSQL_ROOT_PASSWORD: PASSWORD, MARIADB_ROOT_PASSWORD: PASSWORD })
    .withCommand(['--innodb-flush-log-at-trx-commit=2', '--max-connections=300', '--skip-name-resolve'])
    .withExposedPorts(3306)
    // While it sets itself up the server has no port.
    .withWaitStrategy(Wait.forLogMessage(/port: 3306\b/))
    .start();
  return {
    url: `mysql://root:${PASSWORD}@${container.getHost()}:${String(container.getMappedPort(3306))}`,
    stop: async () => {
      await container.stop();
    },
  };
}

export async function startMssqlInDocker(): Promise<SharedServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  // The server insists on four kinds of characters.
  const password = `${PASSWORD}-Pa55`;
  const container = await new GenericContainer(process.env['CLINIC_SYNC_TEST_MSSQL_IMAGE'] ?? IMAGES.mssql)
    .withEnvironment({ ACCEPT_EULA: 'Y', MSSQL_SA_PASSWORD: password, MSSQL_PID: 'Express' })
    .withExposedPorts(1433)
    .withWaitStrategy(Wait.forLogMessage(/Recovery is complete/))
    .start();
  const place = `${container.getHost()}:${String(container.getMappedPort(1433))}`;
  return {
    url: `mssql://sa:${password}@${place}/master?encrypt=unverified`,
    stop: async () => {
      await container.stop();
    },
  };
}
