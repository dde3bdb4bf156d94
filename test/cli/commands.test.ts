/** Every command as a process of its own, over an SQLite clinic and a mirror that lasts from one command to the next. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { dayFromNow, makeClinic, MAPPING, ZONE, type SmallClinic } from './clinic.js';
import { document, makeWorkspace, type RunOptions, type Workspace } from './workspace.js';

describe('clinic-sync', () => {
  let workspace: Workspace;
  let clinic: SmallClinic;
  let nth = 0;
  const opened: SmallClinic[] = [];
  const mirror = () => join(workspace.folder, `${String(nth)}.mirror`);
  const here = () => ['--schema', 'mapping.json', '--url', `sqlite:${clinic.path}`, '--mirror', mirror(), '--write'];
  const run = (args: readonly string[], options?: RunOptions) => workspace.run([...args, ...here()], options);
  const json = async (args: readonly string[], options?: RunOptions) => {
    const ran = await run([...args, '--json'], options);
    return { status: ran.status, stderr: ran.stderr, answer: document(ran) };
  };
  const book = ['book', '--practitioner', 'dr-lee', '--start', `${dayFromNow(1)}T09:15`, '--minutes', '15'];

  beforeAll(async () => {
    workspace = await makeWorkspace();
    workspace.write('mapping.json', JSON.stringify(MAPPING));
  });
  beforeEach(() => {
    nth++;
    clinic = makeClinic(join(workspace.folder, `${String(nth)}.db`));
    opened.push(clinic);
  });
  afterAll(() => {
    for (const each of opened) each.close();
    workspace.remove();
  });

  it('doctor: says what there is, what would be better, and how bad it is', async () => {
    const well = await json(['doctor']);
    expect(well.status).toBe(0);
    expect(well.answer).toMatchObject({ clinicId: 'clinic', engine: 'sqlite', worst: 'note', counts: { warning: 0 } });
    clinic.run('drop index appointments_by_start');
    clinic.run(`insert into appointments (doctor, starts, ends)
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)
      select 'dr-ng', '2020-01-01 09:00:00', '2020-01-01 09:15:00' from n`);
    const ill = await run(['doctor']);
    expect(ill.status).toBe(1);
    expect(ill.stdout).toContain('! index       appointments: No index begins with starts.');
    const [statement] = /create index .*appointments.*;/.exec(ill.stdout) ?? [];
    clinic.run(statement ?? '');
    expect((await run(['doctor'])).status).toBe(0);
  });

  it('doctor --strict: advice counts as well', async () => {
    clinic.run('drop index sessions_by_start');
    expect((await run(['doctor'])).status).toBe(0);
    const strict = await run(['doctor', '--strict']);
    expect([strict.status, strict.stdout]).toEqual([1, expect.stringContaining('1 piece of advice')]);
  });

  it('resync: a first copy, then what changed meanwhile', async () => {
    const first = await json(['resync']);
    expect(first).toMatchObject({ status: 0, answer: { reason: 'first-copy', rows: 42, read: 42 } });
    expect(statSync(mirror()).mode & 0o777).toBe(0o600);
    clinic.run('delete from appointments where id = 3');
    const second = await json(['resync']);
    expect(second).toMatchObject({ status: 0, answer: { reason: 'start', deleted: 1, created: 0, rows: 41 } });
  });

  it('resync: a mass change is held until somebody lets it through', async () => {
    clinic.run(`insert into appointments (doctor, starts, ends)
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 200)
      select 'dr-ng', '${dayFromNow(3)} 10:00:00', '${dayFromNow(3)} 10:15:00' from n`);
    expect((await run(['resync'])).status).toBe(0);
    clinic.run('delete from appointments');
    const held = await json(['resync']);
    expect(held).toMatchObject({ status: 1, answer: { error: { code: 'ClinicSuspect', exitStatus: 1 } } });
    expect((await json(['verify'])).answer.differences).toHaveLength(214);
    const accepted = await json(['resync', '--accept-mass-change']);
    expect(accepted).toMatchObject({ status: 0, answer: { deleted: 214 } });
    expect((await run(['verify'])).status).toBe(0);
  });

  it('verify: shows each row that differs, changes nothing, and repairs when asked', async () => {
    expect(await json(['verify'])).toMatchObject({ status: 2, answer: { error: { code: 'Usage' } } });
    await run(['resync']);
    expect(await json(['verify'])).toMatchObject({
      status: 0,
      answer: { equal: true, rows: { mirror: 42, clinic: 42 } },
    });
    clinic.run(`delete from appointments where id = 1;
      update appointments set doctor = 'dr-ng' where id = 2;
      insert into appointments (id, doctor, starts, ends)
        values (900, 'dr-ng', '${dayFromNow(400)} 09:00:00', '${dayFromNow(400)} 09:20:00')`);
    for (let again = 0; again < 2; again++) {
      const { status, answer } = await json(['verify']);
      expect([status, answer.equal]).toEqual([1, false]);
      const told = answer.differences.map(({ id, side }) => `${id} ${side}`);
      expect(told).toEqual(['1 mirror', '2 both', '900 clinic']);
    }
    const shown = await run(['verify', '--limit', '2']);
    expect(shown.stdout).toContain(`- appointment 1  dr-lee  ${dayFromNow(1)} 09:00–09:15 ${ZONE}  only in the mirror`);
    expect(shown.stdout).toContain(`≠ appointment 2  dr-ng  ${dayFromNow(2)} 09:00–09:15`);
    expect(shown.stdout).toContain('… and 1 more');
    expect(await json(['verify', '--repair'])).toMatchObject({
      status: 0,
      answer: { repaired: { created: 2, deleted: 2 } },
    });
    expect((await run(['verify'])).stdout).toContain('all 42 rows are alike');
  });

  it('verify: beside a running owner it says so, and harms nothing', async () => {
    await run(['resync']);
    let beside: ReturnType<typeof json> | undefined;
    let isDone = false;
    const watching = await run(['watch', '--for', '20s'], {
      during: ({ stderr }) => {
        if (stderr.includes('[live') && !beside) {
          beside = json(['verify']);
          void beside.finally(() => {
            isDone = true;
            clinic.run(`delete from appointments where id = 1`);
          });
        }
        return isDone ? 'SIGTERM' : undefined;
      },
    });
    expect(await beside).toMatchObject({ status: 3, answer: { error: { code: 'MirrorInUse' } } });
    expect(watching.status).toBe(0);
  });

  it('verify: a row that rotted in the mirror is found', async () => {
    await run(['resync']);
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(mirror());
    db.exec(
      `update rows set "end" = "end" + 60000 where id = 't5' or id = '5' or id like '%5' and kind = 'appointment'`,
    );
    const { n } = db.prepare('select changes() as n').get() as { n: number };
    db.close();
    expect(n).toBeGreaterThan(0);
    const { status, answer } = await json(['verify']);
    expect([status, answer.equal]).toEqual([1, false]);
    expect(answer.damaged).toHaveLength(n);
  });

  it('availability: by practitioner, day, time of day and length', async () => {
    const asked = ['availability', '--practitioner', 'dr-lee', '--from', dayFromNow(2), '--to', dayFromNow(3)];
    const { status, answer } = await json([...asked, '--time', '09:00-09:45']);
    expect([status, answer.freshness]).toEqual([0, 'live']);
    expect(answer.slots).toHaveLength(4);
    expect(answer.slots[0]).toMatchObject({ practitionerId: 'dr-lee', locationId: 'room-1', zone: ZONE });
    expect(answer.slots[0]?.start).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/);
    const page = await run([...asked, '--limit', '1']);
    expect(page.stdout).toContain(`${dayFromNow(2)} 09:15–09:30  dr-lee  room-1  ${ZONE}`);
    const [, next = ''] = /--after (\S+)/.exec(page.stdout) ?? [];
    expect((await run([...asked, '--limit', '1', '--after', next])).stdout).toContain(`${dayFromNow(2)} 09:30–09:45`);
    const earliest = await json(['availability', '--earliest']);
    expect(earliest.answer.slots.map((slot) => slot.practitionerId).sort()).toEqual(['dr-lee', 'dr-ng']);
    const none = await json(['availability', '--weekday', 'mon', '--location', 'elsewhere']);
    expect([none.status, none.answer.slots]).toEqual([0, []]);
  });

  it.each([
    [['--practitioner', 'nobody'], 1, 'UnknownPractitioner'],
    [['--from', 'soon'], 2, '--from must be a day'],
    [['--weekday', 'someday'], 2, '--weekday must be of mon'],
    [['--time', 'noon'], 2, '--time must be a span'],
    [['--minutes', 'ten'], 2, '--minutes must be a whole number'],
    [['--type', 'long'], 2, '--type must be a type'],
    [['--limit', '0'], 2, '--limit must be a whole number'],
    [['--after', 'x'], 2, "--after must be an answer's next"],
  ] as const)('availability %j: refused with %i', async (args, status, text) => {
    const refused = await run(['availability', ...args]);
    expect(refused.status).toBe(status);
    expect(refused.stderr).toContain(text);
    expect(refused.stdout).toBe('');
  });

  it('availability: where the clinic is gone, the copy as it was, said aloud', async () => {
    await run(['resync']);
    clinic.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${clinic.path}${suffix}`, { force: true });
    const { status, answer, stderr } = await json(['availability', '--limit', '3']);
    expect([status, answer.freshness, answer.slots.length]).toEqual([3, 'offline', 3]);
    expect(stderr).toContain('warning: this is the copy as it was');
    opened.pop();
  });

  it('book: once for a key, and refused when it is taken', async () => {
    const details = JSON.stringify({ patient: 'P-17' });
    const booked = await json([...book, '--key', 'form-1', '--details', '-'], { input: details });
    expect(booked).toMatchObject({ status: 0, answer: { outcome: 'booked', idempotencyKey: 'form-1' } });
    const again = await json([...book, '--key', 'form-1', '--details', '-'], { input: details });
    expect(again.answer.row).toEqual(booked.answer.row);
    expect(clinic.rows(`select doctor, starts, patient from appointments where id = ${booked.answer.row.id}`)).toEqual([
      { doctor: 'dr-lee', starts: `${dayFromNow(1)} 09:15:00`, patient: 'P-17' },
    ]);
    const taken = await json(book);
    expect(taken).toMatchObject({ status: 1, answer: { error: { code: 'SlotTaken' } } });
    expect(taken.stderr).toMatch(/idempotency key: cli-\S{12}/);
    const other = await json([...book, '--key', 'form-1', '--details', '-'], { input: '{}' });
    expect(other).toMatchObject({ status: 1, answer: { error: { code: 'KeyReused' } } });
    expect(clinic.rows('select count(*) as n from appointments')).toEqual([{ n: 15 }]);
  });

  it.each([
    [['--start', 'tomorrow', '--minutes', '15'], '--start must be an instant'],
    [['--start', '2026-10-04T02:30', '--minutes', '15'], '--start does not exist, or exists twice'],
    [['--start', '2030-01-01T09:00'], 'Give either --end or --minutes.'],
    [['--start', '2030-01-01T09:00', '--minutes', '15', '--details', 'no.json'], '--details no.json cannot be read'],
    [['--start', '2030-01-01T09:00', '--minutes', '15', '--wait', 'long'], '--wait must be a length of time'],
  ])('book %j is refused before anything is opened', async (args, text) => {
    const refused = await run(['book', '--practitioner', 'dr-lee', ...args]);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it('book: without --write the clinic is read-only', async () => {
    const refused = await workspace.run([...book, ...here().slice(0, -1), '--json']);
    expect(refused.status).toBe(1);
    expect(document(refused)).toMatchObject({
      error: { code: 'ReadOnlyClinic', advice: expect.stringContaining('--write') },
    });
  });

  it('delete: shows the version first, then deletes that one alone', async () => {
    const shown = await run(['delete', '--id', '1']);
    expect(shown.status).toBe(2);
    expect(shown.stderr).toContain(`appointment 1 is dr-lee, ${dayFromNow(1)} 09:00–09:15 ${ZONE}`);
    const [, fingerprint = ''] = /--fingerprint (\S+)/.exec(shown.stderr) ?? [];
    clinic.run(`update appointments set room = 'room-2' where id = 1`);
    const changed = await json(['delete', '--id', '1', '--fingerprint', fingerprint]);
    expect(changed).toMatchObject({ status: 1, answer: { error: { code: 'AppointmentChanged' } } });
    clinic.run(`update appointments set room = 'room-1' where id = 1`);
    const deleted = await json(['delete', '--id', '1', '--fingerprint', fingerprint, '--key', 'gone']);
    expect(deleted).toMatchObject({ status: 0, answer: { outcome: 'deleted', id: '1', idempotencyKey: 'gone' } });
    expect(clinic.rows('select id from appointments where id = 1')).toEqual([]);
    const gone = await json(['delete', '--id', '1', '--fingerprint', fingerprint]);
    expect(gone).toMatchObject({ status: 1, answer: { error: { code: 'AppointmentGone' } } });
  });

  it('watch: tells what happens as it happens, ends in order, and goes on from a cursor', async () => {
    let hasWritten = false;
    const watched = await run(['watch', '--json', '--for', '20s', '--type', 'appointment.created'], {
      during: ({ stdout, stderr }) => {
        if (stderr.includes('[live') && !hasWritten) {
          hasWritten = true;
          clinic.run(`insert into appointments (id, doctor, starts, ends)
            values (77, 'dr-ng', '${dayFromNow(5)} 10:00:00', '${dayFromNow(5)} 10:15:00')`);
        }
        return stdout.includes('\n') ? 'SIGINT' : undefined;
      },
    });
    expect(watched.status).toBe(0);
    const event = JSON.parse(watched.stdout) as object;
    expect(event).toMatchObject({ type: 'appointment.created', clinicId: 'clinic', row: { id: '77' } });
    const [, cursor = ''] = /--after (\S+)/.exec(watched.stderr) ?? [];
    clinic.run('delete from appointments where id = 77');
    const later = await run(['watch', '--for', '20s', '--after', cursor], {
      during: ({ stdout }) => (stdout.includes('appointment.deleted') ? 'SIGTERM' : undefined),
    });
    expect(later.status).toBe(0);
    expect(later.stdout).toMatch(/appointment\.deleted +77 {2}dr-ng/);
    expect(later.stdout).not.toContain('appointment.created');
    const lost = await run(['watch', '--for', '9s', '--after', 'nowhere.1', '--json']);
    expect([lost.status, document(lost)]).toEqual([1, { error: expect.objectContaining({ code: 'CursorLost' }) }]);
  });

  it('ends quietly and in order where nobody reads it any more', async () => {
    const unread = await run(['watch', '--for', '20s'], { unread: true });
    expect(unread.stderr).toContain('[stopped]');
    expect(unread.stderr).not.toMatch(/EPIPE|Error/);
    expect((await run(['doctor'], { unread: true })).stderr).toBe('');
  });

  it('rehearse: says what a copy and a resync cost, and leaves nothing behind', async () => {
    const { status, answer } = await json(['rehearse']);
    expect(status).toBe(0);
    expect(answer.copy).toMatchObject({ report: { reason: 'first-copy', read: 42, rows: 42 }, cost: { bytes: null } });
    expect(answer.copy.cost.calls['readRange']).toBeGreaterThan(0);
    expect(answer.resync).toMatchObject({ report: { reason: 'requested', created: 0, deleted: 0 } });
    expect(answer.resync.cost.calls['digest']).toBe(2);
    const text = await run(['rehearse']);
    expect(text.stdout).toMatch(
      /^first copy: 42 rows read, 42 in the mirror, in .*\n {2}at the clinic .* nothing over a network/,
    );
  });
});
