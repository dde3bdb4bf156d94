import { expect, it } from 'vitest';

import { SeenKeys } from '../../src/mirror/sqlite/seen-keys.js';

it('never takes an old key for a new one, and seldom a new one for an old one', () => {
  const seen = new SeenKeys();
  let mistaken = 0;
  const count = 300_000;
  for (let i = 0; i < count; i++) if (seen.add(i % 2, String(500_000 + Math.floor(i / 2)))) mistaken++;
  expect(mistaken / count).toBeLessThan(0.03);
  for (let i = 0; i < count; i += 7) expect(seen.add(i % 2, String(500_000 + Math.floor(i / 2)))).toBe(true);
});

it.each([
  ['running numbers', (i: number) => String(i)],
  ['padded numbers', (i: number) => String(i).padStart(12, '0')],
  ['uuid-like', (i: number) => `${((i * 2654435761) % 2 ** 32).toString(16)}-0000-4000-8000-${String(i)}`],
  ['one prefix', (i: number) => `appointment/2026/${String(i)}`],
])('tells apart %s', (_, id) => {
  const seen = new SeenKeys();
  let mistaken = 0;
  for (let i = 0; i < 100_000; i++) if (seen.add(0, id(i))) mistaken++;
  expect(mistaken).toBeLessThan(3_000);
});
