/** Practice systems as far as their presets know them: tables of our own making, from what is public, and how each stores a row. */
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import type { ClinicRow } from '../../src/domain/row.js';
import { instantToWall, wallToInstant } from '../../src/domain/zone.js';
import { extendSchema, gnuHealth, openDental, openEmr, oscar } from '../../src/presets/index.js';
import type { AdapterCapabilities } from '../../src/testing/index.js';

export const ZONE = 'Australia/Sydney';

type Value = string | number | null;

export interface Stored {
  readonly table: string;
  /** The key's column. */
  readonly key: string;
  readonly values: Readonly<Record<string, Value>>;
}

export interface System {
  readonly name: string;
  readonly engine: 'mysql' | 'postgres';
  readonly schema: ClinicSchema;
  /** The schema that the conformance suite can fill, where rosters are no rows. */
  readonly conforming: ClinicSchema;
  readonly tables: Readonly<Record<string, string>>;
  readonly appointments: string;
  readonly grainMs?: number;
  fit(row: ClinicRow): ClinicRow;
  store(row: ClinicRow): Stored;
  /** What makes a row nobody's. */
  readonly spoilt: Readonly<Record<string, Value>>;
  readonly capabilities: Partial<AdapterCapabilities>;
  readonly gaps?: readonly string[];
}

const wall = (instant: number) => instantToWall(instant, ZONE);
const iso = (instant: number) => new Date(wall(instant)).toISOString();
const date = (instant: number) => iso(instant).slice(0, 10);
const clock = (instant: number) => iso(instant).slice(11, 19);
const stamp = (instant: number) => `${date(instant)} ${clock(instant)}`;

/** Where kinds share a table, they take different numbers of it. */
const OFFSETS = { appointment: 0, blockout: 1_000_000, session: 2_000_000 } as const;
const PREFIX = /^(?:[a-z]+:)*/;

/** The number of a row in its table. */
export function numberOf({ kind, id }: Pick<ClinicRow, 'kind' | 'id'>): number {
  const number = Number(id.replace(PREFIX, ''));
  return number >= OFFSETS[kind] && number < OFFSETS[kind] + 1_000_000 ? number : number + OFFSETS[kind];
}

/** The same end, and a start so late that both are on one day, or no further apart than a row can be long. */
function startFor({ start, end }: ClinicRow, longest: number): number {
  const day = Math.floor(wall(end - 1) / DAY) * DAY;
  const midnight = wallToInstant(day, ZONE) ?? start;
  return Math.max(start, longest === DAY ? midnight : end - longest);
}

export const OPEN_EMR: System = {
  name: 'openEmr',
  engine: 'mysql',
  schema: openEmr({ zone: ZONE, token: 'pc_website' }),
  conforming: openEmr({ zone: ZONE, token: 'pc_website' }),
  tables: {
    openemr_postcalendar_events: `
      pc_eid int unsigned not null auto_increment primary key, pc_catid int not null default 0, pc_aid varchar(30), pc_pid varchar(11),
      pc_title varchar(150), pc_time datetime, pc_hometext text, pc_website varchar(255), pc_eventDate date not null default '0000-00-00',
      pc_endDate date not null default '0000-00-00', pc_duration bigint not null default 0, pc_recurrtype int not null default 0,
      pc_startTime time, pc_endTime time, pc_eventstatus int not null default 0, pc_sharing int not null default 0,
      pc_apptstatus varchar(15) not null default '-', pc_facility smallint not null default 0, pc_room varchar(20) not null default '',
      key basic_event (pc_catid, pc_aid, pc_eventDate, pc_endDate, pc_eventstatus, pc_sharing), key pc_eventDate (pc_eventDate)`,
  },
  appointments: 'openemr_postcalendar_events',
  fit: (row) => (row.kind === 'session' ? { ...row, slotMs: 15 * MINUTE } : row),
  store: (row) => ({
    table: 'openemr_postcalendar_events',
    key: 'pc_eid',
    values: {
      pc_eid: numberOf(row),
      pc_catid: { appointment: 5, blockout: 4, session: 2 }[row.kind],
      pc_aid: row.practitionerIds[0] ?? null,
      pc_facility: Number(row.locationId ?? 0),
      pc_eventDate: date(row.start),
      pc_startTime: clock(row.start),
      pc_endTime: clock(row.end),
      pc_duration: (row.end - row.start) / 1000,
      pc_apptstatus: '-',
    },
  }),
  spoilt: { pc_aid: '' },
  capabilities: { multiplePractitioners: false },
};

const PATTERN = 255;

