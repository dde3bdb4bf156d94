import type { CliCommand } from './command.js';
import { availability } from './availability.js';
import { book } from './book.js';
import { remove } from './delete.js';
import { doctor } from './doctor.js';
import { rehearse } from './rehearse/index.js';
import { resync } from './resync.js';
import { verify } from './verify/index.js';
import { watch } from './watch.js';

export const COMMANDS: readonly CliCommand[] = [doctor, watch, availability, book, remove, resync, verify, rehearse];
