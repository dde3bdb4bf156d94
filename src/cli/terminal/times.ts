import { instantToWall, toInstant, wallToInstant, type Instant } from '../../index.js';
import { usage } from '../failure.js';

/** `2026-11-23 09:00`, by the clock on the wall. */
export function wallText(instant: Instant, zone: string): string {
  return new Date(instantToWall(instant, zone)).toISOString().slice(0, 16).replace('T', ' ');
}

/** `2026-11-23 09:00–09:15`, with the day of the end where it is another. */
export function spanText({ start, end }: { readonly start: Instant; readonly end: Instant }, zone: string): string {
  const [from, to] = [wallText(start, zone), wallText(end, zone)];
  return `${from}–${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}`;
}

const WALL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?$/;

/** An ISO text with an offset, or the clock on the practice's wall. Throws `Usage`. */
export function readInstant(text: string, zone: string, option: string): Instant {
  const wall = WALL.test(text) ? toInstant(`${text.replace(' ', 'T')}Z`) : undefined;
  const instant =
    wall === undefined ? toInstant(text) : wallToInstant(wall, zone, { gap: 'reject', overlap: 'reject' });
  if (instant !== undefined) return instant;
  throw usage(
    wall === undefined
      ? `${option} must be an instant such as 2026-11-23T09:00+11:00, or 2026-11-23T09:00 by the practice's clock.`
      : `${option} does not exist, or exists twice, by the clock of ${zone}; give it with its offset.`,
  );
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `5m`, `2h`, in ms. Throws `Usage`. */
export function readDuration(text: string, option: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number !== undefined && factor !== undefined && Number(number) > 0) return Number(number) * factor;
  throw usage(`${option} must be a length of time such as 30s, 5m or 2h.`);
}

/** Throws `Usage`. */
export function readWhole(text: string, option: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  throw usage(`${option} must be a whole number from 1 to ${max.toLocaleString('en')}.`);
}

/** 1,234. */
export function figure(number: number): string {
  return Math.round(number).toLocaleString('en');
}

/** `820 ms`, `4.2 s`. */
export function durationText(ms: number): string {
  return ms < 1_000 ? `${figure(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
