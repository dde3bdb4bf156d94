import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { idOf, wordsOf, type IdForm } from '../../src/adapters/sql/sketch/form.js';
import { rowHash } from '../../src/domain/digest.js';
import { sketchDifference, SketchSum, type SketchRow } from '../../src/domain/sketch.js';
import { Random } from '../../src/testing/random.js';
import { check } from '../property.js';

const rowOf = (id: number, version: number): SketchRow => ({
  hash: rowHash([String(id), String(version)]),
  words: [0, id],
});

function summed(rows: readonly SketchRow[], cells = 64): SketchSum {
  const sum = new SketchSum(cells, 2);
  for (const row of rows) sum.add(row);
  return sum;
}

const plain = ({ low, high }: SketchSum): unknown => JSON.parse(JSON.stringify({ low, high }));
const sorted = (rows: readonly SketchRow[]) => [...rows].sort((a, b) => (a.hash < b.hash ? -1 : 1));

/** Versions of rows by their ids: what one side has. */
const side = fc.dictionary(fc.integer({ min: 1, max: 400 }).map(String), fc.integer({ min: 0, max: 2 }), {
  maxKeys: 300,
});

describe('a sketch', () => {
  it('that is told whole is told right', () => {
    check(
      fc.property(side, side, fc.constantFrom(64, 128, 256), (a, b, cells) => {
        const rows = (of: Record<string, number>) =>
          Object.entries(of).map(([id, version]) => rowOf(Number(id), version));
        const only = (of: Record<string, number>, other: Record<string, number>) =>
          sorted(rows(of).filter(({ words }) => of[String(words[1])] !== other[String(words[1])]));
        const { left, right, isWhole } = sketchDifference(summed(rows(a), cells), summed(rows(b), cells));
        if (isWhole) expect([sorted(left), sorted(right)]).toEqual([only(a, b), only(b, a)]);
      }),
    );
  });

  it('tells a difference of a few rows nearly always, and otherwise says that it cannot', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    let told = 0;
    for (let run = 0; run < 300; run++) {
      const rows = Array.from({ length: 1_000 }, (_, i) => rowOf(i, 0));
      const changed = new Set(Array.from({ length: 10 }, () => random.int(0, 999)));
      const now = rows.map((row, i) => (changed.has(i) ? rowOf(i, run + 1) : row));
      const { left, isWhole, estimate } = sketchDifference(summed(rows, 128), summed(now, 128));
      if (!isWhole) continue;
      told++;
      expect(left).toHaveLength(changed.size);
      expect(estimate).toBeGreaterThan(changed.size);
      expect(estimate).toBeLessThan(4 * changed.size);
    }
    expect(told, `seed ${String(seed)}`).toBeGreaterThan(270);
  });

  it('whose cells all differ has no estimate', () => {
    const many = (version: number) => Array.from({ length: 2_000 }, (_, i) => rowOf(i, version));
    const { isWhole, estimate } = sketchDifference(summed(many(0)), summed(many(1)));
    expect([isWhole, estimate]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it('in fewer cells is the sketch of the same rows', () => {
    check(
      fc.property(side, fc.constantFrom(64, 128, 256), (of, cells) => {
        const rows = Object.entries(of).map(([id, version]) => rowOf(Number(id), version));
        expect(plain(summed(rows, 256).folded(cells))).toEqual(plain(summed(rows, cells)));
      }),
    );
  });
});

describe('ids as numbers', () => {
  const big = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
  const texts: Record<IdForm, fc.Arbitrary<string>> = {
    integer: fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(String),
    bigint: big,
    guid: fc.uuid(),
    GUID: fc.uuid().map((id) => id.toUpperCase()),
  };

  it.each(Object.entries(texts))('lead back: %s', (form, ids) => {
    check(
      fc.property(ids, (id) => {
        const words = wordsOf(form as IdForm, id);
        expect(words?.every((word) => word >= 0 && word < 2 ** 32)).toBe(true);
        expect(idOf(form as IdForm, words ?? [])).toBe(id);
      }),
    );
  });

  it.each([
    ['integer', '-1'],
    ['integer', '007'],
    ['integer', 'seven'],
    ['integer', '4294967296'],
    ['bigint', '1e3'],
    ['guid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
    ['GUID', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['guid', ''],
  ] as const)('of %s there are none for %j', (form, id) => {
    expect(wordsOf(form, id)).toBeUndefined();
  });
});
