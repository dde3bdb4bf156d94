/** What an adapter says of a clinic, on real engines; what it advises is run, and then no longer advised. */
import { afterAll, describe, expect, it } from 'vitest';

import {
  ClinicSync,
  renderDescription,
  TOPICS,
  type ClinicAdapter,
  type ClinicDescription,
  type Topic,
} from '../src/index.js';
import { memoryAdapter, MemoryClinic } from '../src/adapters/memory/index.js';
import { mysqlPractice } from './booking/practice-mysql.js';
import { postgresPractice } from './booking/practice-postgres.js';
import { sqlitePractice } from './booking/practice-sqlite.js';
import type { PracticeClinic } from './booking/practice.js';
import { sharedMysql } from './servers/mysql.js';
import { sharedPostgres } from './servers/postgres.js';

const [postgres, mysql] = [await sharedPostgres(), await sharedMysql()];
const opened: { dispose(): Promise<void> }[] = [];
afterAll(() => Promise.all(opened.map((clinic) => clinic.dispose())));

const engines = [
  ['sqlite', true, () => sqlitePractice('wal')],
  ['postgres', postgres !== undefined, () => postgresPractice(postgres?.url ?? '')],
  ['mysql', mysql !== undefined, () => mysqlPractice(mysql?.url ?? '')],
] as const;

async function described(adapter: ClinicAdapter): Promise<ClinicDescription> {
  const answer = await new ClinicSync({ clinicId: 'described', adapter }).describe();
  if (answer.isErr()) throw answer.error;
  return answer.value;
}

const about = ({ findings }: ClinicDescription, topic: Topic, table?: string) =>
  findings.filter((finding) => finding.topic === topic && (table === undefined || finding.table === table));
const advised = (description: ClinicDescription) =>
  description.findings.flatMap(({ better }) => (better ? better.statements : []));

describe.each(engines)('describe(): %s', (engine, isThere, open) => {
  const test = it.skipIf(!isThere);
  const practice = async (): Promise<PracticeClinic> => {
    const clinic = await open();
    opened.push(clinic);
    return clinic;
  };

  test('says what is there and what was chosen, beside a link that holds the lock', async () => {
    const clinic = await practice();
    const adapter = clinic.adapter();
    const sync = new ClinicSync({ clinicId: 'described', adapter });
    expect((await sync.start()).isOk()).toBe(true);
    const answer = await sync.describe();
    const description = answer._unsafeUnwrap();
    expect(description.engine).toBe(engine);
    expect(description.version).toMatch(/^\d+\.\d+/);
    const topics = description.findings.map(({ topic }) => TOPICS.indexOf(topic));
    expect(topics).toEqual([...topics].sort((a, b) => a - b));
    for (const topic of ['rights', 'clock', 'capture', 'lock', 'guard', 'settlement'] as const)
      expect(about(description, topic), topic).toHaveLength(1);
    for (const topic of ['storage', 'plan'] as const)
      for (const table of ['appointments', 'sessions'] as const)
        expect(about(description, topic, table), `${topic} of ${table}`).toHaveLength(1);
    expect(about(description, 'rights')[0]?.better).toBeUndefined();
    const text = renderDescription(description);
    for (const { found } of description.findings) expect(text).toContain(found);
    await sync.stop();
  });

  test('advises statements that can be run as they are, and then no longer advises them', async () => {
    const clinic = await practice();
    const before = await described(clinic.adapter());
    // The roster has no index on its start.
    expect(about(before, 'index', 'sessions').some(({ better }) => better !== undefined)).toBe(true);
    const indexes = about(before, 'index').flatMap(({ better }) => better?.statements ?? []);
    expect(indexes.length).toBeGreaterThan(0);
    for (const statement of indexes) await clinic.run(statement);
    const after = await described(clinic.adapter());
    expect(advised(after).filter((statement) => indexes.includes(statement))).toEqual([]);
  });

  test('ends when its signal fires', async () => {
    const clinic = await practice();
    const answer = await new ClinicSync({ clinicId: 'c', adapter: clinic.adapter() }).describe({
      signal: AbortSignal.abort(),
    });
    expect(answer.isErr() && answer.error.code).toBe('Aborted');
  });
});

describe('describe(), where it is otherwise', () => {
  it.skipIf(!mysql)('mysql: MyISAM tables have no pulse, and the statement that mends it does', async () => {
    const clinic = await mysqlPractice(mysql?.url ?? '', 'MyISAM');
    opened.push(clinic);
    const before = await described(clinic.adapter());
    expect(about(before, 'capture')[0]?.chosen).toContain('No pulse');
    for (const { better } of about(before, 'storage'))
      for (const statement of better?.statements ?? []) await clinic.run(statement);
    const after = await described(clinic.adapter());
    expect(about(after, 'capture')[0]?.chosen).toContain('the pulse');
  });

  it.skipIf(!mysql)(
    'mysql: without a fitting index the guard takes no locks, and the index that it asks for lets it',
    async () => {
      const clinic = await mysqlPractice(mysql?.url ?? '', 'InnoDB', false);
      opened.push(clinic);
      const [guard] = about(await described(clinic.adapter()), 'guard');
      expect(guard?.chosen).toContain('no such locks');
      for (const statement of guard?.better?.statements ?? []) await clinic.run(statement);
      expect(about(await described(clinic.adapter()), 'guard')[0]?.better).toBeUndefined();
    },
  );

  it.skipIf(!postgres)('postgres: the statements for push can be run, and push then works', async () => {
    const clinic = await postgresPractice(postgres?.url ?? '');
    opened.push(clinic);
    const [capture] = about(await described(clinic.adapter()), 'capture');
    for (const statement of capture?.better?.statements ?? []) await clinic.run(statement);
    const link = await clinic.adapter({ push: true }).connect({ clinicId: 'c', signal: new AbortController().signal });
    expect(link._unsafeUnwrap().push).toBe(true);
    await link._unsafeUnwrap().close();
  });

  it('a schema that does not fit is an error, as it is in start()', async () => {
    const clinic = await sqlitePractice('wal');
    opened.push(clinic);
    await clinic.run('drop table sessions');
    const answer = await new ClinicSync({ clinicId: 'c', adapter: clinic.adapter() }).describe();
    expect(answer.isErr() && answer.error.code).toBe('SchemaMismatch');
  });

  it('an adapter that says nothing is named', async () => {
    const description = await described(memoryAdapter({ clinic: new MemoryClinic(), zone: 'Australia/Melbourne' }));
    expect(description).toMatchObject({ engine: 'memory', findings: [{ topic: 'server' }] });
  });
});
