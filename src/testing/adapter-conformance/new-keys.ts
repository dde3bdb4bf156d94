import assert from 'node:assert/strict';

import { MAX_KEYS_PER_READ } from '../../adapters/adapter.js';
import { NEVER, ok, type Case } from './bench.js';

const cases: readonly Case[] = [
  {
    name: 'newKeys names rows that came since the last call, once',
    async run(bench) {
      await bench.insert();
      const link = await bench.connect();
      const { newKeys } = link;
      if (!newKeys) assert.fail('newKeys is declared and not offered');
      const next = () => ok(newKeys.call(link, NEVER));
      assert.deepEqual(await next(), []);
      const one = await bench.insert();
      assert.deepEqual(await next(), [{ stream: 'busy', id: one.id }]);
      assert.deepEqual(await next(), []);
      await bench.receptionist.insert(bench.make.rows(30));
      assert.ok((await next()).length <= MAX_KEYS_PER_READ);
    },
  },
];

export const newKeyCases: readonly Case[] = cases.map((test) => ({ ...test, needs: ['newKeys'] as const }));
