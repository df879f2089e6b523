import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBootstrap } from '../../src/evaluation/bootstrap.ts';
import { labelFigures, labelOverlap, median, pairRank } from '../../src/evaluation/metrics.ts';

const ranked = (...scores: [string, number, number?][]) =>
  scores
    .map(([itemId, score, order = 0]) => ({ itemId, score, order }))
    .sort((a, b) => a.order - b.order || b.score - a.score || (a.itemId < b.itemId ? -1 : 1));

describe('pairRank', () => {
  it('counts from 1', () => {
    const ranking = ranked(['a', 0.9], ['b', 0.8], ['c', 0.7]);
    expect(pairRank(ranking, new Set(['a']))).toBe(1);
    expect(pairRank(ranking, new Set(['c']))).toBe(3);
  });

  it('puts others of the same score before the pair, whatever their ids', () => {
    const ranking = ranked(['a', 0.5], ['b', 0.5], ['c', 0.5], ['d', 0.1]);
    expect(pairRank(ranking, new Set(['a']))).toBe(3);
  });

  it('takes the best of several partners and does not count the others against it', () => {
    const ranking = ranked(['a', 0.9], ['b', 0.8], ['c', 0.8], ['d', 0.1]);
    expect(pairRank(ranking, new Set(['b', 'c', 'd']))).toBe(2);
  });

  it('ranks items that lack the only active space last', () => {
    const ranking = ranked(['a', 0, 1], ['b', -0.9], ['c', -0.8]);
    expect(pairRank(ranking, new Set(['a']))).toBe(3);
    expect(pairRank(ranking, new Set(['b']))).toBe(2);
  });

  it('is null without a partner', () => {
    expect(pairRank(ranked(['a', 1]), new Set(['z']))).toBeNull();
  });

  it('is one more than the others that score at least as well', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), isPartner: fc.boolean() }), {
          minLength: 1,
        }),
        (rows) => {
          const items = rows.map(({ score }, i) => [`i${i}`, score] as [string, number]);
          const partners = new Set(rows.flatMap(({ isPartner }, i) => (isPartner ? [`i${i}`] : [])));
          const best = Math.max(...rows.filter(({ isPartner }) => isPartner).map(({ score }) => score));
          const expected = rows.filter(({ score, isPartner }) => !isPartner && score >= best).length + 1;
          expect(pairRank(ranked(...items), partners)).toBe(partners.size > 0 ? expected : null);
        },
      ),
    );
  });
});

describe('labelFigures', () => {
  it('agrees with figures worked out by hand', () => {
    // Relevant at ranks 1, 3 and 12 of 12, with overlaps 1, ½ and 1.
    const overlaps = [1, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const figures = labelFigures(overlaps);
    expect(figures?.baseRate).toBeCloseTo(3 / 12, 12);
    expect(figures?.precisionAt10).toBeCloseTo(2 / 10, 12);
    expect(figures?.averagePrecision).toBeCloseTo((1 / 1 + 2 / 3 + 3 / 12) / 3, 12);
    // DCG 1 + ½ / log₂4 = 1.25; ideal 1 + 1 / log₂3 + ½ / log₂4 = 1.880929…
    expect(figures?.ndcgAt10).toBeCloseTo(1.25 / 1.8809297535714573, 12);
  });

  it('divides by what there is where fewer than ten are ranked', () => {
    expect(labelFigures([1, 0])).toMatchObject({
      baseRate: 0.5,
      precisionAt10: 0.5,
      averagePrecision: 1,
      ndcgAt10: 1,
    });
  });

  it('is 0 with nothing relevant and null with nothing ranked', () => {
    expect(labelFigures([0, 0])).toEqual({ baseRate: 0, precisionAt10: 0, averagePrecision: 0, ndcgAt10: 0 });
    expect(labelFigures([])).toBeNull();
  });

  it('equals a naive computation', () => {
    const overlap = fc.constantFrom(0, 0, 1 / 3, 0.5, 1);
    fc.assert(
      fc.property(fc.array(overlap, { minLength: 1, maxLength: 40 }), (overlaps) => {
        const figures = labelFigures(overlaps);
        const relevantRanks = overlaps.flatMap((value, i) => (value > 0 ? [i + 1] : []));
        const precisions = relevantRanks.map(
          (rank) => relevantRanks.filter((other) => other <= rank).length / rank,
        );
        const naiveAverage = precisions.reduce((a, b) => a + b, 0) / Math.max(1, precisions.length);
        let gain = 0;
        let idealGain = 0;
        const ideal = [...overlaps].sort((a, b) => b - a);
        for (let i = 0; i < Math.min(10, overlaps.length); i++) {
          gain += overlaps[i] / Math.log2(i + 2);
          idealGain += ideal[i] / Math.log2(i + 2);
        }
        expect(figures?.averagePrecision).toBeCloseTo(naiveAverage, 10);
        expect(figures?.ndcgAt10).toBeCloseTo(idealGain > 0 ? gain / idealGain : 0, 10);
        expect(figures?.precisionAt10).toBeCloseTo(
          relevantRanks.filter((rank) => rank <= 10).length / Math.min(10, overlaps.length),
          10,
        );
      }),
    );
  });
});

describe('labelOverlap and median', () => {
  it('are the usual ones', () => {
    expect(labelOverlap(['a', 'b'], ['b', 'c'])).toBeCloseTo(1 / 3, 12);
    expect(labelOverlap(['a'], ['a'])).toBe(1);
    expect(labelOverlap([], [])).toBe(0);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('bootstrap', () => {
  it('has no width where all units agree, and spans the units where they differ', () => {
    const units = ['a', 'a', 'b', 'b', 'c', 'c'];
    const bootstrap = createBootstrap(units);
    expect(bootstrap.mean([1, 0, 1, 0, 1, 0])).toEqual([0.5, 0.5]);
    expect(bootstrap.mean([1, 1, null, null, 0, 0])).toEqual([0, 1]);
    expect(bootstrap.median([1, 3, null, 2, 2, null])).toEqual([2, 2]);
  });

  it('is repeatable, and comes near the normal interval of a large sample', () => {
    const units = Array.from({ length: 400 }, (_, i) => `u${i}`);
    const values = units.map((_, i) => (i % 4 === 0 ? 1 : 0));
    const interval = createBootstrap(units).mean(values);
    expect(createBootstrap(units).mean(values)).toEqual(interval);
    const halfWidth = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(Math.abs(interval[0] - (0.25 - halfWidth))).toBeLessThan(0.008);
    expect(Math.abs(interval[1] - (0.25 + halfWidth))).toBeLessThan(0.008);
  });

  it('draws whole units: clusters that agree widen the interval', () => {
    const values = Array.from({ length: 200 }, (_, i) => (Math.floor(i / 20) % 2 === 0 ? 1 : 0));
    const width = ([low, high]: [number, number]) => high - low;
    const alone = createBootstrap(values.map((_, i) => `${i}`)).mean(values);
    const clustered = createBootstrap(values.map((_, i) => `${Math.floor(i / 20)}`)).mean(values);
    expect(width(clustered)).toBeGreaterThan(2 * width(alone));
  });

  it('takes the median of the queries drawn, as by repeating them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 }), (values) => {
        const [low, high] = createBootstrap(values.map(() => 'one unit')).median(values);
        expect([low, high]).toEqual([median(values), median(values)]);
      }),
    );
  });
});
