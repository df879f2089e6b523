import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNearDuplicates, NEAR_DISTANCE } from '../../src/evaluation/near-duplicates.ts';
import { measureFeatures, standardise } from '../../src/head/initial-weights.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';

/** Features of unlike scales and offsets, as backbones give them; the third never varies. */
function drawRows(count: number, random: Random, dimension = 24) {
  return Array.from({ length: count }, (_, i) => ({
    id: `i${i}`,
    features: Float32Array.from({ length: dimension }, (_, d) =>
      d === 3 ? 7 : 100 * d + 3 ** (d % 5) * random.normal(),
    ),
  }));
}

/** A copy that differs by this share of each dimension's scale. */
const copyOf = ({ features }: { features: Float32Array }, share: number, random: Random) =>
  features.map((value, d) => (d === 3 ? value : value + share * 3 ** (d % 5) * random.normal()));

describe('near-duplicates', () => {
  it('are found by what is usual in the library, whatever the scale of features', () => {
    const random = createRandom(3);
    const rows = drawRows(60, random);
    rows.push({ id: 'near', features: copyOf(rows[4], 0.08, random) });
    rows.push({ id: 'nearer', features: copyOf(rows[9], 0.01, random) });
    rows.push({ id: 'far', features: copyOf(rows[20], 0.6, random) });
    const groups = findNearDuplicates(rows);
    expect(groups?.map(({ ids }) => ids)).toEqual([
      ['i9', 'nearer'],
      ['i4', 'near'],
    ]);
    expect(groups?.[1].distance).toBeLessThan(NEAR_DISTANCE);
    const scaled = rows.map(({ id, features }) => ({
      id,
      features: features.map((value) => 50 - 4 * value),
    }));
    expect(findNearDuplicates(scaled)?.map(({ ids }) => ids)).toEqual(groups?.map(({ ids }) => ids));
  });

  it('are the groups that comparing every two by the definition gives', () => {
    const counts = fc.integer({ min: 10, max: 30 });
    // In one dimension groups are chains, which rows that come late join.
    const dimensions = fc.constantFrom(1, 24);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), counts, dimensions, (seed, count, dimension) => {
        const random = createRandom(seed);
        const rows = drawRows(count, random, dimension);
        for (let copy = 0; copy < 8; copy++) {
          const share = 0.3 * random.uniform();
          rows.push({ id: `c${copy}`, features: copyOf(rows[random.integer(rows.length)], share, random) });
        }
        const found = findNearDuplicates(rows) ?? [];
        const defined = groupByDefinition(rows);
        expect(toSets(found)).toEqual(toSets(defined));
        const distances = defined.map(({ distance }) => distance).sort((a, b) => a - b);
        expect(found.map(({ distance }) => distance)).toEqual(
          distances.map((distance) => expect.closeTo(distance, 6)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('tell nothing of too few items, and take equal ones for one group', () => {
    const rows = drawRows(9, createRandom(1));
    expect(findNearDuplicates(rows)).toBeNull();
    const alike = Array.from({ length: 12 }, (_, i) => ({ ...rows[0], id: `i${i}` }));
    expect(findNearDuplicates(alike)).toEqual([{ ids: alike.map(({ id }) => id), distance: 0 }]);
  });
});

const toSets = (groups: readonly { ids: string[] }[]) =>
  groups.map(({ ids }) => ids.toSorted().join()).toSorted();

/** Distances over their mean, then whatever hangs together, with the greatest distance of two that are near. */
function groupByDefinition(rows: readonly { id: string; features: Float32Array }[]) {
  const statistics = measureFeatures(rows.map(({ features }) => features));
  const standardised = rows.map(({ features }) => standardise(features, statistics));
  const squared = (a: number, b: number) =>
    standardised[a].reduce((sum, value, d) => sum + (value - standardised[b][d]) ** 2, 0);
  const pairs = rows.flatMap((_, a) =>
    Array.from({ length: a }, (_, b) => ({ a, b, squared: squared(a, b) })),
  );
  const usual = pairs.reduce((sum, pair) => sum + pair.squared, 0) / pairs.length;
  const groups = rows.map(({ id }) => new Set([id]));
  for (const { a, b, squared: difference } of pairs) {
    if (difference > NEAR_DISTANCE * usual || groups[a] === groups[b]) continue;
    const joined = groups[a].union(groups[b]);
    rows.forEach(({ id }, i) => {
      if (joined.has(id)) groups[i] = joined;
    });
  }
  const near = pairs.filter((pair) => pair.squared <= NEAR_DISTANCE * usual);
  return [...new Set(groups)]
    .filter(({ size }) => size > 1)
    .map((ids) => ({
      ids: [...ids],
      distance: Math.max(...near.filter(({ a }) => ids.has(rows[a].id)).map((pair) => pair.squared / usual)),
    }));
}
