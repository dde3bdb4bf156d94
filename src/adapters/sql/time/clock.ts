import type { ClockForm } from '../schema/resolve-moments.js';

/** Of a day, in seconds. The end of the day is 86,400, which only an end can be. */
export const DAY_S = 86_400;

const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/;
const DIGITS = /^\d{1,4}$/;

/** Seconds since midnight, whatever form they are kept in; `undefined` for what is no time of a day. */
export function decodeClock(form: ClockForm, text: string): number | undefined {
  const seconds = secondsOf(form, text);
  return seconds >= 0 && seconds <= DAY_S && Number.isInteger(seconds) ? seconds : undefined;
}

function secondsOf(form: ClockForm, text: string): number {
  switch (form) {
    case 'time': {
      const [, hour, minute, second = '0'] = TIME.exec(text) ?? [];
      const valid = Number(minute) < 60 && Number(second) < 60;
      return valid ? Number(hour) * 3600 + Number(minute) * 60 + Number(second) : Number.NaN;
    }
    case 'seconds':
    case 'minutes':
      return text.trim() === '' ? Number.NaN : Number(text) * (form === 'minutes' ? 60 : 1);
    case 'hhmm': {
      const number = DIGITS.test(text.trim()) ? Number(text) : Number.NaN;
      return number % 100 < 60 ? Math.floor(number / 100) * 3600 + (number % 100) * 60 : Number.NaN;
    }
  }
}

/** How seconds since midnight are written; `undefined` where the form cannot say them. */
export function writtenClock(form: ClockForm, seconds: number, isText: boolean): string | number | undefined {
  const minutes = seconds / 60;
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = Math.floor(seconds / 3600);
  if (form === 'seconds') return seconds;
  if (form === 'time') return [hour, Math.floor(minutes) % 60, seconds % 60].map(two).join(':');
  if (!Number.isInteger(minutes)) return undefined;
  if (form === 'minutes') return minutes;
  return isText ? `${two(hour)}${two(minutes % 60)}` : hour * 100 + (minutes % 60);
}
