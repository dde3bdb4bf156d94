import { afterAll, afterEach, describe, expect, it } from 'vitest';

import type { ClinicLink } from '../../src/adapters/adapter.js';
import { Random } from '../../src/testing/index.js';
import { slotOf } from '../booking/practice.js';
import { mysqlPractice, type MysqlPractice } from '../booking/practice-mysql.js';
import { sharedMysql } from '../servers/mysql.js';
import { never, ok } from './kit.js';

const server = await sharedMysql();
const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

describe.skipIf(!server)('the pulse of a MariaDB clinic', () => {
  let practice: Promise<MysqlPractice> | undefined;
  let link: ClinicLink | undefined;
  afterEach(() => link?.close());
  afterAll(async () => (await practice)?.dispose());

  const linked = async () => {
    const clinic = await (practice ??= mysqlPractice(server?.url ?? ''));
    const opened = await ok(clinic.adapter().connect({ clinicId: 'pulse', signal: never }));
    link = opened;
    if (!opened.pulse) throw new Error('There is no pulse.');
    const pulse = opened.pulse.bind(opened);
    return { clinic, pulse: () => ok(pulse(never)) };
  };

  it(`differs after each of a hundred commits, whenever in its second, seed ${seed}`, async () => {
    const { clinic, pulse } = await linked();
    const random = new Random(seed);
    const seen = new Set([await pulse()]);
    for (let nth = 10; nth < 110; nth++) {
      await new Promise((resolve) =>
        setTimeout(resolve, random.chance(0.1) ? random.int(100, 2_500) : random.int(0, 20)),
      );
      if (random.chance(0.3)) seen.add(await pulse());
      const before = await pulse();
      await clinic.insert(slotOf(nth));
      const after = await pulse();
      expect(after, `commit ${nth}`).not.toBe(before);
      expect(seen.has(after), `commit ${nth}`).toBe(false);
      seen.add(after);
    }
  }, 60_000);

  it('differs after a commit of what was written long before', async () => {
    const { clinic, pulse } = await linked();
    const open = await clinic.begin(slotOf(200));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const before = await pulse();
    await open.commit();
    expect(await pulse()).not.toBe(before);
  });

  it('is not narrowed down by the tables’ update times, which name the second in which a transaction began', async () => {
    const { clinic } = await linked();
    const updated = async () => {
      const rows = await clinic.run(`select update_time as at, sysdate() as now from information_schema.tables
        where table_schema = database() and table_name = 'appointments'`);
      return (rows as { at: string; now: string }[])[0];
    };
    await clinic.insert(slotOf(300));
    const open = await clinic.begin(slotOf(301));
    const began = (await updated())?.now ?? '';
    await expect.poll(async () => (await updated())?.now, { timeout: 5_000 }).not.toBe(began);
    await open.commit();
    const after = await updated();
    expect(Date.parse(`${after?.at ?? ''}Z`)).toBeLessThan(Date.parse(`${after?.now ?? ''}Z`));
  });
});
