import { hash } from 'node:crypto';

import { DEFAULT_WALL_POLICY, isZone, type WallPolicy } from '../../../domain/zone.js';
import { BLOCKOUT } from '../ids.js';
import { checkKeys, checkObject, invalid } from './names.js';
import { resolveBooking, resolveRemoval, type ResolvedBooking, type ResolvedRemoval } from './resolve-booking.js';
import { named, resolveSessions, type ResolvedRoster } from './resolve-sessions.js';
import {
  resolveTable,
  TABLE_KEYS,
  TAKES_TIME,
  type ResolvedRule,
  type ResolvedStatus,
  type ResolvedTable,
} from './resolve-table.js';
import type { RemovalMapping } from './booking.js';
import type { ClinicSchema, ClockChange, TableMapping } from './schema.js';

export interface ResolvedSchema {
  readonly zone: string;
  /** Zones other than `zone`, each with the locations that lie in it. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
  readonly policy: WallPolicy;
  readonly tables: readonly ResolvedTable[];
  readonly rosters: readonly ResolvedRoster[];
  /** `null`: nothing may be written. */
  readonly booking: ResolvedBooking | null;
  readonly removal: ResolvedRemoval;
}

/** Checks a schema and fills in its defaults. Throws `InvalidArgument`, naming the field, for one that cannot be meant. */
export function resolveSchema(schema: ClinicSchema): ResolvedSchema {
  checkObject('schema', schema);
  checkKeys('schema', schema, ['zone', 'zones', 'clockChange', 'appointments', 'blockouts', 'sessions']);
  const { appointments, blockouts, sessions } = schema;
  if (!isZone(schema.zone)) throw invalid('schema.zone', 'must be an IANA zone such as Australia/Melbourne');
  checkKeys('schema.appointments', checkObject('schema.appointments', appointments), [
    ...TABLE_KEYS,
    'booking',
    'removal',
  ]);
  const of = (kind: ResolvedTable['kind'], label: string, prefix: string, mapping: TableMapping) =>
    resolveTable(mapping, { label, prefix, kind, slot: null, oneSlot: false, capacity: 1 });
  const others = (blockouts ? named('blockouts', blockouts, isTable, BLOCKOUT) : []).map(([label, prefix, mapping]) => {
    checkKeys(`schema.${label}`, mapping, TABLE_KEYS);
    return of('blockout', label, prefix, mapping);
  });
  const roster = sessions ? resolveSessions(sessions) : { tables: [], rosters: [] };
  const tables = [of('appointment', 'appointments', '', appointments), ...others, ...roster.tables];
  return {
    zone: schema.zone,
    zones: resolveZones(schema.zone, schema.zones ?? {}),
    policy: resolvePolicy(schema.clockChange ?? {}),
    tables,
    rosters: roster.rosters,
    booking: appointments.booking ? resolveBooking(appointments.booking) : null,
    removal: appointments.removal ? removalOf(tables[0], appointments.removal) : null,
  };
}

/** What is only marked as deleted must not count any more, or it would be there for ever. */
function removalOf(table: ResolvedTable | undefined, mapping: RemovalMapping): ResolvedRemoval {
  const removal = resolveRemoval(mapping);
  if (removal?.kind !== 'set' || !table) return removal;
  const left = removal.values.some(([column, value]) => {
    const text =
      value === null ? null : String(Number.isNaN(Number(value)) || typeof value !== 'boolean' ? value : Number(value));
    return (
      table.rules.some((rule) => rule.column === column && !passes(rule, text)) || isAbsent(table.status, column, text)
    );
  });
  if (!left)
    throw invalid('schema.appointments.removal.set', 'must make the row one that does not count, by status or only');
  return removal;
}

function passes({ kind, values, withNull }: ResolvedRule, text: string | null): boolean {
  if (text === null) return kind === 'not' || withNull;
  return values.includes(text) === (kind === 'only');
}

function isAbsent(status: ResolvedStatus | null, column: string, text: string | null): boolean {
  if (status?.column !== column) return false;
  if (text === null) return !TAKES_TIME[status.whenNull];
  const is = status.classes[status.characters === null ? text : text.slice(0, status.characters)];
  return is !== undefined && !TAKES_TIME[is];
}

/** Equal for schemas that read rows in the same way. The `2` counts the ways in which this code has read them. */
export function mappingIdOf({ zone, zones, policy, tables, rosters }: ResolvedSchema): string {
  // A function of the host's has no text; the name of its source stands for it.
  const reading = { zone, zones: [...zones], policy, tables, rosters };
  return `sql2:${hash('sha256', JSON.stringify(reading)).slice(0, 16)}`;
}

/** Throws `InvalidArgument` for a schema that does not say how bookings are written. */
export function mustBook(schema: ResolvedSchema): void {
  if (!schema.booking)
    throw invalid('schema.appointments.booking', 'must be there for write; {} is enough to begin with');
}

export function hasSessions({ tables, rosters }: ResolvedSchema): boolean {
  return rosters.length > 0 || tables.some(({ kind }) => kind === 'session');
}

/** A table that is read, by the mapping's names. */
export interface ReadTable {
  readonly label: string;
  /** One or two names. */
  readonly table: readonly string[];
  /** The key, where its rows are rows of ours; none where they are rules. */
  readonly ids: readonly string[];
}

/** Every table that a schema reads. */
export function readTables({ tables, rosters }: ResolvedSchema): readonly ReadTable[] {
  const rules = rosters.flatMap((roster): ReadTable[] => {
    const { label } = roster;
    if (roster.kind === 'function') return [];
    const own = { label, table: roster.table, ids: [] };
    if (roster.kind === 'weekly') return [own];
    return [own, { label: `${label}.template`, table: roster.templates.table, ids: [] }];
  });
  return [...tables.map(({ label, table, ids }) => ({ label, table, ids })), ...rules];
}

function isTable(value: object): value is TableMapping {
  const { table } = value as { table?: unknown };
  return typeof table === 'string' || Array.isArray(table);
}

function resolveZones(own: string, zones: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const locations = new Map<string, string[]>();
  for (const [location, zone] of Object.entries(checkObject('schema.zones', zones))) {
    if (!isZone(zone)) throw invalid(`schema.zones.${location}`, 'must be an IANA zone such as Australia/Perth');
    if (zone !== own) locations.set(zone, [...(locations.get(zone) ?? []), location].sort());
  }
  return locations;
}

function resolvePolicy({
  skipped = DEFAULT_WALL_POLICY.gap,
  twice = DEFAULT_WALL_POLICY.overlap,
}: ClockChange): WallPolicy {
  if (!['shift', 'reject'].includes(skipped))
    throw invalid('schema.clockChange.skipped', "must be 'shift' or 'reject'");
  if (!['earlier', 'later', 'reject'].includes(twice)) {
    throw invalid('schema.clockChange.twice', "must be 'earlier', 'later' or 'reject'");
  }
  return { gap: skipped, overlap: twice };
}
