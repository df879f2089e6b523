import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHead } from '../../src/head/apply-head.ts';
import { createInitialWeights, measureFeatures } from '../../src/head/initial-weights.ts';
import { createRandom } from '../../src/shared/random.ts';
import { dot } from '../../src/shared/vector-math.ts';
import { fitRidge } from '../../src/training/ridge-map.ts';
import { toTextHeads } from '../../src/training/text-heads.ts';
import { largestDifference } from '../support/reference.ts';

const DIMENSION = 6;

/** Pictures on both sides of zero, which is their mean, and heads that standardise by them. */
function setUp(seed: number) {
  const random = createRandom(seed);
  const draw = () => Float32Array.from({ length: DIMENSION }, () => random.normal());
  const pictures = Array.from({ length: 20 }, draw).flatMap((one) => [one, one.map((value) => -value)]);
  const shape = { dimension: DIMENSION, hiddenDimension: 10, outputDimension: 5 };
  const statistics = measureFeatures(pictures);
  const video = {
    ssl: createInitialWeights(shape, statistics, random.fork('ssl')),
    sup: createInitialWeights(shape, statistics, random.fork('sup')),
  };
  return { random, draw, pictures, video };
}

const project = (heads: ReturnType<typeof setUp>['video'], features: Float32Array) => [
  ...(applyHead(heads.ssl, features) ?? []),
  ...(applyHead(heads.sup, features) ?? []),
];

describe('heads for texts', () => {
  it('read a text as its picture, wherever texts lie and however far they spread', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.05, max: 20, noNaN: true }), (seed, scale) => {
        const { draw, pictures, video } = setUp(seed);
        const offset = draw().map((value) => 3 * value);
        const texts = pictures.map((picture) => picture.map((value, i) => scale * value + offset[i]));
        const heads = toTextHeads(video, { texts, labelled: [] });
        texts.forEach((text, i) => {
          expect(largestDifference(project(heads, text), project(video, pictures[i]))).toBeLessThan(1e-3);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('bring the texts of labels to the pictures that carry them, and leave the rest', () => {
    const { pictures, video } = setUp(4);
    // Texts swap the first two directions and know the others.
    const swap = ([a, b, ...rest]: Float32Array) => Float32Array.from([b, a, ...rest]);
    const texts = pictures.map(swap);
    const axis = (k: number) => Float32Array.from({ length: DIMENSION }, (_, i) => (i === k ? 2 : 0));
    const labelled = [0, 1].map((k) => ({ text: swap(axis(k)), video: axis(k) }));
    const centred = toTextHeads(video, { texts, labelled: [] });
    const fitted = toTextHeads(video, { texts, labelled }, 0.01);
    for (const { text, video: picture } of labelled) {
      const own = project(video, picture);
      // Two unit vectors, so 2 is equality.
      expect(dot(project(fitted, text), own)).toBeGreaterThan(1.9);
      expect(dot(project(fitted, text), own)).toBeGreaterThan(dot(project(centred, text), own) + 0.2);
    }
    const other = axis(3);
    expect(dot(project(fitted, other), project(centred, other))).toBeCloseTo(2, 5);
  });

  it('solve the ridge regression: the gradient is zero', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0.1, 1, 10),
        (seed, count, share) => {
          const { draw } = setUp(seed);
          const from = Array.from({ length: count }, draw);
          const to = Array.from({ length: count }, draw);
          const map = fitRidge(from, to, share);
          const ridge = (share * from.reduce((sum, row) => sum + dot(row, row), 0)) / count;
          for (let i = 0; i < DIMENSION; i++) {
            for (let j = 0; j < DIMENSION; j++) {
              const pull = from.reduce((sum, row, n) => {
                const mapped = row.reduce((total, value, k) => total + value * map[k][j], 0);
                return sum + row[i] * (mapped - to[n][j]);
              }, 0);
              const gradient = pull + ridge * (map[i][j] - (i === j ? 1 : 0));
              expect(Math.abs(gradient)).toBeLessThan(1e-3 * (1 + ridge));
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hold still where all texts are alike, or a label’s text is the mean', () => {
    const { draw, video } = setUp(5);
    const text = draw();
    const same = toTextHeads(video, { texts: [text, text], labelled: [{ text, video: draw() }] });
    expect(project(same, draw()).every(Number.isFinite)).toBe(true);
  });
});
