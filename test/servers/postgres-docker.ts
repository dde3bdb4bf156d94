import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { SharedServer } from './postgres.js';

const run = promisify(execFile);

export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

export async function startInDocker(): Promise<SharedServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(process.env['CLINIC_SYNC_TEST_POSTGRES_IMAGE'] ?? 'postgres:16')
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withCommand(['-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    // The image starts twice: once to set itself up, once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    url: `postgres://postgres:test@${container.getHost()}:${String(container.getMappedPort(5432))}`,
    stop: async () => {
      await container.stop();
    },
  };
}
