/** The value below which this share of the samples lies; nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Summary {
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly spread: readonly [lowest: number, highest: number];
}

/** Over all blocks together, with the range of the blocks' medians. */
export function summarize(blocks: readonly (readonly number[])[]): Summary {
  const all = blocks.flat();
  const medians = blocks.map((block) => percentile(block, 0.5));
  return {
    samples: all.length,
    p50: percentile(all, 0.5),
    p95: percentile(all, 0.95),
    p99: percentile(all, 0.99),
    spread: [Math.min(...medians), Math.max(...medians)],
  };
}
