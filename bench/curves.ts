import type { Line } from './part.js';
import type { Results } from './report.js';
import { svgOf, type Chart } from './chart.js';

const DIFFERENCES = [1, 10, 100, 1_000, 10_000];

/** The pictures of docs/PERFORMANCE.md, by file name, as far as their part has been measured. */
export function curvesOf({ resync }: Results): Readonly<Record<string, string>> {
  if (!resync?.lines.some(({ point }) => point?.['curve'])) return {};
  const { lines } = resync;
  return {
    'resync-bytes.svg': svgOf({
      ...common,
      title: 'What a resync moves: 260,000 appointments ahead',
      y: 'bytes',
      curves: curves(lines, 'bytes'),
      ticks: { x: DIFFERENCES, y: [1e4, 1e5, 1e6, 1e7, 1e8] },
      label: {
        ...common.label,
        y: (value) => (value >= 1e6 ? `${String(value / 1e6)} MB` : `${String(value / 1e3)} kB`),
      },
    }),
    'resync-time.svg': svgOf({
      ...common,
      title: 'How long a resync takes: 260,000 appointments ahead, loopback',
      y: 'time',
      curves: curves(lines, 'ms').filter(({ name }) => name !== 'one poll by hand'),
      ticks: { x: DIFFERENCES, y: [100, 1_000, 10_000, 100_000] },
      label: { ...common.label, y: (value) => (value >= 1_000 ? `${String(value / 1_000)} s` : `${String(value)} ms`) },
    }),
  };
}

const common = {
  x: 'differences since the link was lost',
  label: { x: (value: number) => value.toLocaleString('en') },
} satisfies Partial<Chart> | { label: Partial<Chart['label']> };

function curves(lines: readonly Line[], figure: 'bytes' | 'ms') {
  const of = (curve: string) => lines.flatMap(({ point }) => (point?.['curve'] === curve ? [point] : []));
  const level = (curve: string) => of(curve).map((point) => ({ name: curve, points: Number(point[figure]) }));
  const points = of('a resync')
    .filter((point) => Number(point['differences']) > 0)
    .map((point) => [Number(point['differences']), Number(point[figure])] as const);
  return [{ name: 'a resync', points }, ...level('a copy'), ...level('one poll by hand')];
}
