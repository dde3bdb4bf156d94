import { readFileSync } from 'node:fs';

import { DETAILS, type BookingDetails } from '../../index.js';
import { usage } from '../failure.js';

/** What a booking says of a patient, as JSON: never an argument, which every user of a machine can read. Throws `Usage`. */
export function readDetails(path: string | undefined): BookingDetails {
  if (path === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch {
    throw usage(`--details ${path} cannot be read as JSON.`);
  }
  const names: readonly string[] = DETAILS;
  if (typeof parsed !== 'object' || parsed === null || !Object.keys(parsed).every((name) => names.includes(name)))
    throw usage(`--details must hold one JSON object of ${names.join(', ')}.`);
  return parsed;
}
