import type { CliCommand } from './command.js';
import { doctor } from './doctor.js';

export const COMMANDS: readonly CliCommand[] = [doctor];
