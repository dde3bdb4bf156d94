import type { Finding } from '../../domain/description.js';
import { SECOND, type Instant } from '../../domain/instant.js';
import type { TlsMode } from './connection.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { Source } from './source.js';
import type { BookingTarget } from './target.js';

/** A clock that is further off than this makes slots pass too early or too late. */
const SKEW_MS = 2 * SECOND;

/** How far the clinic's clock is off ours; an instant of ours is half a round trip old when it is compared. */
export async function clockFinding(ask: () => Promise<Instant>): Promise<Finding> {
  const before = Date.now();
  const theirs = await ask();
  const skew = Math.round(theirs - (before + Date.now()) / 2);
  const side = skew < 0 ? 'behind' : 'ahead of';
  const found = `The clinic's clock is ${String(Math.abs(skew))} ms ${side} this machine's.`;
  if (Math.abs(skew) <= SKEW_MS) return { topic: 'clock', found };
  return {
    topic: 'clock',
    found,
    chosen: 'The window does not move while the two disagree by more than the tuning allows (clock.suspect).',
    better: { gain: 'Bookings are refused at the right moment: let both machines keep network time.', statements: [] },
  };
}

export function zoneFinding({ zone }: ResolvedSchema, serversOwn: string): Finding {
  return {
    topic: 'zone',
    found: `The mapping's zone is ${zone}, the server's own is ${serversOwn}.`,
    chosen:
      "Wall-clock columns are read in the mapping's zone; our sessions run in UTC, so the server's does not matter.",
  };
}

export function encryptionFinding(cipher: string | null, tls: TlsMode, isLocal: boolean): Finding {
  if (cipher !== null) {
    const found = `The connection is encrypted (${cipher}).`;
    if (tls !== 'unverified') return { topic: 'encryption', found };
    const gain =
      "Nobody in between can pass for the server: connection.tls: 'verify', and its authority as connection.ca.";
    return {
      topic: 'encryption',
      found,
      chosen: 'Whatever certificate the server shows is taken.',
      better: { gain, statements: [] },
    };
  }
  return {
    topic: 'encryption',
    found: 'The connection is not encrypted.',
    ...(isLocal
      ? { chosen: 'It does not leave this machine.' }
      : { better: { gain: "Appointments travel unread: connection.tls: 'verify'.", statements: [] } }),
  };
}

/** What the indexes of a mapped table begin with. */
export interface IndexFacts {
  readonly source: Source;
  /** Names of the columns that an index begins with. */
  readonly leading: readonly string[];
  /** The statement that makes an index on these columns, as this engine wants it. */
  create(columns: readonly string[]): string;
}

/** Everything is read by ranges of the start, new rows are found by the id, and the guard looks for one practitioner's. */
export function indexFindings({ source, leading, create }: IndexFacts): Finding[] {
  const { label: table, practitioners } = source.mapping;
  const [start = ''] = source.start.columns;
  const [practitioner] = practitioners;
  const [id = ''] = source.id.columns;
  const has = (name: string) => leading.some((each) => each.toLowerCase() === name.toLowerCase());
  const findings: Finding[] = [];
  if (has(start)) findings.push({ topic: 'index', table, found: `An index begins with ${start}.` });
  else
    findings.push({
      topic: 'index',
      table,
      found: `No index begins with ${start}.`,
      chosen: 'Every look reads the whole table, its past included; the governor spaces looks out accordingly.',
      better: { gain: 'Looks read the future alone.', statements: [create([start])] },
    });
  if (source.stream === 'busy' && practitioner !== undefined && !has(practitioner) && !has(start))
    findings.push({
      topic: 'index',
      table,
      found: `No index begins with ${practitioner} either.`,
      better: { gain: "A booking's guard reads one practitioner's rows.", statements: [create([practitioner, start])] },
    });
  if (!has(id))
    findings.push({
      topic: 'index',
      table,
      found: `No index begins with ${id}.`,
      chosen: 'New rows are found by looks at everything alone; a row is read again by a search through the table.',
      better: { gain: 'New rows are seen at once.', statements: [create([id])] },
    });
  return findings;
}

export function settlementFinding(schema: ResolvedSchema, target: BookingTarget | null, writes: boolean): Finding {
  const topic = 'settlement';
  if (!writes || !target) return { topic, found: 'Nothing is written: no booking can be in doubt.' };
  if (schema.booking && schema.booking.token !== null)
    return {
      topic,
      found: 'A column is mapped for our token.',
      chosen: 'A booking whose answer was lost is settled by looking for its token, once its deadline has passed.',
    };
  return {
    topic,
    found: 'No column is mapped for our token.',
    chosen: 'A booking whose answer was lost ends as Ambiguous where a row stands in its slot.',
    better: {
      gain: 'Every doubt ends in a certain answer: map a text column of 22 characters as booking.token.',
      statements: [],
    },
  };
}
