import pc from 'picocolors';

import { fromWall, ZONE } from './clinic-time.js';
import type { Entry } from './practice.js';
import type { Change } from './receptionist.js';

const { stdout } = process;
export const color = pc.createColors(stdout.isTTY && !process.env['NO_COLOR']);
const say = (line: string) => stdout.write(`${line}\n`);

export const count = (n: number) => n.toLocaleString('en-AU');
export const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
export const millis = (ms: number) => (ms < 9.95 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);
export const plural = (n: number, one: string) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

const day = new Intl.DateTimeFormat('en-AU', { timeZone: ZONE, weekday: 'short', day: '2-digit', month: 'short' });
const time = new Intl.DateTimeFormat('en-AU', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const moment = (instant: number) => `${day.format(instant).replace(',', '')} ${time.format(instant)}`;

export function title(text: string, under: string): void {
  say(`\n${color.bold(text)}  ${color.dim(under)}`);
}

export function step(n: number, text: string): void {
  say(`\n${color.inverse(` ${n} `)} ${color.bold(text)}`);
}

export function line(text: string): void {
  say(`    ${text}`);
}

export function note(text: string): void {
  line(color.dim(text));
}

/** One line that is written over while something is under way; nothing where that is not possible. */
export function progress(text: string): void {
  if (stdout.isTTY) stdout.write(`\r\x1b[2K    ${text}`);
}

export function endProgress(): void {
  if (stdout.isTTY) stdout.write('\r\x1b[2K');
}

export function claim(holds: boolean, text: string, detail: string): void {
  line(`${holds ? color.green('✓') : color.red('✗')} ${text}${detail ? color.dim(`  ${detail}`) : ''}`);
}

const place = ({ practitioner, starts }: Entry) => `Dr ${practitioner}  ${moment(fromWall(starts))}`;

/** One change at the desk and how long it took until the platform had the event. */
export function change({ id, before, after }: Change, told: string, latencyMs: number): void {
  const [sign, what, where] = describe(before, after);
  const latency = millis(latencyMs).padStart(8);
  line(`${sign} ${what.padEnd(9)} ${color.dim(`#${id}`)}  ${where.padEnd(50)} ${told.padEnd(9)}${color.cyan(latency)}`);
}

function describe(before: Entry | null, after: Entry | null): [sign: string, what: string, where: string] {
  if (before && after) return [color.yellow('↔'), 'moved', `${place(before)}  →  ${place(after)}`];
  if (before) return [color.red('−'), 'cancelled', place(before)];
  return [color.green('+'), 'booked', after ? place(after) : ''];
}
