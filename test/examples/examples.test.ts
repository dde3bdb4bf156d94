/** Every example runs to its end with one command, and says what it is there to show. Their output stands in the log. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'examples');

/** What must be said. `null`: tested by a file of its own. */
const SAYS: Readonly<Record<string, readonly RegExp[] | null>> = {
  backend: null,
  'custom-adapter': [/is live, watched by sweep/, /written into the diary: dr-lee/],
  demo: null,
  'firebird-adapter': null,
  fleet: null,
  'live-availability': [/went: \S* ?09:15 09:30/, /came: [\d: ]*09:15 09:30/],
  'lost-slot': [/the form says: this time is taken/, /all the same: SlotTaken/, /to others it is taken/, /booked as/],
  'open-emr': [/"pc_startTime":"09:15:00"/, /told as a deletion\nprovider 7 is free at 09:00, 09:30, 09:45/],
  outage: [/labelled: offline/, /refused at once: NotLive/, /resync.started reason outage, possible conflict: true/],
  'postgres-push': [/noticed by push/, /appointment 5: [\d.]+ ms/, /removed; 0 triggers/],
  'quick-start': null,
  race: [/of the desk/, /of ann/],
  replay: [/resumed from its cursor/, /the clinic has {3}1 3 4 5 6\nthe backend has {2}1 3 4 5 6/],
};
const NEEDS: Readonly<Record<string, () => Promise<unknown>>> = {
  'open-emr': sharedMysql,
  'postgres-push': sharedPostgres,
};

const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts')));

describe('the examples', () => {
  it('are all known here', () => {
    expect(names.filter((name) => !Object.hasOwn(SAYS, name))).toEqual([]);
  });

  it.for(names.filter((name) => SAYS[name]))('%s', { timeout: 60_000 }, async (name, { skip }) => {
    const needs = NEEDS[name];
    if (needs && !(await needs())) return skip();
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', 'examples/run.ts', name], {
      cwd: root,
      encoding: 'utf8',
      timeout: 50_000,
    });
    console.log(`npm run example -- ${name}\n${stdout}`);
    expect(status, stderr).toBe(0);
    for (const text of SAYS[name] ?? []) expect(stdout).toMatch(text);
  });
});
