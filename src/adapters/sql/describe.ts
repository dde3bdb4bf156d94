import type { Finding, Improvement } from '../../domain/description.js';
import { SECOND, type Instant } from '../../domain/instant.js';
import type { BoundSchema } from './check.js';
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
    severity: 'warning',
    found,
    chosen: 'The window does not move while the two disagree by more than the tuning allows (clock.suspect).',
    better: {
      gain: 'Slots pass, and bookings are refused, at the right moment: let both machines keep network time (timedatectl set-ntp true; on Windows w32tm /resync).',
      statements: [],
    },
  };
}

/** `enable`: what makes a server that has no TLS have it. */
export function encryptionFinding(
  cipher: string | null,
  tls: TlsMode,
  isLocal: boolean,
  enable: Improvement | null = null,
): Finding {
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
      : {
          severity: 'warning',
          better: {
            gain: `Appointments travel unread: connection.tls: 'verify'${enable ? `, after ${enable.gain}` : ''}.`,
            statements: enable?.statements ?? [],
          },
        }),
  };
}

/** What the indexes of a mapped table begin with. */
export interface IndexFacts {
  readonly source: Source;
  /** Names of the columns that an index begins with. */
  readonly leading: readonly string[];
  /** About how many rows there are; `null`: not known. */
  readonly rows: number | null;
  /** The statement that makes an index on these columns, as this engine wants it. */
  create(columns: readonly string[]): string;
}

/** Reading so many rows at every look is no matter. */
const FEW_ROWS = 1_000;

/** Everything is read by ranges of the start, new rows are found by the id, and the guard looks for one practitioner's. */
export function indexFindings({ source, leading, rows, create }: IndexFacts): Finding[] {
  const { label: table, practitioners } = source.mapping;
  const [start = ''] = source.start.columns;
  const [practitioner] = practitioners;
  const [id = ''] = source.id.columns;
  const has = (name: string) => leading.some((each) => each.toLowerCase() === name.toLowerCase());
  const findings: Finding[] = [];
  const severity = rows !== null && rows < FEW_ROWS ? 'advice' : 'warning';
  if (has(start)) findings.push({ topic: 'index', table, found: `An index begins with ${start}.` });
  else
    findings.push({
      topic: 'index',
      severity,
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
      severity,
      table,
      found: `No index begins with ${id}.`,
      chosen: 'New rows are found by looks at everything alone; a row is read again by a search through the table.',
      better: { gain: 'New rows are seen at once.', statements: [create([id])] },
    });
  return findings;
}

/** One mapped table and what a login that reads has to see of it; `null`: all of it. */
export interface TableRead {
  readonly path: readonly string[];
  readonly columns: readonly string[] | null;
}

/** The rights that reading needs, table by table. */
export function tablesRead({ sources, rosters }: Pick<BoundSchema, 'sources' | 'rosters'>): TableRead[] {
  const found = new Map<string, { path: readonly string[]; columns: Set<string> | null }>();
  for (const source of sources) {
    const key = JSON.stringify(source.path);
    const known = found.get(key) ?? { path: source.path, columns: new Set<string>() };
    for (const name of columnsOf(source)) known.columns?.add(name);
    found.set(key, known);
  }
  // Rules of a roster are read by columns that it knows itself.
  for (const { path } of rosters.flatMap(({ tables }) => tables))
    found.set(JSON.stringify(path), { path, columns: null });
  return Array.from(found.values(), ({ path, columns }) => ({ path, columns: columns && [...columns] }));
}

function columnsOf({ mapping, id, start, end }: Source): readonly string[] {
  const { practitioners, location, slot, capacity, rules, status } = mapping;
  const perhaps = [location, slot, capacity, status?.column].filter((name) => typeof name === 'string');
  const times = [...start.columns, ...end.columns];
  return [...id.columns, ...practitioners, ...times, ...perhaps, ...rules.map(({ column }) => column)];
}

/** A login that reads and may do more. `isShared`: it is also the one that writes, as was asked for. */
export function rightsFinding(found: string, isShared: boolean, statements: readonly string[]): Finding {
  return {
    topic: 'rights',
    severity: isShared ? 'advice' : 'warning',
    found,
    better: {
      gain: 'A leaked password opens the mapped columns alone: a login of its own, that may only read them.',
      statements,
    },
  };
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
