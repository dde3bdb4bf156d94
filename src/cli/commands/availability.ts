import { toIso, type AvailabilityAnswer, type AvailabilityFilter, type Slot } from '../../index.js';
import { EXIT } from '../exit.js';
import { failureOf, Stop, stopWith, usage } from '../failure.js';
import { readWhole, spanText } from '../terminal/times.js';
import type { CliCommand } from './command.js';
import { asObserver, isDurable, offline, withSync } from './started.js';

interface AvailabilityOptions {
  readonly practitioner?: readonly string[];
  readonly location?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly weekday?: readonly string[];
  readonly time?: string;
  readonly type?: string;
  readonly minutes?: string;
  readonly earliest?: boolean;
  readonly limit: string;
  readonly after?: string;
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MAX_LIMIT = 10_000;
const MAX_MINUTES = 1_440;

/** Asks the copy, after it was compared with the clinic; where the clinic cannot be reached, the copy as it is. */
export const availability: CliCommand<AvailabilityOptions> = {
  name: 'availability',
  description: 'says which slots are free',
  declare: (command) => {
    command
      .option('--practitioner <ids...>', 'only of these')
      .option('--location <ids...>', 'only there')
      .option('--from <day>', "first day by the clinic's calendar, YYYY-MM-DD")
      .option('--to <day>', 'last day, the same way')
      .option('--weekday <days...>', `only on these: ${WEEKDAYS.join(', ')}, or 1 (Monday) to 7`)
      .option('--time <span>', "only starts within it by the clinic's clock, such as 09:00-12:00")
      .option('--type <name>', 'slots for this type of appointment (of `slots.types` in the configuration)')
      .option('--minutes <n>', 'slots of so many minutes')
      .option('--earliest', 'of each practitioner the first one alone')
      .option('--limit <n>', 'at most so many, up to 10,000', '50')
      .option('--after <place>', 'the slots after those of an earlier answer, whose `next` this is');
  },
  run: async (context, options) => {
    const filter = filterOf(options);
    const { config, output } = context;
    return withSync(asObserver(config), context, async (sync) => {
      const started = await sync.start();
      if (started.isErr()) throw stopWith(started.error);
      if (started.value.phase === 'offline' && (!isDurable(config) || started.value.verifiedAt === null))
        throw offline(started.value);
      const answer = await sync.availability(filter);
      if (answer.isErr()) throw invalid(answer.error);
      if (answer.value.freshness !== 'live') output.warn(staleText(answer.value));
      output.answer({ clinicId: config.clinicId, ...answer.value }, () => linesOf(answer.value));
      return answer.value.freshness === 'live' ? EXIT.fine : EXIT.unreachable;
    });
  },
};

function filterOf(options: AvailabilityOptions): AvailabilityFilter {
  const { practitioner, location, from, to, weekday, time, type, minutes, earliest, limit, after } = options;
  return {
    ...(practitioner && { practitionerIds: practitioner }),
    ...(location && { locationIds: location }),
    ...((from ?? to) !== undefined && {
      dates: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
    }),
    ...(weekday && { weekdays: weekday.map(readWeekday) }),
    ...(time !== undefined && { timeOfDay: readSpan(time) }),
    ...(type !== undefined && { type }),
    ...(minutes !== undefined && { lengthMinutes: readWhole(minutes, '--minutes', MAX_MINUTES) }),
    ...(earliest === true && { earliestPerPractitioner: true }),
    limit: readWhole(limit, '--limit', MAX_LIMIT),
    ...(after !== undefined && { after }),
  };
}

function readWeekday(text: string): number {
  const named = WEEKDAYS.indexOf(text.slice(0, 3).toLowerCase());
  if (named >= 0) return named + 1;
  if (/^[1-7]$/.test(text)) return Number(text);
  throw usage(`--weekday must be of ${WEEKDAYS.join(', ')}, or a number from 1 (Monday) to 7 (Sunday).`);
}

function readSpan(text: string): { from: string; to: string } {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  throw usage('--time must be a span such as 09:00-12:00.');
}

/** The library's name of a field, as the option that fills it. */
const OPTION_OF: Readonly<Record<string, string>> = {
  'filter.practitionerIds': '--practitioner',
  'filter.locationIds': '--location',
  'filter.dates.from': '--from',
  'filter.dates.to': '--to',
  'filter.weekdays': '--weekday',
  'filter.timeOfDay.from': '--time',
  'filter.timeOfDay.to': '--time',
  'filter.type': '--type',
  'filter.lengthMinutes': '--minutes',
  'filter.limit': '--limit',
  'filter.after': '--after',
};

function invalid(error: Parameters<typeof failureOf>[0]): Stop {
  const failure = failureOf(error);
  const option = OPTION_OF[error.field ?? ''];
  if (option === undefined) return new Stop(failure);
  const message = failure.message.replaceAll(error.field ?? '', option);
  return new Stop({ ...failure, message: message.endsWith('.') ? message : `${message}.`, field: option });
}

function staleText({ freshness, verifiedAt }: AvailabilityAnswer): string {
  const since = verifiedAt === null ? 'never verified' : `last verified ${toIso(verifiedAt)}`;
  return `this is the copy as it was (${freshness}, ${since}); the clinic may have changed since.`;
}

function linesOf({ slots, next, freshness, verifiedAt }: AvailabilityAnswer): string[] {
  const width = Math.max(0, ...slots.map(({ practitionerId }) => practitionerId.length));
  const line = ({ practitionerId, locationId, zone, ...span }: Slot) =>
    `${spanText(span, zone)}  ${practitionerId.padEnd(width)}  ${locationId ?? '-'}  ${zone}`;
  const verified = verifiedAt === null ? '' : `, verified ${toIso(verifiedAt)}`;
  return [
    ...slots.map(line),
    `${String(slots.length)} free${next === null ? '' : ' (and more: the next page is below)'}, ${freshness}${verified}`,
    ...(next === null ? [] : [`--after ${next}`]),
  ];
}
