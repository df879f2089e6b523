import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstList, nextList } from '../../../src/store/qdrant/list-ladder.ts';

const POSITION = { order: 0 as const, score: 0.5, itemId: 'a' };
const COUNT = 10_000_000;
const listOf = (afterRank: number, first: number, count = COUNT) =>
  firstList(
    { first, after: afterRank === 0 ? null : POSITION, ...(afterRank > 0 && { afterRank }) },
    { count, isSmall: false },
  );

describe('The list that a page begins with', () => {
  it('covers the ranks before the page as well, ten times over where it is nominated', () => {
    fc.assert(
      fc.property(
        fc.nat(9_000),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: COUNT }),
        (rank, first, count) => {
          const { limit, isExact } = listOf(rank, first, count);
          expect(limit).toBeGreaterThan((rank + first) * (isExact ? 1 : 10));
          // A page further on is never cut from less.
          const later = listOf(rank + first, first, count);
          expect(later.isExact || (!isExact && later.limit >= limit)).toBe(true);
        },
      ),
    );
  });

  it('has 256 segments for ten hits and 1,024 for a hundred', () => {
    expect(listOf(0, 10)).toEqual({ limit: 256, isExact: false });
    expect(listOf(0, 100)).toEqual({ limit: 1_024, isExact: false });
    expect(listOf(90, 10)).toEqual({ limit: 1_024, isExact: false });
  });

  it('compares everything where that is faster, or where the rank of the place is not known', () => {
    expect(listOf(90, 10, 100_000).isExact).toBe(true);
    expect(nextList({ limit: 256, isExact: false }, 100_000)).toEqual({ limit: 1_024, isExact: true });
    expect(nextList({ limit: 256, isExact: false }, COUNT)).toEqual({ limit: 1_024, isExact: false });
    const size = { count: COUNT, isSmall: false };
    expect(firstList({ first: 10, after: POSITION }, size).isExact).toBe(true);
  });
});
