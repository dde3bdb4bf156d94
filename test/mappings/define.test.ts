import { describe, expect, it } from 'vitest';

import { defineClinicSchema, type ClinicSchema } from '../../src/adapters/sql/index.js';
import { ClinicSyncError } from '../../src/index.js';

const appointments = { table: 'a', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
const weekly = {
  weekly: 'w',
  id: 'id',
  practitioner: 'p',
  weekday: 'd',
  start: { seconds: 's' },
  end: { length: 'n', in: 'minutes' },
} as const;
const template = {
  template: { table: 't', name: 'n', code: 'c' },
  days: { table: 'd', id: 'id', practitioner: 'p', date: 'd', template: 't' },
} as const;

/** What is wrong, and the field that the error names. */
const WRONG: readonly (readonly [what: string, parts: object, field: string, says: RegExp])[] = [
  ['no zone', { zone: 'Sydney' }, 'schema.zone', /IANA/],
  ['an offset for a zone', { zones: { 3: '+10:00' } }, 'schema.zones.3', /IANA/],
  ['a misspelt part', { appointment: {} }, 'schema.appointment', /known: zone, zones/],
  ['a misspelt field', { appointments: { ...appointments, strat: 's' } }, 'schema.appointments.strat', /known: table/],
  ['no start', { appointments: { ...appointments, start: undefined } }, 'schema.appointments.start', /object/],
  ['no time form', { appointments: { ...appointments, time: undefined } }, 'schema.appointments.time', /instant, wall/],
  [
    'split epoch',
    { appointments: { ...appointments, start: { date: 'd', time: 't' }, time: 'epoch-s' } },
    'schema.appointments.time',
    /'wall' or 'utc'/,
  ],
  [
    'two clocks',
    { appointments: { ...appointments, start: { date: 'd', time: 't', seconds: 'u' } } },
    'schema.appointments.start',
    /one of time, seconds/,
  ],
  [
    'a clock end of a stamp',
    { appointments: { ...appointments, end: { time: 't' } } },
    'schema.appointments.end',
    /date of its own/,
  ],
  [
    'a length without a unit',
    { appointments: { ...appointments, end: { length: 'n', in: 'units' } } },
    'schema.appointments.end.unitMinutes',
    /minutes/,
  ],
  [
    'a length in weeks',
    { appointments: { ...appointments, end: { length: 'n', in: 'weeks' } } },
    'schema.appointments.end.in',
    /'seconds'/,
  ],
  [
    'a negative length',
    { appointments: { ...appointments, end: { length: -5 } } },
    'schema.appointments.end.length',
    /minutes/,
  ],
  [
    'two characters for one',
    { appointments: { ...appointments, end: { length: 'n', in: 'characters', unitMinutes: 5, character: 'XX' } } },
    'schema.appointments.end.character',
    /one character/,
  ],
  [
    'everybody’s appointments',
    { appointments: { ...appointments, practitioner: undefined } },
    'schema.appointments.practitioner',
    /only blockouts/,
  ],
  [
    'an unknown class',
    { appointments: { ...appointments, status: { column: 'c', classes: { x: 'gone' } } } },
    'schema.appointments.status.classes.x',
    /busy, tentative/,
  ],
  [
    'a class of more characters than are compared',
    { appointments: { ...appointments, status: { column: 'c', characters: 1, classes: { xy: 'busy' } } } },
    'schema.appointments.status.classes.xy',
    /at most 1/,
  ],
  [
    'an empty rule',
    { appointments: { ...appointments, only: { c: [] } } },
    'schema.appointments.only.c',
    /list of texts/,
  ],
  [
    'numbers for texts',
    { appointments: { ...appointments, only: { c: [1] } } },
    'schema.appointments.only.c',
    /list of texts/,
  ],
  [
    'a removal that removes nothing',
    { appointments: { ...appointments, removal: { set: { c: 'x' } } } },
    'schema.appointments.removal.set',
    /does not count/,
  ],
  [
    'a removal by a status that takes time',
    {
      appointments: { ...appointments, status: { column: 'c', classes: { x: 'busy' } }, removal: { set: { c: 'x' } } },
    },
    'schema.appointments.removal.set',
    /does not count/,
  ],
  [
    'an unknown argument',
    { appointments: { ...appointments, booking: { insert: { procedure: 'p', arguments: ['who'] } } } },
    'schema.appointments.booking.insert.arguments.0',
    /practitioner, location/,
  ],
  [
    'a fixed value that is none',
    { appointments: { ...appointments, booking: { values: { c: {} } } } },
    'schema.appointments.booking.values.c',
    /text, a number/,
  ],
  ['no blockouts', { blockouts: {} }, 'schema.blockouts', /name a table/],
  ['a reserved name', { blockouts: { appointment: appointments } }, 'schema.blockouts.appointment', /not appointment/],
  ['a name that is none', { sessions: { 'a:b': { ...weekly } } }, 'schema.sessions.a:b', /letters/],
  ['a blockout that is none', { blockouts: { leave: { id: 'x' } } }, 'schema.blockouts.leave', /mapping/],
  [
    'a weekday of eight',
    { sessions: { ...weekly, weekdays: { mo: 8 } } },
    'schema.sessions.weekdays.mo',
    /1 \(Monday\)/,
  ],
  [
    'an unknown numbering',
    { sessions: { ...weekly, weekdays: 'monday' } },
    'schema.sessions.weekdays',
    /iso, monday-0/,
  ],
  ['every no weeks', { sessions: { ...weekly, everyWeeks: 0 } }, 'schema.sessions.everyWeeks', /above 0/],
  ['an anchor that is no day', { sessions: { ...weekly, anchor: 'Monday' } }, 'schema.sessions.anchor', /YYYY-MM-DD/],
  ['a slot of no minutes', { sessions: { ...weekly, slotMinutes: 0 } }, 'schema.sessions.slotMinutes', /positive/],
  ['room for none', { sessions: { ...weekly, capacity: 0 } }, 'schema.sessions.capacity', /above 0/],
  [
    'a template without a code',
    { sessions: { ...template, template: { table: 't', name: 'n' } } },
    'schema.sessions.template.code',
    /name/,
  ],
  ['nothing closed', { sessions: { ...template, closed: '' } }, 'schema.sessions.closed', /characters/],
  ['an unknown clock change', { clockChange: { twice: 'both' } }, 'schema.clockChange.twice', /'earlier'/],
];

describe('defineClinicSchema', () => {
  it.each(WRONG)('%s', (_what, parts, field, says) => {
    const schema = { zone: 'Australia/Sydney', appointments, ...parts } as ClinicSchema;
    let thrown: unknown;
    try {
      defineClinicSchema(schema);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ClinicSyncError);
    expect(thrown).toMatchObject({ code: 'InvalidArgument', field });
    expect((thrown as Error).message).toContain(field);
    expect((thrown as Error).message).toMatch(says);
  });

  it('gives back what it was given, with its own type', () => {
    const schema = defineClinicSchema({
      zone: 'UTC',
      appointments,
      sessions: { regular: weekly, byTemplate: template },
    });
    expect(schema.appointments.table).toBe('a');
    const table: 'a' = schema.appointments.table;
    expect(table).toBe('a');
  });
});
