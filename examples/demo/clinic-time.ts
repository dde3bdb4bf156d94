/**
 * The clinic's wall clock, by the platform's own calendar alone: the demo must not check the library's time arithmetic with
 * the library's time arithmetic.
 */
export const ZONE = 'Australia/Melbourne';

const DAY = 86_400_000;
const clock = new Intl.DateTimeFormat('en-AU', {
  timeZone: ZONE,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});
const offsets = new Map<string, number>();

/** `YYYY-MM-DD HH:MM:SS` on the clinic's wall. */
export function toWall(instant: number): string {
  const part = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:00`;
}

const asIfUtc = (wall: string) => Date.parse(`${wall.replace(' ', 'T')}Z`);

/** The instant of a wall-clock time in working hours; clocks change at night, so noon's offset is the day's. */
export function fromWall(wall: string): number {
  const day = wall.slice(0, 10);
  let offset = offsets.get(day);
  if (offset === undefined) {
    // UTC's midnight is the forenoon of the same day in Melbourne.
    const forenoon = Date.parse(`${day}T00:00:00Z`);
    offsets.set(day, (offset = asIfUtc(toWall(forenoon)) - forenoon));
  }
  return asIfUtc(wall) - offset;
}

/** `YYYY-MM-DD`, some days from today at the clinic. */
export function clinicDay(daysFromToday: number): string {
  const today = Date.parse(`${toWall(Date.now()).slice(0, 10)}T00:00:00Z`);
  return new Date(today + daysFromToday * DAY).toISOString().slice(0, 10);
}

/** 0 Sunday … 6 Saturday. */
export function weekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

/** `HH:MM` of a minute of the day. */
export function timeOfDay(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(11, 16);
}
