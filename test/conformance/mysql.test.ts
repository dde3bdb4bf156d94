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

const theirs = mysqlHarness(server?.url ?? '', 'InnoDB', 'theirs');
afterAll(() => theirs.drop());
registerAdapterConformance(
  { describe: server ? describe : describe.skip, it },
  {
    name: "mysql, over the caller's own pools",
    harness: theirs,
    // Nobody tells of a lost connection that is not ours; the next statement does.
    capabilities: { ...mysqlCapabilities('InnoDB'), lost: false },
  },
);
