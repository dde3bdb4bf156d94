/**
 * Every claim of the story against the clinic's own tables, read with plain SQL and mapped right here: none of the library's
 * code takes part in what it is compared with.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ClinicEvent, ClinicRow } from '../../src/index.js';
import { PATIENT_MARK } from './clinic.js';
import { clinicDay, fromWall } from './clinic-time.js';
import * as print from './print.js';
import { openSql, readFuture } from './sql.js';
import { compareChanges } from './told.js';
import type { Tale } from './steps/tale.js';

const SETTLE_MS = 15_000;

/** One text per row, with all that the platform is meant to know of it. */
function textOf(
  kind: string,
  id: string,
  practitioner: string,
  room: string | null,
  start: number,
  end: number,
): string {
  return [kind, id, practitioner, room, start, end].join('|');
}
const textOfRow = ({ kind, id, practitionerIds, locationId, start, end }: ClinicRow) =>
  textOf(kind, id, practitionerIds.join('+'), locationId, start, end);

async function tableTexts({ clinic }: Tale): Promise<string[]> {
  const sql = await openSql(clinic.engine, clinic.desk);
  try {
    const midnight = `${clinicDay(0)} 00:00:00`;
    const read = async (table: 'appointments' | 'sessions', kind: string) =>
      (await readFuture(sql, table, midnight)).map(({ id, practitioner, room, starts, ends }) =>
        textOf(kind, `${id}`, `${practitioner}`, room, fromWall(starts), fromWall(ends)),
      );
    return [...(await read('appointments', 'appointment')), ...(await read('sessions', 'session'))].sort();
  } finally {
    await sql.close();
  }
}

