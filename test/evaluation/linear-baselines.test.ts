import { describe, expect, it } from 'vitest';
import type { FeatureGallery } from '../../src/evaluation/baselines.ts';
import {
  innerProducts,
  outerProducts,
  principalAxes,
  singularVectors,
  solvePositive,
} from '../../src/evaluation/decompositions.ts';
import { embedLinear, fitCca, fitRidge, type LinearPair } from '../../src/evaluation/linear-baselines.ts';
import { evaluateSet } from '../../src/evaluation/protocol.ts';
import { measureFeatures, standardise } from '../../src/head/initial-weights.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';
import { dot } from '../../src/shared/vector-math.ts';

const LATENTS = 6;
const DIMENSION = { music: 30, video: 20 };

/** Features that are noisy linear views of common latents; the label is the sign of the first of them. */
function drawPairs(count: number, random: Random, noise: number): LinearPair[] {
  const viewOf = (dimension: number) =>
    Array.from({ length: dimension }, () => Array.from({ length: LATENTS }, () => random.normal()));
  const views = { music: viewOf(DIMENSION.music), video: viewOf(DIMENSION.video) };
  return Array.from({ length: count }, (_, i) => {
    const latents = Array.from({ length: LATENTS }, () => random.normal());
    const see = (side: 'music' | 'video') =>
      Float32Array.from(views[side], (weights) => 5 + 3 * (dot(weights, latents) + noise * random.normal()));
    return {
      music: [see('music'), see('music')],
      video: [see('video')],
      labels: [latents[0] > 0 ? 'bright' : 'dark'],
      componentKey: `c${i}`,
    };
  });
}

function toGallery(pairs: readonly LinearPair[]): FeatureGallery {
  const toItem = (side: 'music' | 'video') => (pair: LinearPair, i: number) => ({
    id: `${side}${i}`,
    features: [...pair[side]],
    labels: pair.labels,
    source: null,
    resampleUnit: `${i}`,
  });
  return {
    tracks: pairs.map(toItem('music')),
    videos: pairs.map(toItem('video')),
    pairs: pairs.map((_, i) => ({ trackId: `music${i}`, videoId: `video${i}` })),
  };
}

