import { afterAll, describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { mysqlCapabilities, mysqlHarness } from './mysql-kit.js';

const server = await sharedMysql();

for (const engine of ['InnoDB', 'MyISAM'] as const) {
  const harness = mysqlHarness(server?.url ?? '', engine);
  afterAll(() => harness.drop());
  registerAdapterConformance(
    { describe: server ? describe : describe.skip, it },
    { name: `mysql, ${engine} tables`, harness, capabilities: mysqlCapabilities(engine) },
  );
}
