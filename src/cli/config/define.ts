import type { ClinicSyncOptions } from '../../index.js';

/** One clinic, or several, each with a `clinicId` of its own; `--clinic` chooses among them. */
export type CliConfig = ClinicSyncOptions | readonly ClinicSyncOptions[];

/** What a configuration file exports as its default: the clinics, or a function that makes them. */
export type CliConfigFile = CliConfig | (() => CliConfig | Promise<CliConfig>);

/** Checks the types of a configuration file, and answers it as it is. */
export function defineConfig(config: CliConfigFile): CliConfigFile {
  return config;
}
