import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { ClinicSyncOptions } from '../../index.js';
import { isLibraryError, Stop, failureOf, usage } from '../failure.js';
import type { CliConfig, CliConfigFile } from './define.js';

const NAMES = ['clinic-sync.config.js', 'clinic-sync.config.mjs', 'clinic-sync.config.ts', 'clinic-sync.config.mts'];

/** The file that was named, or the one that lies in the working directory under a usual name. */
export function findConfig(named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(named);
    if (!existsSync(path)) throw usage(`There is no configuration file ${path}.`);
    return path;
  }
  const found = NAMES.map((name) => resolve(name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw usage(
    `No clinic was named, and there is no ${NAMES[0] ?? ''} (or .mjs, .ts) in ${process.cwd()}.`,
    'Write one (docs/CLI.md), or name a database: CLINIC_SYNC_URL with --preset NAME --zone ZONE, or --schema FILE.',
  );
}

export async function loadConfig(path: string): Promise<readonly ClinicSyncOptions[]> {
  const exported = await importDefault(path);
  const config = typeof exported === 'function' ? await called(path, exported) : exported;
  const clinics = Array.isArray(config) ? (config as unknown[]) : [config];
  if (clinics.length === 0) throw usage(`${path} names no clinic.`);
  for (const clinic of clinics)
    if (!isClinic(clinic))
      throw usage(
        `${path} must export, as its default, clinics with a clinicId and an adapter.`,
        'export default defineConfig({ clinicId, adapter, mirror })',
      );
  return clinics as CliConfig & readonly ClinicSyncOptions[];
}

function isClinic(value: unknown): value is ClinicSyncOptions {
  if (typeof value !== 'object' || value === null) return false;
  const { clinicId, adapter } = value as Partial<Record<keyof ClinicSyncOptions, unknown>>;
  return typeof clinicId === 'string' && typeof (adapter as { connect?: unknown } | null)?.connect === 'function';
}

async function importDefault(path: string): Promise<CliConfigFile | undefined> {
  try {
    return ((await import(pathToFileURL(path).href)) as { default?: CliConfigFile }).default;
  } catch (error) {
    throw refusal(path, error);
  }
}

async function called(path: string, make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    throw refusal(path, error);
  }
}

/** What was thrown while a configuration file was read; it may hold anything, and is shown with what is known to be secret hidden. */
function refusal(path: string, error: unknown): Stop {
  if (isLibraryError(error)) {
    const failure = failureOf(error);
    return new Stop({ ...failure, message: `${path}: ${error.message}` });
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return usage(
      `This Node.js (${process.version}) does not read TypeScript.`,
      'Node.js 22.18 and later does; or write the configuration as .mjs.',
    );
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return usage(`${path} uses TypeScript that Node.js cannot strip away, such as enum or namespace.`);
  return usage(`${path} could not be loaded: ${typeof message === 'string' ? message : 'it threw no error.'}`);
}

/** Whether a configuration file has a secret written into it. */
export function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}
