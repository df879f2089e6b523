import { describe, expect, it } from 'vitest';
import type { EvaluationItem, EvaluationSet } from '../../src/evaluation/items.ts';
import { createRandom } from '../../src/shared/random.ts';
import { toUnit } from '../../src/shared/vector-math.ts';
import { measureAtAlpha } from '../../src/training/alpha-figures.ts';
import { chooseAlpha } from '../../src/training/choose-alpha.ts';

const GENRES = 4;

/** Pairs whose ssl vectors are alike only within the pair, and whose sup vectors are alike within the genre. */
function createSet(pairs: number, { sslKnows = true, supKnows = true } = {}): EvaluationSet {
  const random = createRandom(3);
  const near = (centre: number[], noise: number) =>
    toUnit(Float32Array.from(centre, (value) => value + noise * random.normal())) as Float32Array;
  const normals = () => Array.from({ length: 8 }, () => random.normal());
  const set: EvaluationSet = { tracks: [], videos: [], pairs: [] };
  for (let i = 0; i < pairs; i++) {
    const genre = i % GENRES;
    const own = normals();
    const ofGenre = Array.from({ length: 8 }, (_, k) => (k === genre ? 3 : 0));
    const toItem = (id: string): EvaluationItem => ({
      id,
      segments: [
        {
          ssl: near(sslKnows ? own : normals(), 0.4),
          sup: near(supKnows ? ofGenre : normals(), 0.6),
        },
      ],
      labels: [`g${genre}`],
      source: null,
      resampleUnit: id,
    });
    set.tracks.push(toItem(`t${i}`));
    set.videos.push(toItem(`v${i}`));
    set.pairs.push({ trackId: `t${i}`, videoId: `v${i}` });
  }
  return set;
}

describe('the choice of α', () => {
  it('balances by the deviations over non-pairs, centred per query', () => {
    const unit = (x: number) => Float32Array.of(x, Math.sqrt(1 - x * x));
    const item = (id: string, ssl: number, sup: number): EvaluationItem => ({
      id,
      segments: [{ ssl: unit(ssl), sup: unit(sup) }],
      labels: [],
      source: null,
      resampleUnit: id,
    });
    const set: EvaluationSet = {
      tracks: [item('t0', 1, 1), item('t1', 0.8, 0.2), item('t2', 0.4, 0.6)],
      videos: [item('v0', 1, 1)],
      pairs: [{ trackId: 't0', videoId: 'v0' }],
    };
    // The video's non-pairs: 0.8 and 0.4, so 0.2 from their mean; 0.2 and 0.6, likewise 0.2.
    // From the tracks' side each of t1, t2 has one video to compare with and so no spread; t0 has none.
    const { similarityDeviation, balancedAlpha } = chooseAlpha(set);
    const expected = Math.sqrt((2 * 0.2 ** 2) / 4);
    expect(similarityDeviation.ssl).toBeCloseTo(expected, 6);
    expect(similarityDeviation.sup).toBeCloseTo(expected, 6);
    expect(balancedAlpha).toBeCloseTo(0.5, 6);
  });

  it('recommends the best compromise on the grid where both figures move', () => {
    const set = createSet(60);
    const choice = chooseAlpha(set);
    expect(choice.recommendedAlphaRule).toBe('best harmonic mean of MRR and mAP on validation');
    const grid = Array.from({ length: 21 }, (_, i) => i / 20);
    const figures = grid.map((alpha) => measureAtAlpha(set, alpha));
    const scale = (value: number, from: number, to: number) => (value - from) / (to - from);
    const worth = figures.map(({ mrr, meanAveragePrecision }) => {
      const pair = Math.min(1, scale(mrr, figures[20].mrr, figures[0].mrr));
      const label = Math.min(
        1,
        scale(meanAveragePrecision, figures[0].meanAveragePrecision, figures[20].meanAveragePrecision),
      );
      return 2 / (1 / pair + 1 / label);
    });
    expect(choice.recommendedAlpha).toBe(grid[worth.indexOf(Math.max(...worth))]);
    expect(choice.recommendedAlpha).toBeGreaterThan(0);
    expect(choice.recommendedAlpha).toBeLessThan(1);
  });

  it('keeps the balanced α for few pairs, and where α changes nothing that can be told from chance', () => {
    for (const set of [
      createSet(49),
      createSet(60, { sslKnows: false }),
      createSet(60, { supKnows: false }),
    ]) {
      const choice = chooseAlpha(set);
      expect(choice.recommendedAlphaRule).toMatch(/^balanced: /);
      expect(choice.recommendedAlpha).toBe(choice.balancedAlpha);
    }
  });
});
