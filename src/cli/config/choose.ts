import { readFileSync } from 'node:fs';

import type { ClinicSyncOptions } from '../../index.js';
import { sqliteMirror } from '../../mirror/sqlite/index.js';
import { usage } from '../failure.js';
import { exposure, holdsWrittenSecret, type Secrets } from '../secrets.js';
import type { Output } from '../terminal/output.js';
import { findConfig, loadConfig, textOf } from './file.js';
import { presetSchema, readSchema } from './schema.js';
import { adapterForUrl } from './url.js';

/** The options that say which clinic is meant. */
export interface ClinicOptions {
  readonly config?: string;
  readonly clinic?: string;
  readonly url?: string;
  readonly urlEnv?: string;
  readonly urlFile?: string;
  readonly preset?: string;
  readonly schema?: string;
  readonly zone?: string;
  readonly mirror?: string;
  readonly write?: boolean;
}

export interface ChooseTools {
  readonly output: Output;
  readonly secrets: Secrets;
  readonly environment: NodeJS.ProcessEnv;
}

export const DEFAULT_URL_ENV = 'CLINIC_SYNC_URL';

/** Of a configuration file, or of a database's URL and a mapping. Throws `Usage`, or what adapters throw for their options. */
export async function chooseClinic(options: ClinicOptions, tools: ChooseTools): Promise<ClinicSyncOptions> {
  const { preset, schema, config } = options;
  if (preset === undefined && schema === undefined) {
    mustNotNameDatabase(options);
    return fromFile(options, tools);
  }
  if (config !== undefined) throw usage('--config is given beside --preset or --schema: choose one.');
  return fromUrl(options, tools);
}

function mustNotNameDatabase({ url, urlEnv, urlFile, zone, write }: ClinicOptions): void {
  const given = { url, 'url-env': urlEnv, 'url-file': urlFile, zone, write };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) throw usage(`--${name} needs --preset or --schema, which say what the tables are.`);
}

async function fromFile(
  { config, clinic, mirror }: ClinicOptions,
  { output }: ChooseTools,
): Promise<ClinicSyncOptions> {
  const path = findConfig(config);
  const exposed = holdsWrittenSecret(textOf(path)) ? exposure(path) : undefined;
  if (exposed !== undefined) output.warn(exposed);
  const clinics = await loadConfig(path);
  const ids = clinics.map(({ clinicId }) => clinicId);
  const known = `Known: ${ids.join(', ')}.`;
  if (clinic === undefined && clinics.length > 1)
    throw usage('Several clinics are configured: choose with --clinic.', known);
  const chosen = clinics.find(({ clinicId }) => clinic === undefined || clinicId === clinic);
  if (!chosen) throw usage(`No clinic ${JSON.stringify(clinic)} is configured.`, known);
  return mirror === undefined ? chosen : { ...chosen, mirror: sqliteMirror({ path: mirror }) };
}

async function fromUrl(options: ClinicOptions, tools: ChooseTools): Promise<ClinicSyncOptions> {
  const { preset, schema, zone, clinic = 'clinic', mirror, write = false } = options;
  if (preset !== undefined && schema !== undefined) throw usage('--preset and --schema are given: choose one.');
  const mapping = preset === undefined ? readSchema(schema ?? '', zone) : presetSchema(preset, zone);
  const url = readUrl(options, tools);
  tools.secrets.addUrl(url);
  return {
    clinicId: clinic,
    adapter: await adapterForUrl({ url, schema: mapping, write }),
    ...(mirror !== undefined && { mirror: sqliteMirror({ path: mirror }) }),
  };
}

function readUrl({ url, urlEnv, urlFile }: ClinicOptions, { output, environment }: ChooseTools): string {
  if ([url, urlEnv, urlFile].filter((each) => each !== undefined).length > 1)
    throw usage('--url, --url-env and --url-file are given together: choose one.');
  if (url !== undefined) return url;
  if (urlFile !== undefined) return readUrlFile(urlFile, output);
  const name = urlEnv ?? DEFAULT_URL_ENV;
  const value = environment[name]?.trim() ?? '';
  if (value === '') throw usage(`The environment variable ${name} is not set.`, 'It holds the URL of the database.');
  return value;
}

function readUrlFile(path: string, output: Output): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usage(`The file ${path} cannot be read (${String((error as { code?: unknown }).code)}).`);
  }
  if (text === '' || /\s/.test(text)) throw usage(`The file ${path} must hold one URL and nothing else.`);
  const exposed = exposure(path);
  if (exposed !== undefined) output.warn(exposed);
  return text;
}
