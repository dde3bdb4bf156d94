import { instantToWall, wallToInstant, type Instant } from 'clinic-sync';

const WALL = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})/;
const HOUR = 3_600_000;

/** No clock is put forward or back by more than this. */
export const MAX_CLOCK_CHANGE = 3 * HOUR;

/** What `cast(… as varchar(24))` makes of a TIMESTAMP: the time on the wall, as if it were UTC, in ms. */
export function readWall(text: string): number | undefined {
  const match = WALL.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = match.slice(1).map(Number);
  // `Date.UTC` takes the first hundred years for those of the last century but one.
  return year < 100 ? undefined : Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

/**
 * Whether rows before and after this instant stand in the same order on the wall: no clock change is near. Then
 * `start < instant` can be asked of the column itself.
 */
export function isPlain(instant: Instant, zone: string): boolean {
  const offset = (at: Instant) => instantToWall(at, zone) - at;
  return offset(instant - MAX_CLOCK_CHANGE) === offset(instant + MAX_CLOCK_CHANGE);
}

/** The instant of a wall-clock time, taken for the later one where the clocks went back and it came twice. */
export function laterInstant(wall: number, zone: string): Instant | undefined {
  return wallToInstant(wall, zone, { gap: 'shift', overlap: 'later' });
}

/** Of the instants that a wall-clock time can be, the one nearest to `near`: a server's clock says nothing of summer time. */
export function nearestInstant(wall: number, zone: string, near: Instant): Instant {
  const [earlier, later] = [wallToInstant(wall, zone) ?? wall, laterInstant(wall, zone) ?? wall];
  return Math.abs(near - earlier) <= Math.abs(near - later) ? earlier : later;
}

/** True for a time that the wall shows twice. */
export function comesTwice(instant: Instant, zone: string): boolean {
  const wall = instantToWall(instant, zone);
  return wallToInstant(wall, zone) !== laterInstant(wall, zone);
}
