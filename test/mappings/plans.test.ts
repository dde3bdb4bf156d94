/** Where the clinic has an index on the start, every look at the future is a search in a range of it, on every engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DAY } from '../../src/domain/instant.js';
import { connect, never, ok } from '../adapters/kit.js';
import { FORMS, type Form } from './forms.js';
import { GROUNDS, type Ground, type Row } from './ground.js';
import { statementsOf } from './statements.js';

const NOW = Date.UTC(2026, 10, 23);
const PAST_ROWS = 20_000;

/** Thousands of past rows and a few hundred future ones, so that no planner would rather read all of them. */
function practice(form: Form): Row[] {
  return Array.from({ length: PAST_ROWS + 400 }, (_, i) => {
    const start = NOW + (i - PAST_ROWS) * (DAY / 4) + 12 * 3_600_000;
    return { id: i + 1, p: i % 5, ...form.store({ start, end: start + 900_000 }) };
  });
}

describe.each(GROUNDS)('%s', (_engine, isThere, open) => {
  let ground: Ground;
  beforeAll(async () => {
    if (isThere) ground = await open();
  });
  afterAll(() => ground?.dispose());

  it.skipIf(!isThere).each(FORMS.map((form) => [form.name, form] as const))('%s', async (_name, form) => {
    const table = `plan_${String(FORMS.indexOf(form))}`;
    await ground.table(table, `id int primary key, p int, ${form.columns(ground.types)}`);
    await ground.insert(table, practice(form));
    await ground.run(`create index on_${table} on ${table} (${form.index})`);
    await ground.run(ground.engine === 'mysql' ? `analyze table ${table}` : `analyze ${table}`);
    const { start, end, time } = form;
    const schema = {
      zone: 'Australia/Sydney',
      appointments: {
        table,
        id: 'id',
        practitioner: 'p',
        start,
        end,
        ...(time && { time }),
        only: { p: { not: ['99'] } },
      },
    } as const;
    // That the adapter itself asks what is looked at here is what `statements.ts` is made from.
    const link = await connect(ground.adapter(schema));
    await ok(link.readRange({ range: { stream: 'busy', from: null, to: null }, cutoff: NOW, signal: never }));
    await link.close();
    for (const [what, text] of await statementsOf(ground, schema, NOW)) {
      expect(await accessOf(ground, text), `${what}: ${text}`).toMatchObject({ index: `on_${table}`, isRange: true });
    }
  });
});

interface Access {
  readonly index: string | null;
  readonly isRange: boolean;
}

async function accessOf(ground: Ground, text: string): Promise<Access> {
  if (ground.engine === 'sqlite') {
    const rows = await ground.run(`explain query plan ${text}`);
    const details = rows.map(({ detail }) => String(detail)).join('; ');
    const [, index = null] = /USING (?:COVERING )?INDEX (\w+)/.exec(details) ?? [];
    return { index, isRange: /SEARCH t USING .*[<>]/.test(details) && !details.includes('SCAN t') };
  }
  if (ground.engine === 'postgres') {
    const rows = await ground.run(`explain (format json) ${text}`);
    const plan = JSON.stringify(Object.values(rows[0] ?? {})[0]);
    const [, index = null] = /"Index Name":"(\w+)"/.exec(plan) ?? [];
    return { index, isRange: /"Index Cond":"[^"]*[<>]/.test(plan) && !plan.includes('"Seq Scan"') };
  }
  const rows = await ground.run(`explain format=traditional ${text}`);
  const row = rows.find((each) => each['table'] === 't');
  return { index: row?.['key'] === undefined ? null : String(row['key']), isRange: row?.['type'] === 'range' };
}
