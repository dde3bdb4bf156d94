/** What was found out about one clinic's database, what was chosen because of it, and what would make it better. */
export interface ClinicDescription {
  /** The adapter's engine, such as `postgres`. */
  readonly engine: string;
  /** The server's or library's own version text. */
  readonly version: string;
  /** In the order of {@link TOPICS}. */
  readonly findings: readonly Finding[];
}

/** What a finding is about. */
export const TOPICS = [
  'server',
  'role',
  'encryption',
  'clock',
  'zone',
  'rights',
  'storage',
  'index',
  'plan',
  'isolation',
  'capture',
  'lock',
  'guard',
  'settlement',
] as const;

export type Topic = (typeof TOPICS)[number];

export interface Finding {
  readonly topic: Topic;
  /** The mapped table that it is about: `appointments`, `blockouts` or `sessions`. */
  readonly table?: string;
  /** What is so, in one sentence. Names of tables, columns and settings; never a row's content, a login's name or a secret. */
  readonly found: string;
  /** What the adapter does because of it. */
  readonly chosen?: string;
  readonly better?: Improvement;
}

export interface Improvement {
  /** What would be gained. */
  readonly gain: string;
  /** Exactly what to run at the clinic, by somebody who may; empty where it is no statement. */
  readonly statements: readonly string[];
}

/** The same as text, for a terminal: a line for each finding, what would make it better indented below. */
export function renderDescription({ engine, version, findings }: ClinicDescription): string {
  const width = Math.max(...TOPICS.map((topic) => topic.length));
  const indent = ' '.repeat(width + 2);
  const lines = findings.flatMap(({ topic, table, found, chosen, better }) => [
    `${topic.padEnd(width)}  ${table === undefined ? '' : `${table}: `}${found}`,
    ...(chosen === undefined ? [] : [`${indent}→ ${chosen}`]),
    ...(better ? [`${indent}better: ${better.gain}`, ...better.statements.map((one) => `${indent}  ${one};`)] : []),
  ]);
  return [`${engine} ${version}`, ...lines].join('\n');
}

/** Sorts findings by topic, and within one as they came. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => TOPICS.indexOf(a.topic) - TOPICS.indexOf(b.topic));
}
