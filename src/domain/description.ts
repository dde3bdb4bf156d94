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

/**
 * How much a finding matters, least first. `note`: nothing to do. `advice`: it could be better. `warning`: something is slower, less
 * safe or less sure than it has to be. `fault`: something that was asked for cannot work.
 */
export const SEVERITIES = ['note', 'advice', 'warning', 'fault'] as const;

export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  readonly topic: Topic;
  /** Default: `advice` where there is something better, otherwise `note`; see {@link severityOf}. */
  readonly severity?: Severity;
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

/** What a finding says of its severity, or the default. */
export function severityOf({ severity, better }: Finding): Severity {
  return severity ?? (better ? 'advice' : 'note');
}

/** The gravest severity among the findings; `note` where there is none. */
export function worstOf({ findings }: ClinicDescription): Severity {
  const worst = Math.max(0, ...findings.map((finding) => SEVERITIES.indexOf(severityOf(finding))));
  return SEVERITIES[worst] ?? 'note';
}

const MARKS: Readonly<Record<Severity, string>> = { note: ' ', advice: '·', warning: '!', fault: '✗' };

/** The same as text, for a terminal: a line for each finding, marked `·` where it is advice, `!` a warning, `✗` a fault; what would make it better indented below. */
export function renderDescription({ engine, version, findings }: ClinicDescription): string {
  const width = Math.max(...TOPICS.map((topic) => topic.length));
  const indent = ' '.repeat(width + 4);
  const lines = findings.flatMap((finding) => {
    const { topic, table, found, chosen, better } = finding;
    return [
      `${MARKS[severityOf(finding)]} ${topic.padEnd(width)}  ${table === undefined ? '' : `${table}: `}${found}`,
      ...(chosen === undefined ? [] : [`${indent}→ ${chosen}`]),
      ...(better ? [`${indent}better: ${better.gain}`, ...better.statements.map((one) => `${indent}  ${one};`)] : []),
    ];
  });
  return [`${engine} ${version}`, ...lines].join('\n');
}

/** Sorts findings by topic, and within one as they came. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => TOPICS.indexOf(a.topic) - TOPICS.indexOf(b.topic));
}
