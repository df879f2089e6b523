import { describe, expect, it } from 'vitest';
import { compareSets, comparisonToMarkdown } from '../../src/evaluation/compare.ts';
import type { EvaluationItem, EvaluationSet } from '../../src/evaluation/items.ts';
import { evaluateSet } from '../../src/evaluation/protocol.ts';
import { createRandom } from '../../src/shared/random.ts';
import { toUnit } from '../../src/shared/vector-math.ts';

/** Sixty pairs whose two sides are equal but for noise. */
function drawSet(noise: number, seed: number): EvaluationSet {
  const random = createRandom(seed);
  const normals = () => Array.from({ length: 8 }, () => random.normal());
  const centres = Array.from({ length: 60 }, normals);
  const itemsOf = (kind: string): EvaluationItem[] =>
    centres.map((centre, i) => {
      const other = normals();
      const vector = toUnit(centre.map((value, k) => value + noise * other[k]));
      return {
        id: `${kind}${i}`,
        segments: [{ ssl: vector, sup: vector }],
        labels: [['x', 'y', 'z'][i % 3]],
        source: null,
        resampleUnit: `${i}`,
      };
    });
  return {
    tracks: itemsOf('t'),
    videos: itemsOf('v'),
    pairs: centres.map((_, i) => ({ trackId: `t${i}`, videoId: `v${i}` })),
  };
}

describe('comparing two bundles', () => {
  const [better, worse] = [drawSet(0.3, 1), drawSet(1.5, 1)];

  it('has the figures of both evaluations and their difference', () => {
    const rows = compareSets(worse, better).VIDEO_TO_MUSIC;
    const [a, b] = [worse, better].map((set) => evaluateSet(set).VIDEO_TO_MUSIC.WEIGHTED);
    rows.forEach(({ recallAt10, meanAveragePrecision }, i) => {
      expect(recallAt10?.a).toBeCloseTo(Number(a[i].pair?.recallAt10), 12);
      expect(recallAt10?.b).toBeCloseTo(Number(b[i].pair?.recallAt10), 12);
      expect(meanAveragePrecision?.difference).toBeCloseTo(
        Number(b[i].label?.meanAveragePrecision) - Number(a[i].label?.meanAveragePrecision),
        12,
      );
    });
  });

  it('tells a real difference from none', () => {
    const { mrr } = compareSets(worse, better).VIDEO_TO_MUSIC[0];
    expect(mrr?.interval[0]).toBeGreaterThan(0);
    const same = compareSets(better, better).MUSIC_TO_VIDEO[5].mrr;
    expect(same).toMatchObject({ difference: 0, interval: [0, 0] });
    const draws = [3, 4].map((seed) => ({ ...drawSet(1.5, seed) }));
    const interval = compareSets(draws[0], draws[1]).VIDEO_TO_MUSIC[0].mrr?.interval ?? [1, 1];
    expect(interval[0]).toBeLessThan(0);
    expect(interval[1]).toBeGreaterThan(0);
  });

  it('is paired: narrower than two intervals apart', () => {
    const close: EvaluationSet = drawSet(1.45, 1);
    const { recallAt10 } = compareSets(worse, close).VIDEO_TO_MUSIC[0];
    const own = evaluateSet(worse).VIDEO_TO_MUSIC.WEIGHTED[0].intervals?.recallAt10 ?? [0, 0];
    const widthOf = ([low, high]: readonly number[]) => high - low;
    expect(widthOf(recallAt10?.interval ?? [0, 9])).toBeLessThan(widthOf(own));
  });

  it('refuses sets of different items, and reads as Markdown', () => {
    expect(() => compareSets(better, { ...better, videos: better.videos.slice(1) })).toThrow(RangeError);
    const text = comparisonToMarkdown({
      schemaVersion: 1,
      bundles: { a: 'a'.repeat(64), b: 'b'.repeat(64) },
      split: 'test',
      scoring: 'WEIGHTED',
      gallery: { tracks: 60, videos: 60 },
      directions: compareSets(worse, better),
    });
    expect(text).toMatch(/\| 0\.0 \| 0\.\d{3} → 0\.\d{3}: \+0\.\d{3} \(\+0\.\d{3} … \+0\.\d{3}\) \*/);
  });
});
