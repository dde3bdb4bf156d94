import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  MAX_SCOPE_PARTS,
  mergeScopes,
  scopeOfKeys,
  scopeOfRanges,
  WHOLE_FUTURE,
  type Scope,
} from '../../src/domain/scope.js';
import { check } from '../property.js';

const key = fc.record({
  stream: fc.constantFrom('busy' as const, 'session' as const),
  id: fc.string({ maxLength: 3 }),
});
const range = fc.record({
  stream: fc.constantFrom('busy' as const, 'session' as const),
  from: fc.nat(9),
  to: fc.nat(9),
});
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant(WHOLE_FUTURE),
  fc.array(key, { maxLength: 5 }).map(scopeOfKeys),
  fc.array(range, { maxLength: 5 }).map(scopeOfRanges),
);

describe('merging scopes', () => {
  it('covers both, whatever the order', () => {
    check(
      fc.property(scope, scope, (a, b) => {
        const both = mergeScopes(a, b);
        for (const part of [a, b]) {
          if (both.all) continue;
          expect(part.all).toBe(false);
          for (const one of part.keys) expect(both.keys).toContainEqual(one);
          for (const one of part.ranges) expect(both.ranges).toContainEqual(one);
        }
        expect(mergeScopes(b, a).all).toBe(both.all);
      }),
    );
  });

  it('becomes everything rather than long', () => {
    const many = scopeOfKeys(Array.from({ length: MAX_SCOPE_PARTS }, (_, i) => ({ stream: 'busy', id: String(i) })));
    expect(mergeScopes(many, scopeOfKeys([{ stream: 'busy', id: '0' }])).all).toBe(false);
    expect(mergeScopes(many, scopeOfKeys([{ stream: 'session', id: '0' }])).all).toBe(true);
  });
});