describe('the linear baselines', () => {
  const random = createRandom(3);
  const pairs = drawPairs(240, random, 0.3);
  const [train, test] = [pairs.slice(0, 160), pairs.slice(160)];

  it('CCA finds the own pair among unseen ones by what both sides share, at every α alike', () => {
    const projections = fitCca(train);
    if (!projections) throw new Error('There are enough pairs.');
    const { VIDEO_TO_MUSIC, MUSIC_TO_VIDEO } = evaluateSet(embedLinear(toGallery(test), projections));
    for (const { WEIGHTED } of [VIDEO_TO_MUSIC, MUSIC_TO_VIDEO]) {
      expect(WEIGHTED[0].pair?.recallAt1).toBeGreaterThan(0.8);
      expect(new Set(WEIGHTED.map(({ pair }) => pair?.recallAt1)).size).toBe(1);
    }
  });

  it('CCA finds nothing where nothing is shared', () => {
    const strangers = train.map((pair, i) => ({ ...pair, video: train[(i + 7) % train.length].video }));
    const projections = fitCca(strangers);
    if (!projections) throw new Error('There are enough pairs.');
    const { VIDEO_TO_MUSIC } = evaluateSet(embedLinear(toGallery(test), projections));
    expect(VIDEO_TO_MUSIC.WEIGHTED[0].pair?.recallAt10).toBeLessThan(0.4);
  });

  it('ridge regression ranks unseen items of the same label first', () => {
    const projections = fitRidge(train);
    if (!projections) throw new Error('There are enough labels.');
    const { label } = evaluateSet(embedLinear(toGallery(test), projections)).VIDEO_TO_MUSIC.WEIGHTED[10];
    expect(label?.precisionAt10).toBeGreaterThan(0.85);
    expect(label?.baseRate).toBeLessThan(0.65);
  });

  it('gives none where there is too little to fit on', () => {
    expect(fitCca(train.slice(0, 3))).toBeNull();
    expect(fitRidge(train.slice(0, 3))).toBeNull();
    expect(fitRidge(train.map((pair) => ({ ...pair, labels: ['one'] })))).toBeNull();
    expect(fitRidge(train.map((pair) => ({ ...pair, labels: [] })))).toBeNull();
  });

  it('survives features that do not vary, and fewer pairs than dimensions', () => {
    const flat = (pair: LinearPair): LinearPair => ({ ...pair, video: [new Float32Array(DIMENSION.video)] });
    expect(() => fitCca(train.map(flat))).not.toThrow();
    expect(() => fitCca(train.slice(0, 9))).not.toThrow();
  });

  it('agrees with the plain definition of ridge regression', () => {
    // Without a choice to make: one component, so that every ridge is scored on what it was fitted on, and 0.03 is best.
    const together = train.map((pair) => ({ ...pair, music: [pair.music[0]], componentKey: 'one' }));
    const projections = fitRidge(together);
    if (!projections) throw new Error('There are enough labels.');
    const rows = together.map(({ music }) => music[0]);
    const statistics = measureFeatures(rows);
    const x = rows.map((row) => standardise(row, statistics));
    const y = together.map(({ labels }) => [labels[0] === 'bright' ? 0.5 : -0.5]);
    const average = y.reduce((sum, [value]) => sum + value, 0) / y.length;
    const gram = outerProducts(x, x).map((row, i) =>
      row.map((sum, j) => sum / x.length + (i === j ? 0.03 : 0)),
    );
    const covariance = outerProducts(
      x,
      y.map(([value]) => [value - average]),
    ).map(([sum]) => [sum / x.length]);
    const weights = solvePositive(gram, covariance).map(([weight]) => weight);
    rows.forEach((row, i) => {
      const [bright, dark] = projections.MUSIC(row);
      expect(bright).toBeCloseTo(dot(weights, x[i]), 5);
      expect(dark).toBeCloseTo(-bright, 10);
    });
  });

  it('ends in the middle of the work where the hook throws', () => {
    for (const fitOn of [fitCca, fitRidge]) {
      let pauses = 0;
      const onPause = () => {
        if (++pauses === 4) throw new Error('Enough.');
      };
      expect(() => fitOn(train, { onPause })).toThrow('Enough.');
    }
  });
});

describe('the decompositions', () => {
  const random = createRandom(4);
  const matrix = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => random.normal()));

  it.each([
    [12, 7],
    [5, 9],
  ])('multiply out to a matrix of %i × %i again', (rows, columns) => {
    const original = matrix(rows, columns);
    const { left, values, right } = singularVectors(original);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const rebuilt = values.reduce((sum, value, k) => sum + value * left[k][i] * right[k][j], 0);
        expect(rebuilt).toBeCloseTo(original[i][j], 10);
      }
    }
  });

  it('give axes along which the mean squares are the variances, greatest first', () => {
    const rows = matrix(40, 6).map((row) => row.map((value, i) => value * (i + 1)));
    const { axes, variances } = principalAxes(rows, 4);
    expect(axes).toHaveLength(4);
    expect(variances).toEqual([...variances].sort((a, b) => b - a));
    axes.forEach((axis, k) => {
      const squares = rows.map((row) => dot(row, axis) ** 2);
      expect(squares.reduce((sum, value) => sum + value, 0) / rows.length).toBeCloseTo(variances[k], 8);
      expect(dot(axis, axis)).toBeCloseTo(1, 10);
    });
  });

  it('multiply rows with rows, and columns with columns', () => {
    const [a, b, c] = [matrix(7, 3), matrix(4, 3), matrix(7, 5)];
    expect(innerProducts(a, b).map((row) => [...row])).toEqual(
      a.map((row) => b.map((other) => dot(row, other))),
    );
    const columns = (rows: readonly Float64Array[]) =>
      Array.from(rows[0], (_, at) => rows.map((row) => row[at]));
    outerProducts(a, c).forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(dot(columns(a)[i], columns(c)[j]), 12);
      });
    });
  });
});
