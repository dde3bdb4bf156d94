/** One recorded script of a front desk's, played at a clinic of every engine: the event logs are the same, and what a plain model says. */
import { afterAll, describe, expect, it } from 'vitest';

import { ClinicSync } from '../../src/clinic-sync.js';
import { isRowEvent, type ClinicEvent } from '../../src/domain/events.js';
import { keyText, streamOf, type ClinicRow, type RowKey } from '../../src/domain/row.js';
import { Random, type AdapterHarness, type Writing } from '../../src/testing/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { memoryHarness } from './memory-kit.js';
import { mysqlHarness } from './mysql-kit.js';
import { postgresHarness } from './postgres-kit.js';
import { recordScript, type Operation, type Transaction } from './script.js';
import { sqliteHarness } from './sqlite-kit.js';

const OPERATIONS = 1_000;
const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const [postgres, mysql] = [await sharedPostgres(), await sharedMysql()];
const readOnly = postgresHarness(postgres?.url ?? '', 'off');
const pushed = postgresHarness(postgres?.url ?? '', 'trigger');
const innodb = mysqlHarness(mysql?.url ?? '', 'InnoDB');
afterAll(() => Promise.all([readOnly.drop(), pushed.drop(), innodb.drop()]));

const engines: [name: string, harness: AdapterHarness, isThere: boolean][] = [
  ['memory', memoryHarness(), true],
  ['sqlite', sqliteHarness('wal'), true],
  ['sqlite, rollback journal', sqliteHarness('delete'), true],
  ['postgres, read-only', readOnly, postgres !== undefined],
  ['postgres with push', pushed, postgres !== undefined],
  ['mysql, InnoDB', innodb, mysql !== undefined],
];

/** Mass changes are no matter here, and nobody else needs this server. */
const tuning = {
  breakerShare: 1,
  breakerSessionShare: 1,
  breakerRows: 1e9,
  load: 1,
  pulseMs: 5,
  quietPulseMs: 5,
  trailingLookMs: 20,
};

/** An event in the script's own names: what happened to which row, and what it has to do with which version. */
function told(event: ClinicEvent, nameOf: (key: string) => string): string[] {
  if (!isRowEvent(event)) return [];
  const { row } = event;
  const key = keyText(streamOf(row), row.id);
  const linked =
    'replaces' in event && event.replaces ? 'replaces' : 'replacedBy' in event && event.replacedBy ? 'replaced' : '';
  return [say(event.type.split('.')[1] ?? '', nameOf(key), row, linked)];
}

function say(what: string, name: string, row: ClinicRow, linked: string): string {
  const { kind, practitionerIds, locationId, start, end, slotMs } = row;
  return [what, name, kind, practitionerIds.join('+'), locationId, start, end, slotMs, linked].join(' ');
}

/** What has to be told of a transaction: the difference between the states before and after it. */
function model(transactions: readonly Transaction[]): string[][] {
  const rows = new Map<string, ClinicRow>();
  return transactions.map((operations) => {
    const before = new Map(rows);
    for (const { type, name, row } of operations) {
      if (type === 'remove') rows.delete(name);
      else rows.set(name, row);
    }
    const events: string[] = [];
    for (const name of new Set(operations.map((operation) => operation.name))) {
      const [old, now] = [before.get(name), rows.get(name)];
      if (old && now && say('', name, old, '') === say('', name, now, '')) continue;
      const both = old !== undefined && now !== undefined;
      if (old) events.push(say('deleted', name, old, both ? 'replaced' : ''));
      if (now) events.push(say('created', name, now, both ? 'replaces' : ''));
    }
    return events.sort();
  });
}

describe(`a script of ${OPERATIONS} operations, seed ${seed}`, () => {
  const script = recordScript(new Random(seed), OPERATIONS);
  const expected = model(script);

  it.for(engines)(
    '%s: tells what the model says, transaction by transaction',
    { timeout: 120_000 },
    async ([name, harness, isThere], { skip }) => {
      if (!isThere) return skip();
      const clinic = await harness.create();
      const sync = new ClinicSync({ clinicId: `script-${process.pid}-${name}`, adapter: clinic.adapter, tuning });
      const keys = new Map<string, RowKey>();
      const names = new Map<string, string>();
      const log: string[] = [];
      sync.events$.subscribe((event) => log.push(...told(event, (key) => names.get(key) ?? `unknown ${key}`)));
      const apply = async (writing: Writing, { type, name: alias, row }: Operation) => {
        const key = keys.get(alias);
        if (type === 'insert') {
          const [made] = await writing.insert([key ? { ...row, id: key.id } : row]);
          if (!made) throw new Error('The harness inserted nothing.');
          keys.set(alias, { stream: streamOf(made), id: made.id });
          names.set(keyText(streamOf(made), made.id), alias);
        } else if (!key) throw new Error(`The script has no ${alias}.`);
        else if (type === 'edit') await writing.update([{ ...row, id: key.id }]);
        else await writing.remove([key]);
      };
      try {
        expect((await sync.start()).isOk()).toBe(true);
        for (const [nth, operations] of script.entries()) {
          const open = await clinic.receptionist.begin();
          for (const operation of operations) await apply(open, operation);
          await open.commit();
          const due = expected[nth] ?? [];
          await expect.poll(() => log.length, { timeout: 10_000, interval: 1 }).toBeGreaterThanOrEqual(due.length);
          expect(log.splice(0).sort(), `transaction ${nth}`).toEqual(due);
        }
        // What would be told twice would come with another look at everything.
        expect((await sync.resync()).isOk()).toBe(true);
        expect(log).toEqual([]);
      } finally {
        await sync.stop();
        await clinic.dispose();
      }
    },
  );
});