export const OPEN_DENTAL: System = {
  name: 'openDental',
  engine: 'mysql',
  schema: openDental({ zone: ZONE, operatory: 1, token: 'ProcDescript' }),
  conforming: openDental({ zone: ZONE, operatory: 1, token: 'ProcDescript' }),
  tables: {
    appointment: `
      AptNum bigint not null auto_increment primary key, PatNum bigint not null default 0, AptStatus tinyint unsigned not null default 1,
      Pattern varchar(${String(PATTERN)}), Op bigint not null default 0, Note text, ProvNum bigint not null default 0, ProvHyg bigint not null default 0,
      AptDateTime datetime not null default '0001-01-01 00:00:00', ProcDescript text, ClinicNum bigint not null default 0,
      key AptDateTime (AptDateTime), key indexProvNum (ProvNum), key indexProvHyg (ProvHyg)`,
    schedule: `
      ScheduleNum bigint not null auto_increment primary key, SchedDate date not null default '0001-01-01', StartTime time not null default '00:00:00',
      StopTime time not null default '00:00:00', SchedType tinyint unsigned not null default 0, ProvNum bigint not null default 0,
      Status tinyint unsigned not null default 0, ClinicNum bigint not null default 0, key SchedDate (SchedDate)`,
  },
  appointments: 'appointment',
  grainMs: 5 * MINUTE,
  fit: (row) => {
    const isAppointment = row.kind === 'appointment';
    // A schedule cannot end at midnight.
    const end = !isAppointment && wall(row.end) % DAY === 0 ? row.end + 5 * MINUTE : row.end;
    const start = startFor({ ...row, end }, isAppointment ? PATTERN * 5 * MINUTE : DAY);
    // A schedule has one provider.
    const practitionerIds = row.kind === 'appointment' ? row.practitionerIds : row.practitionerIds.slice(0, 1);
    return { ...row, start, end, practitionerIds, ...(row.kind === 'session' && { slotMs: 30 * MINUTE }) };
  },
  store: (row) => {
    const [first = '0', second = '0'] = row.practitionerIds;
    const place = { ClinicNum: Number(row.locationId ?? 0) };
    if (row.kind === 'appointment') {
      const Pattern = '/XX/'.repeat(PATTERN).slice(0, (row.end - row.start) / (5 * MINUTE));
      return {
        table: 'appointment',
        key: 'AptNum',
        values: {
          AptNum: numberOf(row),
          ProvNum: Number(first),
          ProvHyg: Number(second),
          AptDateTime: stamp(row.start),
          Pattern,
          AptStatus: 1,
          ...place,
        },
      };
    }
    return {
      table: 'schedule',
      key: 'ScheduleNum',
      values: {
        ScheduleNum: numberOf(row),
        ProvNum: Number(first),
        SchedDate: date(row.start),
        StartTime: clock(row.start),
        StopTime: clock(row.end),
        SchedType: row.kind === 'session' ? 1 : 2,
        ...place,
      },
    };
  },
  spoilt: { ProvNum: 0, ProvHyg: 0 },
  capabilities: {},
  gaps: ['a blockout is in the way, and so is one that began days ago'],
};

export const OSCAR: System = {
  name: 'oscar',
  engine: 'mysql',
  schema: oscar({ zone: ZONE }),
  // Its roster is a template for each day.
  conforming: extendSchema(oscar({ zone: ZONE }), { sessions: undefined }),
  tables: {
    appointment: `
      appointment_no int not null auto_increment primary key, provider_no varchar(6) not null default '', appointment_date date not null default '0001-01-01',
      start_time time not null default '00:00:00', end_time time not null default '00:00:00', name varchar(50), demographic_no int,
      reason varchar(80), type varchar(50), status char(2), remarks varchar(50), creator varchar(50), createdatetime datetime, updatedatetime datetime,
      key appointment_date (appointment_date, start_time, demographic_no), key provider_date (provider_no, appointment_date)`,
    scheduledate: `
      id int not null auto_increment primary key, sdate date not null, provider_no varchar(6) not null, available char(1) not null default '1',
      hour varchar(255), status char(1) not null default 'A', key provider_no (provider_no, sdate)`,
    scheduletemplate:
      'provider_no varchar(6) not null, name varchar(20) not null, timecode text, primary key (provider_no, name)',
  },
  appointments: 'appointment',
  fit: (row) => {
    // Nothing ends at midnight that began there: its last minute would be the day before.
    const end = row.end === row.start && wall(row.end) % DAY === 0 ? row.end + 15 * MINUTE : row.end;
    return { ...row, locationId: null, end, start: startFor({ ...row, end }, DAY) };
  },
  store: (row) => ({
    table: 'appointment',
    key: 'appointment_no',
    values: {
      appointment_no: numberOf(row),
      provider_no: row.practitionerIds[0] ?? '',
      appointment_date: date(row.start),
      start_time: clock(row.start),
      end_time: clock(row.end - MINUTE),
      status: 'tS',
    },
  }),
  spoilt: { provider_no: '' },
  // Its sessions are laid out from templates.
  capabilities: { multiplePractitioners: false, sessions: false, blockouts: false, sketch: ['busy'] },
};

export const GNU_HEALTH: System = {
  name: 'gnuHealth',
  engine: 'postgres',
  schema: gnuHealth({ zone: ZONE, token: 'online_token' }),
  conforming: gnuHealth({ zone: ZONE, token: 'online_token' }),
  tables: {
    gnuhealth_appointment: `
      id serial primary key, healthprof int, institution int, patient int, appointment_date timestamp(0), appointment_date_end timestamp(0),
      state varchar, appointment_type varchar, comments text, online_token varchar`,
  },
  appointments: 'gnuhealth_appointment',
  fit: (row) => (row.kind === 'session' ? { ...row, slotMs: row.end > row.start ? row.end - row.start : null } : row),
  store: (row) => ({
    table: 'gnuhealth_appointment',
    key: 'id',
    values: {
      id: numberOf(row),
      healthprof: Number(row.practitionerIds[0]),
      institution: row.locationId === null ? null : Number(row.locationId),
      appointment_date: new Date(row.start).toISOString().slice(0, 19),
      appointment_date_end: new Date(row.end).toISOString().slice(0, 19),
      state: row.kind === 'session' ? 'free' : 'confirmed',
    },
  }),
  spoilt: { healthprof: null },
  capabilities: { multiplePractitioners: false, blockouts: false },
};

export const SYSTEMS: readonly System[] = [OPEN_EMR, OPEN_DENTAL, OSCAR, GNU_HEALTH];
