import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PackedSlots } from '../../src/domain/packed-slots.js';
import { compareSlots, type Slot } from '../../src/domain/slot.js';
import { check } from '../property.js';

const SLOT = fc.record({
  practitionerId: fc.constantFrom('ann', 'bob', 'a b'),
  sessionId: fc.constantFrom('1', '2', '1 2'),
  start: fc.nat(1_000),
  length: fc.constantFrom(0, 900_000, 1_200_000),
});

/** What a session has, whichever of its slots it is. */
const made = ({
  length,
  ...slot
}: {
  practitionerId: string;
  sessionId: string;
  start: number;
  length: number;
}): Slot => ({
  ...slot,
  end: slot.start + length,
  locationId: slot.sessionId === '2' ? null : `at ${slot.sessionId}`,
  zone: slot.sessionId === '1' ? 'Australia/Melbourne' : 'Australia/Perth',
});

describe('packed slots', () => {
  it('come out as they went in, those of a span and in their order', () => {
    check(
      fc.property(fc.array(SLOT), fc.nat(1_000), fc.nat(1_000), (drawn, from, span) => {
        const slots = drawn.map(made).sort(compareSlots);
        const packed = new PackedSlots(slots);
        expect(packed.size).toBe(slots.length);
        expect(packed.between(-Infinity, Infinity)).toEqual(slots);
        const to = from + span;
        expect(packed.between(from, to)).toEqual(slots.filter(({ start }) => start >= from && start < to));
      }),
    );
  });

  it('are the asker’s own: what is done to one answer is in no other', () => {
    const packed = new PackedSlots([made({ practitionerId: 'ann', sessionId: '1', start: 0, length: 900_000 })]);
    Object.assign(packed.between(0, 1)[0] ?? {}, { start: 7 });
    expect(packed.between(0, 1)).toMatchObject([{ start: 0 }]);
  });
});