/** What the consumer has, from its own file. */
function readConsumer(path: string): { replica: string[]; told: ClinicEvent[] } {
  const db = new DatabaseSync(path, { readOnly: true });
  const replica = db.prepare('select row from replica').all();
  const told = db.prepare('select event from told order by rowid').all();
  db.close();
  return {
    replica: replica.map(({ row }) => textOfRow(JSON.parse(String(row)) as ClinicRow)).sort(),
    told: told.map(({ event }) => JSON.parse(String(event)) as ClinicEvent),
  };
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((text, i) => text === b[i]);

async function leaks(home: string): Promise<string[]> {
  const files = (await readdir(home)).filter((name) => /^(mirror|consumer)/.test(name));
  const contents = await Promise.all(files.map((name) => readFile(join(home, name))));
  return files.filter((_, i) => contents[i]?.includes(PATIENT_MARK));
}

/** Whether the platform's login is kept from the patients by the server itself; `undefined` where there are no logins. */
async function isKeptFromPatients({ clinic }: Tale): Promise<boolean | undefined> {
  if (clinic.engine === 'sqlite') return undefined;
  const sql = await openSql(clinic.engine, clinic.remote);
  const INSUFFICIENT_PRIVILEGE = '42501';
  return sql
    .query('select patient from appointments limit 1')
    .then(
      () => false,
      (error: unknown) => (error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE,
    )
    .finally(() => sql.close());
}

/** What patients online were told, against the rows with their names; and who sits where somebody else does. */
async function checkOnline({ clinic, seen }: Tale, told: readonly ClinicEvent[]) {
  const sql = await openSql(clinic.engine, clinic.desk);
  const rows = await sql.query(
    `select mine.id, mine.patient, other.id as other from appointments mine
       left join appointments other on other.id <> mine.id and other.practitioner_id = mine.practitioner_id
         and other.starts_at < mine.ends_at and other.ends_at > mine.starts_at
     where mine.online_token is not null`,
  );
  await sql.close();
  const holders = rows.map(({ patient }) => String(patient));
  const wrong = seen.requests.filter(({ patient, result }) => {
    const times = new Set(rows.filter((row) => row['patient'] === patient).map(({ id }) => id)).size;
    return times !== (result === 'booked' ? 1 : 0);
  });
  const conflicts = told.flatMap((event) =>
    event.type === 'conflict.detected' ? event.others.map(({ id }) => `${event.ours.id} ${id}`) : [],
  );
  const shared = rows.filter(({ other }) => other !== null);
  const isTold = ({ id, other }: (typeof rows)[number]) =>
    conflicts.includes(`${id} ${other}`) || conflicts.includes(`${other} ${id}`);
  return {
    wrong: [...wrong, ...holders.filter((name) => !seen.requests.some(({ patient }) => patient === name))],
    untold: shared.filter((row) => !isTold(row)).length,
    figures: `${seen.requests.filter(({ result }) => result === 'booked').length} of ${seen.requests.length} booked`,
    overlaps: print.plural(shared.length, 'overlap'),
  };
}

/** Prints each claim; true if all of them hold. */
export async function checkAll(tale: Tale, home: string): Promise<boolean> {
  const { seen, platform, hostOptions } = tale;
  const table = await tableTexts(tale);
  const deadline = Date.now() + SETTLE_MS;
  let consumer = readConsumer(hostOptions.consumerPath);
  while (!same(consumer.replica, table) && Date.now() < deadline) {
    await sleep(100);
    consumer = readConsumer(hostOptions.consumerPath);
  }
  const mirror = (await platform.child.call('snapshot', undefined)).map(textOfRow).sort();
  const bookedOnline = new Set(seen.requests.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const { missing, untrue, split, cursorsTwice, matched } = compareChanges(seen.changes, consumer.told, bookedOnline);
  const refused = await tale.desk.call('refused', undefined);
  const leaking = await leaks(home);
  const slowest = Math.max(...seen.changes.map(({ tookMs }) => tookMs));

  let holds = true;
  const claim = (what: string, is: boolean, detail = '') => {
    holds &&= is;
    print.claim(is, what, detail);
  };
  claim('the mirror equals the tables’ future, row for row', same(mirror, table), print.plural(table.length, 'row'));
  claim(
    'a replica built by nothing but events equals it, too',
    same(consumer.replica, table),
    print.plural(consumer.replica.length, 'row'),
  );
  claim(
    'every change at the desk was told, and told once',
    missing === 0 && untrue === 0 && cursorsTwice === 0,
    `${matched} of ${seen.changes.length} changes; ${untrue} told that nobody made, ${cursorsTwice} told twice`,
  );
  claim(
    'no move was told as a cancellation',
    split === 0,
    `${seen.changes.filter(({ kind }) => kind === 'move').length} moves`,
  );
  claim('the watched slot was free, then taken, both verified', seen.slotVanished);
  claim(
    'no answer during the outage claimed to be live',
    seen.offlineLabels.length > 0 && seen.offlineLabels.every((label) => label === 'offline'),
    seen.offlineLabels.join(', '),
  );
  claim('the outage was announced as a possible conflict', seen.outage?.possibleConflict === true);
  claim('its resync found exactly what had changed meanwhile', seen.outage?.differences === true);
  claim(
    'no booking was promised while the clinic was out of reach',
    seen.heldAnswers.length > 0 && seen.heldAnswers.every((answer) => answer === 'NotLive'),
    seen.heldAnswers.join(', '),
  );
  const online = await checkOnline(tale, consumer.told);
  claim('whoever was told a booking has it, and nobody else has', online.wrong.length === 0, online.figures);
  claim('no slot was given twice without a conflict being told', online.untold === 0, online.overlaps);
  claim('the killed process was recognised as crashed', seen.crashReason === 'crash', `reason ${seen.crashReason}`);
  claim('its consumer went on from its stored cursor', seen.resumed);
  claim(
    'the receptionist was never refused',
    refused === 0,
    `slowest statement of ${seen.changes.length}: ${print.millis(slowest)}`,
  );
  claim('no patient in any file of the platform’s', leaking.length === 0, leaking.join(', '));
  const kept = await isKeptFromPatients(tale);
  if (kept !== undefined) claim('its login could not read them if it tried', kept);
  return holds;
}
