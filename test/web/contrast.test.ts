/** Everything that is read on the live page can be read: WCAG AA, 4.5 : 1 for text and 3 : 1 for the edges of controls, light and dark. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const css = readFileSync(resolve(import.meta.dirname, '../../examples/demo/web/page.css'), 'utf8');
const pairs = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }] as const,
  ),
);

const TEXT_ON: Readonly<Record<string, readonly string[]>> = {
  ink: ['paper', 'card', 'sunk', 'desk-wash', 'online-wash', 'good-wash', 'warning-wash', 'bad-wash'],
  soft: ['paper', 'card', 'sunk', 'desk-wash', 'online-wash'],
  desk: ['card'],
  online: ['card', 'online-wash'],
  good: ['paper', 'card', 'good-wash'],
  warning: ['card', 'warning-wash'],
  bad: ['paper', 'card', 'bad-wash'],
  accent: ['card'],
  'on-accent': ['accent'],
  card: ['online'],
};
const EDGES_ON: Readonly<Record<string, readonly string[]>> = {
  edge: ['card', 'sunk'],
  focus: ['paper', 'card', 'online-wash'],
  good: ['card'],
  bad: ['card'],
};

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (lighter + 0.05) / (darker + 0.05);
}

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  const tooLow = (table: Readonly<Record<string, readonly string[]>>, least: number) =>
    Object.entries(table).flatMap(([front, backs]) =>
      backs
        .map((back) => ({
          what: `${front} on ${back}`,
          is: contrast(pairs.get(front)![theme], pairs.get(back)![theme]),
        }))
        .filter(({ is }) => is < least),
    );

  it('text can be read', () => {
    expect(tooLow(TEXT_ON, 4.5)).toEqual([]);
  });

  it('controls and the focus can be seen', () => {
    expect(tooLow(EDGES_ON, 3)).toEqual([]);
  });
});
