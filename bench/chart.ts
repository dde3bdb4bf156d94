/** A small chart with logarithmic axes, as SVG that reads well on a light page and on a dark one. */

export interface Curve {
  readonly name: string;
  /** One value for all: a level line. */
  readonly points: readonly (readonly [x: number, y: number])[] | number;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
  readonly ticks: { readonly x: readonly number[]; readonly y: readonly number[] };
  readonly label: { readonly x: (value: number) => string; readonly y: (value: number) => string };
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 380, 72, 140, 48, 52];
/** Told apart by those who do not see colours well, too: each with a dash of its own. */
const INKS = [
  { ink: '#1f77b4', dash: '' },
  { ink: '#d1661d', dash: '7 4' },
  { ink: '#7a7a7a', dash: '2 4' },
] as const;

export function svgOf({ title, x, y, curves, ticks, label }: Chart): string {
  const scale = (values: readonly number[], from: number, to: number) => {
    const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
    return (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  };
  const [toX, toY] = [scale(ticks.x, LEFT, WIDTH - RIGHT), scale(ticks.y, HEIGHT - BOTTOM, TOP)];
  const text = (at: readonly [number, number], content: string, more = '') =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${content}</text>`;
  const grid = [
    ...ticks.y.map(
      (value) => `<path class="grid" d="M${String(LEFT)} ${toY(value).toFixed(1)}H${String(WIDTH - RIGHT)}"/>`,
    ),
    ...ticks.y.map((value) => text([LEFT - 8, toY(value) + 4], label.y(value), 'text-anchor="end"')),
    ...ticks.x.map((value) => text([toX(value), HEIGHT - BOTTOM + 20], label.x(value), 'text-anchor="middle"')),
  ];
  const drawn = curves.map(({ name, points }, i) => {
    const { ink, dash } = INKS[i % INKS.length] ?? INKS[0];
    const ends = [Math.min(...ticks.x), Math.max(...ticks.x)];
    const all = typeof points === 'number' ? ends.map((each) => [each, points] as const) : points;
    const path = all.map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${toX(px).toFixed(1)} ${toY(py).toFixed(1)}`).join('');
    const dots =
      typeof points === 'number'
        ? []
        : all.map(
            ([px, py]) => `<circle cx="${toX(px).toFixed(1)}" cy="${toY(py).toFixed(1)}" r="3.5" fill="${ink}"/>`,
          );
    const isLevel = typeof points === 'number';
    const [nameX, nameY] = all[isLevel ? all.length - 1 : Math.floor(all.length / 2)] ?? [1, 1];
    // Level lines are named behind their end, others above their middle: there they do not meet.
    const place = isLevel ? ([toX(nameX) + 10, toY(nameY) + 4] as const) : ([toX(nameX) - 8, toY(nameY) - 12] as const);
    return [
      `<path d="${path}" fill="none" stroke="${ink}" stroke-width="2.5" stroke-dasharray="${dash}"/>`,
      ...dots,
      text(place, name, `style="fill:${ink}" text-anchor="${isLevel ? 'start' : 'end'}"`),
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" role="img" aria-label="${title}">`,
    '<style>text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:15px}.grid{stroke:#8885;stroke-width:1}',
    '@media (prefers-color-scheme:dark){text{fill:#ccc}}</style>',
    text([LEFT, 24], title, 'class="title"'),
    ...grid,
    text([LEFT + (WIDTH - RIGHT - LEFT) / 2, HEIGHT - 10], x, 'text-anchor="middle"'),
    text([LEFT - 8, TOP - 8], y, 'text-anchor="end"'),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
