import type { Command } from 'commander';

import type { ClinicSyncOptions } from '../../index.js';
import type { ExitStatus } from '../exit.js';
import type { Interruption } from '../terminal/interruption.js';
import type { Output } from '../terminal/output.js';

export interface CommandContext {
  readonly config: ClinicSyncOptions;
  readonly output: Output;
  readonly interruption: Interruption;
}

/** `O`: its own options, as commander reads them. */
export interface CliCommand<O extends object = object> {
  readonly name: string;
  readonly description: string;
  /** Adds its own options. */
  declare(command: Command): void;
  /** Throws `Stop` where it cannot go on. */
  run(context: CommandContext, options: O): Promise<ExitStatus>;
}
