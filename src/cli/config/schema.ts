import { readFileSync } from 'node:fs';

import type { ClinicSchema } from '../../adapters/sqlite/index.js';
import { isZone } from '../../index.js';
import { bestPractice, gnuHealth, openDental, openEmr, oscar, type PresetOptions } from '../../presets/index.js';
import { usage } from '../failure.js';

const PRESETS: Readonly<Record<string, (options: PresetOptions) => ClinicSchema>> = {
  'open-emr': openEmr,
  'open-dental': openDental,
  oscar,
  'gnu-health': gnuHealth,
  'best-practice': bestPractice,
};

export const PRESET_NAMES: readonly string[] = Object.keys(PRESETS);

export function presetSchema(name: string, zone: string | undefined): ClinicSchema {
  const preset = PRESETS[name];
  if (!preset) throw usage(`There is no preset ${JSON.stringify(name)}.`, `Known: ${PRESET_NAMES.join(', ')}.`);
  if (zone === undefined)
    throw usage('--preset needs --zone.', "The practice's IANA zone, such as Australia/Melbourne.");
  return preset({ zone: checkedZone(zone) });
}

/** A mapping as JSON: docs/SCHEMA.md without its functions. The adapter checks it. */
export function readSchema(path: string, zone: string | undefined): ClinicSchema {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = (error as { code?: unknown }).code === 'ENOENT' ? 'does not exist' : 'cannot be read as JSON';
    throw usage(`The mapping ${path} ${why}.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw usage(`The mapping ${path} must be one JSON object.`);
  return { ...parsed, ...(zone !== undefined && { zone: checkedZone(zone) }) } as ClinicSchema;
}

function checkedZone(zone: string): string {
  if (isZone(zone)) return zone;
  throw usage(`--zone ${JSON.stringify(zone)} is no IANA zone.`, 'Such as Australia/Melbourne.');
}
