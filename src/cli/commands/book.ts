import { EXIT } from '../exit.js';
import { usage } from '../failure.js';
import { readInstant, readWhole, spanText } from '../terminal/times.js';
import type { CliCommand } from './command.js';
import { readDetails } from './details.js';
import { KEY, keyOf, settle, WAIT, waitOf, type RequestOptions } from './request.js';
import { reach, withSync } from './started.js';

interface BookOptions extends RequestOptions {
  readonly practitioner: string;
  readonly start: string;
  readonly end?: string;
  readonly minutes?: string;
  readonly details?: string;
}

const MINUTE_MS = 60_000;
const MAX_MINUTES = 1_440;

/** Writes one appointment into the clinic's database, as `ClinicSync.book` does. */
export const book: CliCommand<BookOptions> = {
  name: 'book',
  description: "books a slot in the clinic's database",
  declare: (command) => {
    command
      .requiredOption('--practitioner <id>', 'whose slot')
      .requiredOption('--start <instant>', "2026-11-23T09:00 by the practice's clock, or with an offset")
      .option('--end <instant>', 'the same way')
      .option('--minutes <n>', 'instead of an end: how long')
      .option('--details <file>', 'patient, type and reason as JSON; - reads standard input')
      .option(...KEY)
      .option(...WAIT);
  },
  run: async (context, options) => {
    const { config, output } = context;
    const { zone } = config.adapter;
    const start = readInstant(options.start, zone, '--start');
    const slot = { practitionerId: options.practitioner, start, end: endOf(options, start, zone) };
    const details = readDetails(options.details);
    const waitMs = waitOf(options);
    const idempotencyKey = keyOf(options, context);
    return withSync(config, context, async (sync) => {
      await reach(sync);
      const booking = await settle(sync, context, { key: idempotencyKey, waitMs }, async () =>
        (await sync.book({ slot, idempotencyKey, details })).match(
          (ok) => ({ ok }),
          (error) => ({ error }),
        ),
      );
      output.answer({ clinicId: config.clinicId, outcome: 'booked', slot, ...booking }, () => [
        `booked as appointment ${booking.row.id}: ${slot.practitionerId}, ${spanText(slot, zone)} ${zone}`,
        `to delete it: --id ${booking.row.id} --fingerprint ${booking.row.fingerprint}`,
      ]);
      return EXIT.fine;
    });
  },
};

function endOf({ end, minutes }: BookOptions, start: number, zone: string): number {
  if ((end === undefined) === (minutes === undefined)) throw usage('Give either --end or --minutes.');
  if (end !== undefined) return readInstant(end, zone, '--end');
  return start + readWhole(minutes ?? '', '--minutes', MAX_MINUTES) * MINUTE_MS;
}
