/** Times as the page writes them: always the clinic's own. */
import { toWall } from '../../clinic-time.js';

export { toWall };

/** `09:15` of a wall time, or of an instant at the clinic. */
export function clock(time: string | number): string {
  return (typeof time === 'number' ? toWall(time) : time).slice(11, 16);
}

const dayForm = new Intl.DateTimeFormat('en-AU', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });

/** `Thu 26 Nov` of `2026-11-26…`. */
export function dayName(wall: string): string {
  return dayForm.format(Date.parse(`${wall.slice(0, 10)}T00:00:00Z`)).replace(',', '');
}

const seconds = new Intl.DateTimeFormat('en-AU', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** When something happened, by the watcher's own clock. */
export const stamp = (instant: number) => seconds.format(instant);

export function duration(ms: number): string {
  if (ms < 1) return 'under 1 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
