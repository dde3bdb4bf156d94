import type { QueryExecutorProvider } from 'kysely';

import type { Finding } from '../../domain/description.js';
import { DAY, HOUR, type Instant } from '../../domain/instant.js';
import { concernsPractitioner, overlaps, type ClinicRow } from '../../domain/row.js';
import { instantToWall, isZone } from '../../domain/zone.js';
import { readRange } from './read.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { Source } from './source.js';

/** What a server says of its own clock on the wall. */
export interface ServersZone {
  /** As the server names it. */
  readonly name: string;
  /** Just now, in minutes east of UTC; `null` where it cannot be told. */
  readonly offsetMinutes: number | null;
}

const MINUTE = 60_000;
/** Between two looks at what two zones have in common: the summer time of either half of the world is met. */
const QUARTER = 91 * DAY;

/** Whether the clinic's server agrees with the mapping about the clock on the wall. */
export function zoneFinding({ zone }: ResolvedSchema, sources: readonly Source[], server: ServersZone): Finding {
  const topic = 'zone';
  const found = `The mapping's zone is ${zone} (${offsetText(offsetOf(zone, Date.now()))}), the server's own is ${serversText(server)}.`;
  const wall = sources.filter(({ mapping }) => mapping.start.form === 'wall').map(({ mapping }) => mapping.label);
  if (wall.length === 0)
    return { topic, found, chosen: 'Every start is kept as a point in time, so the zone only divides the days.' };
  const chosen =
    "Wall-clock columns are read in the mapping's zone; our sessions run in UTC, so the server's does not matter.";
  if (agrees(zone, server)) return { topic, found, chosen };
  const gain = `The times of ${[...new Set(wall)].join(', ')} are right: the practice's own zone as schema.zone. If that is ${zone}, and only the server stands elsewhere, nothing is wrong.`;
  return { topic, severity: 'warning', found, chosen, better: { gain, statements: [] } };
}

/** Also where the server is on UTC, as servers often are wherever they stand, or does not say. */
function agrees(zone: string, { name, offsetMinutes }: ServersZone): boolean {
  const now = Date.now();
  if (isZone(name)) {
    const quarters = [0, 1, 2, 3].map((n) => now + n * QUARTER);
    const isUtc =
      quarters.every((at) => offsetOf(name, at) === 0) && /utc|gmt|uct|zulu|universal|greenwich/i.test(name);
    return isUtc || quarters.every((at) => offsetOf(name, at) === offsetOf(zone, at));
  }
  return offsetMinutes === null || offsetMinutes === 0 || offsetMinutes === offsetOf(zone, now);
}

function offsetOf(zone: string, at: Instant): number {
  return (instantToWall(at, zone) - at) / MINUTE;
}

function serversText({ name, offsetMinutes }: ServersZone): string {
  const offset = isZone(name) ? offsetOf(name, Date.now()) : offsetMinutes;
  return offset === null ? name : `${name} (${offsetText(offset)})`;
}

function offsetText(minutes: number): string {
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}:${String(Math.abs(minutes) % 60).padStart(2, '0')} now`;
}

/** So far ahead is looked at the rows themselves, which costs a small look. */
const AHEAD_MS = 7 * DAY;
/** Fewer say nothing. */
const FEWEST = 20;
const LONGEST_VISIT_MS = 4 * HOUR;

/** What the next days' rows say against the times as they are mapped; nothing where they look like a practice's. */
export async function hoursFindings(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  hasRosters: boolean,
): Promise<Finding[]> {
  const cutoff = Date.now();
  const read = async (stream: 'busy' | 'session') => {
    const range = { stream, from: null, to: cutoff + AHEAD_MS };
    const { records } = await readRange(db, sources, { range, cutoff });
    return records.map(({ row }) => row);
  };
  const visits = (await read('busy')).filter(isVisit);
  if (visits.length < FEWEST) return [];
  const sessions = hasRosters ? [] : await read('session');
  return [...nightFinding(visits), ...outsideFinding(visits, sessions)];
}

function isVisit({ kind, start, end }: ClinicRow): boolean {
  return kind === 'appointment' && end > start && end - start <= LONGEST_VISIT_MS;
}

function nightFinding(visits: readonly ClinicRow[]): Finding[] {
  const atNight = visits.filter(({ start, zone }) => {
    const hour = (instantToWall(start, zone) % DAY) / HOUR;
    return hour < 6 || hour >= 22;
  }).length;
  if (atNight * 2 <= visits.length) return [];
  return [
    {
      topic: 'zone',
      severity: 'warning',
      table: 'appointments',
      found: `${shareText(atNight, visits.length)} of the next week's appointments begin between 22:00 and 06:00, as they are mapped.`,
      better: {
        gain: "The times are the practice's: look at schema.zone, and whether `time` says what the columns hold (wall, utc, instant).",
        statements: [],
      },
    },
  ];
}

function outsideFinding(visits: readonly ClinicRow[], sessions: readonly ClinicRow[]): Finding[] {
  const rostered = visits.flatMap((visit) => {
    const theirs = sessions.filter((session) => visit.practitionerIds.some((id) => concernsPractitioner(session, id)));
    return theirs.length === 0 ? [] : [theirs.some((session) => overlaps(session, visit))];
  });
  const outside = rostered.filter((isInside) => !isInside).length;
  if (rostered.length < FEWEST || outside * 2 <= rostered.length) return [];
  return [
    {
      topic: 'zone',
      severity: 'warning',
      table: 'sessions',
      found: `${shareText(outside, rostered.length)} of the next week's appointments lie outside of every session of their practitioner.`,
      better: {
        gain: 'Slots are where the practice offers them: look whether appointments and sessions keep their times alike (`time` of each table).',
        statements: [],
      },
    },
  ];
}

function shareText(part: number, whole: number): string {
  return `${String(Math.round((part / whole) * 100))} %`;
}
