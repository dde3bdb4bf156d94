import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addHash, EMPTY_DIGEST, rowHash, sameDigest } from '../../src/domain/digest.js';
import { stored } from '../../src/domain/fingerprint.js';
import { DAY, HOUR } from '../../src/domain/instant.js';
import { startOfDay } from '../../src/domain/zone.js';
import type { StoredRow } from '../../src/domain/row.js';
import { DigestIndex } from '../../src/engine/digest-index.js';
import { allPieces, differingPieces } from '../../src/engine/narrow.js';
import { check } from '../property.js';

const ZONE = 'Australia/Melbourne';
// A clock change (4 October 2026) lies within the days that follow.
const CUTOFF = startOfDay(Date.UTC(2026, 9, 1, 5), ZONE);

const row: fc.Arbitrary<StoredRow> = fc
  .record({
    id: fc.uuid(),
    hours: fc.integer({ min: -30, max: 24 * 20 }),
    kind: fc.constantFrom('appointment' as const, 'session' as const),
  })
  .map(({ id, hours, kind }) => {
    const start = CUTOFF + hours * HOUR;
    const base = {
      id,
      kind,
      practitionerIds: ['p'],
      locationId: null,
      start,
      end: start + DAY * 3,
      zone: ZONE,
      slotMs: null,
    };
    return stored({ row: base, hash: rowHash([id, String(start)]) });
  });
const rows = fc.uniqueArray(row, { selector: ({ row: { id } }) => id, maxLength: 40 });

describe('the digest index', () => {
  it('has the digests of its rows, bucket by bucket', () => {
    check(
      fc.property(rows, rows, (kept, gone) => {
        const index = new DigestIndex(ZONE);
        for (const one of [...kept, ...gone]) index.add(one);
        for (const one of gone) index.remove(one);
        const edges = index.edges(CUTOFF);
        const naive = Array.from({ length: edges.length + 1 }, (_, bucket) =>
          kept
            .filter(
              ({ row: { kind, start } }) =>
                kind === 'appointment' && edges.filter((edge) => edge <= start).length === bucket,
            )
            .reduce((digest, { hash }) => addHash(digest, hash), EMPTY_DIGEST),
        );
        expect(index.digests('busy', edges)).toEqual(naive);
        expect(index.total().count).toBe(kept.length);
      }),
    );
  });

  it('covers every start by exactly one piece, whether narrowed or not', () => {
    check(
      fc.property(rows, row, (kept, other) => {
        const index = new DigestIndex(ZONE);
        for (const one of kept) index.add(one);
        const edges = index.edges(CUTOFF);
        const { start } = other.row;
        const covering = allPieces('busy', edges).filter(
          ({ range: { from, to } }) => (from === null || start >= from) && (to === null || start < to),
        );
        expect(covering).toHaveLength(1);
      }),
    );
  });

  it('narrows to a range that has the difference, and explains what reading explained', () => {
    check(
      fc.property(rows, row, (kept, extra) => {
        fc.pre(extra.row.kind === 'appointment');
        const mirror = new DigestIndex(ZONE);
        for (const one of kept) mirror.add(one);
        const edges = mirror.edges(CUTOFF);
        const bucket = edges.filter((edge) => edge <= extra.row.start).length;
        const clinic = mirror
          .digests('busy', edges)
          .map((digest, i) => (i === bucket ? addHash(digest, extra.hash) : digest));
        const pieces = differingPieces('busy', edges, clinic, mirror.digests('busy', edges));
        expect(pieces).toMatchObject([{ firstBucket: bucket, lastBucket: bucket }]);
        mirror.explain('busy', edges, bucket, clinic[bucket] ?? EMPTY_DIGEST);
        expect(differingPieces('busy', edges, clinic, mirror.digests('busy', edges))).toEqual([]);
      }),
    );
  });

  it('sees two rows that swap a value', () => {
    const digest = (a: string, b: string) =>
      [rowHash(['1', a]), rowHash(['2', b])].reduce((d, hash) => addHash(d, hash), EMPTY_DIGEST);
    expect(sameDigest(digest('09:00', '10:00'), digest('10:00', '09:00'))).toBe(false);
  });
});
