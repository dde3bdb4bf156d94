/**
 * SQL Server over a Kysely of the caller's, as far as that shows in what is sent: Kysely's own dialect and driver's requests, and a
 * connection that writes down their texts and answers as it was told. No server has seen them.
 */
import { EventEmitter } from 'node:events';

import { Kysely, MssqlDialect, sql } from 'kysely';
import * as tarn from 'tarn';
import * as tedious from 'tedious';
import { describe, expect, it } from 'vitest';

import { mssqlAdapter, type MssqlOptions } from '../../src/adapters/mssql/index.js';
import { SECOND } from '../../src/domain/instant.js';
import { SCHEMA, slotOf } from '../booking/practice.js';
import { never, ok } from './kit.js';

type Row = Readonly<Record<string, unknown>>;
type Answer = readonly Row[] | Error;
type Script = readonly (readonly [asked: RegExp, answer: (text: string) => Answer])[];

/** What a driver's request offers to whoever carries it out. */
interface Sent extends EventEmitter {
  readonly sqlTextOrProcedure: string;
  readonly parameters: readonly unknown[];
  callback(error?: Error, count?: number): void;
}

/** One connection. */
class Wire extends EventEmitter {
  closed = false;
  constructor(
    private readonly script: Script,
    readonly sent: { readonly text: string; readonly parameters: number }[],
  ) {
    super();
  }

  connect(done: () => void): void {
    queueMicrotask(done);
  }

  execSql(request: Sent): void {
    const text = request.sqlTextOrProcedure;
    this.sent.push({ text, parameters: request.parameters.length });
    const answer = this.script.find(([asked]) => asked.test(text))?.[1](text) ?? [];
    queueMicrotask(() => {
      if (answer instanceof Error) request.callback(answer);
      else {
        for (const row of answer) {
          request.emit(
            'row',
            Object.entries(row).map(([colName, value]) => ({ value, metadata: { colName } })),
          );
        }
        request.callback(undefined, answer.length);
      }
      request.emit('requestCompleted');
    });
  }

  close(): void {
    this.closed = true;
    this.emit('end');
  }
}

const numbered = (number: number) => Object.assign(new Error('Mrs Hunter2'), { code: 'EREQUEST', number });

const COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  appointments: {
    id: 'int',
    doctor: 'int',
    starts: 'bigint',
    ends: 'bigint',
    token: 'varchar',
    patient: 'nvarchar',
    source: 'nvarchar',
  },
  sessions: { id: 'int', doctor: 'int', starts: 'bigint', ends: 'bigint' },
};

/** A database that has the tables, allows snapshots, tracks nothing, and shows nothing of itself. */
const ANSWERS: Script = [
  [/sp_getapplock/, () => [{ answer: 0 }]],
  [
    /information_schema\.columns/,
    (text) => {
      const relation = /table_name = N'(\w+)'/.exec(text)?.[1] ?? '';
      return Object.entries(COLUMNS[relation] ?? {}).map(([name, type]) => {
        return { schema: 'dbo', relation, name, type, length: type === 'varchar' ? 22 : null };
      });
    },
  ],
  [/db_name\(\) as name/, () => [{ name: 'clinic', server: 's' }]],
  [/from sys\.databases/, () => [{ created: 'then', snapshots: 1, versions: 0 }]],
  [/ as pulse/, () => numbered(300)],
  [/ as version/, () => [{ version: null }]],
  [/sysutcdatetime\(\), 126\) as now/, () => [{ now: new Date().toISOString().slice(0, -1) }]],
];

function theirs(script: Script = []) {
  const sent: Wire['sent'] = [];
  const wires: Wire[] = [];
  const dialect = new MssqlDialect({
    tarn: { ...tarn, options: { min: 0, max: 4 } },
    tedious: {
      ...tedious,
      connectionFactory: () => {
        const wire = new Wire([...script, ...ANSWERS], sent);
        wires.push(wire);
        return wire as never;
      },
    },
  });
  const kysely = new Kysely<object>({ dialect });
  return {
    kysely,
    wires,
    /** Texts of ours; Kysely asks each connection whether it is there before it lends it. */
    texts: () => sent.map(({ text }) => text).filter((text) => text !== 'select 1'),
    parameters: () => sent.reduce((sum, { parameters }) => sum + parameters, 0),
    link: (options: Partial<MssqlOptions> = {}) =>
      ok(
        mssqlAdapter({ connection: { kysely }, schema: SCHEMA, write: true, ...options }).connect({
          clinicId: 'c',
          signal: never,
        }),
      ),
  };
}

