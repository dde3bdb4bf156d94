/** One file of the bench measures one thing and exports a function of this form; `main.ts` lists them by name. */
export type Part = (tools: PartTools) => Promise<PartResult>;

export interface PartTools {
  /** Says on stderr how far it is. */
  readonly progress: (text: string) => void;
}

/** A promise about speed, and how it came out. */
export interface Bar {
  /** Such as `p50 ≤ 50 ms`. */
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
}

export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The p50 of each block of samples, lowest and highest: how steady the machine was. */
  readonly spread: readonly [lowest: number, highest: number];
  readonly bars: readonly Bar[];
  /** For curves: the place on one, and what was measured there. */
  readonly point?: Readonly<Record<string, number | string>>;
}

export interface PartResult {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What one has to know to read the figures. */
  readonly notes: readonly string[];
  /** Of the servers, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export const isMet = ({ measured, limit }: Bar): boolean => measured <= limit;
