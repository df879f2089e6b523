import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareHits, selectPage, sortKey } from '../../src/store/ranking.ts';
import type { HitPosition } from '../../src/store/vector-store.ts';

describe('selectPage', () => {
  it('gives the pages of the exact order from bounds alone, whatever their width, and rescores few', () => {
    const hit = fc.record({
      order: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
      score: fc.oneof(fc.constantFrom(-0.5, 0, 0.25), fc.double({ min: -1, max: 1, noNaN: true })),
      error: fc.double({ min: 0, max: 0.1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.option(hit, { nil: null, freq: 8 }), { maxLength: 80 }),
        fc.integer({ min: 1, max: 12 }),
        fc.option(fc.constantFrom(-0.5, -0.1, 0, 0.25), { nil: null }),
        (slots, first, minScore) => {
          const exact = slots.map((slot, i): HitPosition | null =>
            slot ? { order: slot.order, score: slot.order ? 0 : slot.score, itemId: `i${i}` } : null,
          );
          const bound = (side: 1 | -1) =>
            Float64Array.from(exact, (position, i) =>
              position ? sortKey(position) + side * (slots[i]?.error ?? 0) : Number.NEGATIVE_INFINITY,
            );
          const bounds = { low: bound(-1), high: bound(1) };
          const expected = exact
            .filter((position) => position !== null)
            .filter(({ score }) => score >= (minScore ?? -2))
            .sort(compareHits);
          let after: HitPosition | null = null;
          for (let start = 0; ; start += first) {
            const page: { hits: HitPosition[]; hasNextPage: boolean } = selectPage(
              bounds,
              { first, after, minScore },
              (slot) => exact[slot] as HitPosition,
            );
            expect(page.hits).toEqual(expected.slice(start, start + first));
            expect(page.hasNextPage).toBe(start + first < expected.length);
            if (!page.hasNextPage) return;
            after = page.hits[first - 1];
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('looks no further than the bounds make it', () => {
    const scores = Float64Array.from({ length: 10_000 }, (_, i) => i / 10_000);
    const bounds = { low: scores.map((score) => score - 1e-6), high: scores.map((score) => score + 1e-6) };
    let rescored = 0;
    const page = selectPage(bounds, { first: 10, after: null, minScore: null }, (slot): HitPosition => {
      rescored++;
      return { order: 0, score: scores[slot], itemId: String(slot) };
    });
    expect(page.hits[0].itemId).toBe('9999');
    expect(rescored).toBe(11);
  });
});