const whole = { range: { stream: 'busy', from: null, to: null }, cutoff: Date.now(), signal: never } as const;
const order = () => ({
  slot: { ...slotOf(1), locationId: null },
  details: {},
  token: 'token-1',
  deadline: Date.now() + 10 * SECOND,
  signal: never,
});
const booking = (rows: readonly Row[] | Error): Script[number] => [/begin transaction/, () => rows];
const resources = (texts: readonly string[], procedure: string) =>
  texts.filter((text) => text.includes(procedure)).map((text) => /@Resource = (N'[^']+')/.exec(text)?.[1]);

describe("SQL Server over a Kysely of the caller's", () => {
  it('each text carries its settings and its values with it', async () => {
    const { link, texts, parameters } = theirs([booking([{ done: 0, may: false }])]);
    const opened = await link();
    await ok(opened.readRange(whole));
    expect(await ok(opened.writer!.book(order()))).toEqual({ outcome: 'late' });
    await opened.close();
    expect(texts().length).toBeGreaterThan(10);
    for (const text of texts()) {
      expect(text).toMatch(/^set quoted_identifier on; [^\n]*set xact_abort on; [^\n]*set lock_timeout 2000[^\n]*;\n/);
      expect(text.match(/set xact_abort on/g)).toHaveLength(1);
    }
    expect(parameters()).toBe(0);
    const booked = texts().filter((text) => text.includes('insert into'));
    expect(booked).toHaveLength(1);
    expect(booked[0]).toMatch(/set deadlock_priority low[^]*begin transaction[^]*insert into[^]*commit transaction/);
  });

  it('what writes can come from a Kysely of its own', async () => {
    const writing = theirs([booking([{ done: 0, may: false }])]);
    const { link, texts } = theirs();
    const opened = await link({ write: { kysely: writing.kysely } });
    await ok(opened.writer!.book(order()));
    await opened.close();
    const isBooking = (text: string) => text.includes('begin transaction');
    expect([texts().some(isBooking), writing.texts().some(isBooking)]).toEqual([false, true]);
    expect(resources(writing.texts(), 'sp_getapplock')).toEqual([]);
  });

  it('what the server does not know is not sent again', async () => {
    const { link, texts, wires } = theirs([[/deadlock_priority/, () => numbered(195)]]);
    await (await link()).close();
    // The owner's and the first reader's.
    expect(wires).toHaveLength(2);
    expect(texts().filter((text) => text.includes('deadlock_priority'))).toHaveLength(wires.length);
    expect(texts().filter((text) => text.includes('numeric_roundabort off;\n')).length).toBeGreaterThan(5);
  });

  it('no transaction lasts longer than its text, though the database would allow a snapshot', async () => {
    const { link, texts } = theirs([booking([{ done: 0, may: true }])]);
    const opened = await link();
    expect(opened.openSnapshot).toBeUndefined();
    expect(await ok(opened.writer!.book(order()))).toEqual({ outcome: 'taken' });
    await opened.close();
    for (const text of texts()) {
      expect(text).not.toContain('isolation level snapshot');
      if (text.includes('begin transaction')) expect(text).toContain('else commit transaction');
    }
  });

  it('every connection goes back without the locks that it took, and stays open', async () => {
    const { kysely, link, texts, wires } = theirs();
    const opened = await link();
    await ok(opened.readRange(whole));
    await opened.close();
    const taken = resources(texts(), 'sp_getapplock');
    expect(taken).toHaveLength(2);
    expect(resources(texts(), 'sp_releaseapplock').sort()).toEqual([...taken].sort());
    const rollbacks = texts().filter((text) => text.endsWith('if @@trancount > 0 rollback transaction'));
    expect(rollbacks).toHaveLength(wires.length);
    expect(wires.map(({ closed }) => closed)).not.toContain(true);
    // All are the caller's again: four are lent at once.
    const lent = Array.from({ length: 4 }, () => kysely.connection().execute((db) => sql`select 2`.execute(db)));
    await Promise.all(lent);
    expect(wires.length).toBeLessThanOrEqual(4);
    await kysely.destroy();
  });

  it('a lock that is not granted is somebody else’s, and leaves none behind', async () => {
    const { texts, kysely } = theirs([[/sp_getapplock/, () => [{ answer: -1 }]]]);
    const refused = await mssqlAdapter({ connection: { kysely }, schema: SCHEMA }).connect({
      clinicId: 'c',
      signal: never,
    });
    expect(refused.isErr() && refused.error.code).toBe('ClinicInUse');
    expect(resources(texts(), 'sp_releaseapplock')).toEqual([]);
  });

  it('a batch that failed for several reasons fails for the first, and is undone', async () => {
    const deadlock = new AggregateError([numbered(1205), numbered(3621)]);
    const { link, texts } = theirs([booking(deadlock)]);
    const opened = await link();
    const failed = await opened.writer!.book(order());
    expect(failed.isErr() && failed.error).toMatchObject({ code: 'ClinicBusy', driverCode: '1205' });
    const after = texts().slice(texts().findIndex((text) => text.includes('begin transaction')));
    // Sent again where another one won, undone each time.
    expect(after.filter((text) => text.includes('begin transaction'))).toHaveLength(3);
    expect(after.filter((text) => text.endsWith('rollback transaction'))).toHaveLength(3);
    await opened.close();
  });

  it('what a trigger of the clinic’s answers is not taken for ours', async () => {
    const { link } = theirs([booking([{ audit: 7 }, { done: 0, may: true }])]);
    const opened = await link();
    expect(await ok(opened.writer!.book(order()))).toEqual({ outcome: 'taken' });
    await opened.close();
  });

  it('a connection that ended is told once', async () => {
    let isCut = false;
    const gone = Object.assign(new Error('gone'), { code: 'EINVALIDSTATE' });
    const { link } = theirs([[/ as now/, () => (isCut ? gone : [{ now: '2026-11-24T09:00:00' }])]]);
    const opened = await link();
    let lost = 0;
    opened.events.on('lost', () => lost++);
    await ok(opened.now(never));
    isCut = true;
    for (let i = 0; i < 2; i++) {
      const beat = await opened.now(never);
      expect(beat.isErr() && beat.error.code).toBe('ClinicUnreachable');
    }
    expect(lost).toBe(1);
    await opened.close();
  });

  it('describe() says what it cannot know', async () => {
    const { kysely, texts } = theirs();
    const described = await ok(mssqlAdapter({ connection: { kysely }, schema: SCHEMA }).describe!(never));
    const found = (topic: string) => described.findings.filter((finding) => finding.topic === topic);
    expect(found('encryption')).toEqual([{ topic: 'encryption', found: expect.stringContaining("the caller's") }]);
    expect(found('isolation')[0]).toMatchObject({ chosen: expect.stringContaining('read again what was torn') });
    expect(found('isolation')[0]?.better).toBeUndefined();
    expect(texts().filter((text) => /getapplock|begin transaction/.test(text))).toEqual([]);
  });

  it('what cannot be meant is refused', () => {
    const { kysely } = theirs();
    const user = 'u';
    const make = (options: object) => () => mssqlAdapter({ schema: SCHEMA, ...options } as never);
    expect(make({ connection: { kysely }, write: { user } })).toThrow('write');
    expect(make({ connection: 'mssql://u@h/d', write: { kysely } })).toThrow('write');
    expect(make({ connection: { pool: {} } })).toThrow('must be a Kysely');
    expect(make({ connection: { kysely }, write: { pool: {} } })).toThrow('must be a Kysely');
    expect(make({ connection: { kysely }, write: { kysely } })).not.toThrow();
  });
});
