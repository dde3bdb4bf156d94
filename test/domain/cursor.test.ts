import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatCursor, parseCursor, resolveCursor } from '../../src/domain/cursor.js';
import { check } from '../property.js';

const lineage = [
  { id: 'inc-a', fromSeq: 0 },
  { id: 'inc-b', fromSeq: 10 },
  { id: 'inc-c', fromSeq: 10 },
  { id: 'inc-d', fromSeq: 25 },
];

describe('cursors', () => {
  it('survive being written down', () => {
    check(
      fc.property(fc.nat(), (seq) => {
        expect(parseCursor(formatCursor({ incarnation: 'inc-a', seq }))).toEqual({ incarnation: 'inc-a', seq });
      }),
    );
  });

  it.each(['', 'x', 'inc-a', 'inc-a.', '.3', 'inc-a.-1', 'inc-a.1.2', 'inc a.3', `inc-a.${'9'.repeat(17)}`])(
    'are told from %o',
    (text) => {
      expect(parseCursor(text)).toBeUndefined();
    },
  );

  it('resolve within the incarnation that logged them', () => {
    const seq = (incarnation: string, at: number) => resolveCursor({ incarnation, seq: at }, lineage, 30);
    expect(seq('inc-a', 0)).toBe(0);
    expect(seq('inc-a', 10)).toBe(10);
    expect(seq('inc-b', 10)).toBe(10);
    expect(seq('inc-c', 25)).toBe(25);
    expect(seq('inc-d', 30)).toBe(30);
  });

  it('are lost beyond the end of their incarnation, after a mirror was rolled back', () => {
    const seq = (incarnation: string, at: number) => resolveCursor({ incarnation, seq: at }, lineage, 30);
    expect(seq('inc-a', 11)).toBeUndefined();
    expect(seq('inc-b', 11)).toBeUndefined();
    expect(seq('inc-d', 31)).toBeUndefined();
    expect(seq('inc-x', 5)).toBeUndefined();
  });
});
