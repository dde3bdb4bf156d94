import { isMet, type Bar, type Line, type PartResult } from './part.js';

/** What is kept between runs: the latest result of each part. */
export type Results = Readonly<
  Record<string, PartResult & { readonly date: string; readonly node: string; readonly machine: string }>
>;

const HEAD = ['what', 'samples', 'p50', 'p95', 'p99', 'p50 of the blocks', 'bars'];

const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));
const verdict = (bar: Bar) => `${bar.what}: ${figure(bar.measured)} ${isMet(bar) ? 'met' : '**not met**'}`;

function cells({ name, unit, samples, p50, p95, p99, spread, bars }: Line): string[] {
  const figures = [p50, p95, p99].map((value) => `${figure(value)} ${unit}`);
  const range = spread.map(figure).join('–');
  return [name, String(samples), ...figures, `${range} ${unit}`, bars.map(verdict).join(', ') || '—'];
}

export function tableOf({ lines }: PartResult): string {
  const rows = [HEAD, HEAD.map(() => '---'), ...lines.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const padded = (row: readonly string[]) =>
    row.map((cell, i) => (cell === '---' ? '-'.repeat(widths[i] ?? 3) : cell.padEnd(widths[i] ?? 0)));
  return rows.map((row) => `| ${padded(row).join(' | ')} |`).join('\n');
}

export function reportOf(results: Results): string {
  const parts = Object.entries(results).map(([name, result]) => {
    const versions = Object.entries({ Node: result.node, ...result.versions }).map(([what, one]) => `${what} ${one}`);
    return [
      `## ${result.title}`,
      `\`npm run bench -- ${name}\`, ${result.date}, ${result.machine}; ${versions.join(', ')}.`,
      tableOf(result),
      ...result.notes
        .map((note) => `- ${note}`)
        .join('\n')
        .split('\n\n'),
    ].join('\n\n');
  });
  return ['# Measured', 'Written by `npm run bench`; do not edit.', ...parts, ''].join('\n\n').trimEnd() + '\n';
}
