import { beforeAll, describe, expect, it } from 'vitest';
import { applyHead } from '../../src/head/apply-head.ts';
import type { HeadWeights } from '../../src/head/head-weights.ts';
import { createInitialWeights, measureFeatures, standardise } from '../../src/head/initial-weights.ts';
import { toUnitRows } from '../../src/head/operations.ts';
import {
  differentiable,
  type Scalar,
  startTensorFlow,
  type Tensor2D,
  tf,
} from '../../src/head/tensorflow.ts';
import { createTrainableHead } from '../../src/head/trainable-head.ts';
import { createRandom } from '../../src/shared/random.ts';
import { dot, norm } from '../../src/shared/vector-math.ts';

const SHAPE = { dimension: 5, hiddenDimension: 4, outputDimension: 3 };
const random = createRandom(7);
const floats = (length: number) => Float32Array.from({ length }, () => random.normal());
const rows = Array.from({ length: 6 }, () => floats(SHAPE.dimension));
const statistics = measureFeatures(rows);
const weights: HeadWeights = {
  ...createInitialWeights(SHAPE, statistics, random),
  hiddenBias: floats(SHAPE.hiddenDimension),
  outputBias: floats(SHAPE.outputDimension),
};
const standardised = rows.map((row) => standardise(row, statistics));
const input = () =>
  tf.tensor2d(
    standardised.flatMap((row) => [...row]),
    [rows.length, SHAPE.dimension],
  );

/** Σ over rows of ⟨row, target⟩. */
function alongTarget(output: Tensor2D, target: Float32Array): Scalar {
  const targets = tf.tile(tf.tensor2d(target, [1, target.length]), [output.shape[0], 1]);
  return differentiable<Scalar>(
    [output],
    () => ({ value: tf.sum(tf.mul(output, targets)), saved: [targets] }),
    (gradient, [saved]) => [tf.mul(gradient, saved)],
  );
}

describe('a trainable head', () => {
  beforeAll(async () => {
    await startTensorFlow();
  });

  it('computes what its weights say by the plain definition', () => {
    const head = createTrainableHead(weights);
    const output = head.forward(input(), null).dataSync();
    rows.forEach((row, i) => {
      const expected = applyHead(head.toHeadWeights(), row) as Float32Array;
      expected.forEach((value, k) => {
        expect(output[i * SHAPE.outputDimension + k]).toBeCloseTo(value, 5);
      });
      expect(norm(expected)).toBeCloseTo(1, 6);
    });
  });

  it('has the gradient of the definition in every variable', () => {
    const target = floats(SHAPE.outputDimension);
    const lossOf = (candidate: HeadWeights) =>
      rows.reduce((sum, row) => sum + dot(applyHead(candidate, row) as Float32Array, target), 0);
    const head = createTrainableHead(weights);
    const { grads } = tf.variableGrads(
      () => alongTarget(head.forward(input(), null), target),
      [...head.matrices, ...head.biases],
    );
    const [hidden, skip, output, hiddenBias, outputBias] = [...head.matrices, ...head.biases].map(
      ({ name }) => [...grads[name].dataSync()],
    );
    const actual = { hiddenWeights: hidden, hiddenBias, outputWeights: [...skip, ...output], outputBias };
    for (const key of ['hiddenWeights', 'hiddenBias', 'outputWeights', 'outputBias'] as const) {
      weights[key].forEach((value, i) => {
        const step = 1e-2;
        const moved = (by: number) => lossOf({ ...weights, [key]: weights[key].with(i, value + by) });
        const slope = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(actual[key][i] - slope), `${key}[${i}]`).toBeLessThan(2e-3);
      });
    }
  });

  it('gives a row without a direction no gradient, and the other rows theirs', () => {
    const target = floats(SHAPE.outputDimension);
    const gradientOf = (flat: Float32Array) => {
      const some = tf.tensor2d(flat, [flat.length / SHAPE.outputDimension, SHAPE.outputDimension]);
      const variable = tf.variable(some) as tf.Variable<tf.Rank.R2>;
      const { grads } = tf.variableGrads(() => alongTarget(toUnitRows(variable), target), [variable]);
      return Array.from(grads[variable.name].dataSync(), (value) => value + 0); // −0 is 0
    };
    const row = floats(SHAPE.outputDimension);
    const alone = gradientOf(row);
    expect(Math.max(...alone.map(Math.abs))).toBeGreaterThan(1e-3);
    for (const length of [0, 1e-30, 1e-8]) {
      const short = row.map((value) => (value / norm(row)) * length);
      expect(gradientOf(Float32Array.from([...short, ...row]))).toEqual([0, 0, 0, ...alone]);
    }
  });

  it('drops hidden units by the mask', () => {
    const head = createTrainableHead(weights);
    const none = tf.zeros<tf.Rank.R2>([rows.length, SHAPE.hiddenDimension]) as Tensor2D;
    const dropped = head.forward(input(), none).dataSync();
    const withoutHidden = { ...weights, outputWeights: weights.outputWeights.slice() };
    withoutHidden.outputWeights.fill(0, SHAPE.dimension * SHAPE.outputDimension);
    const expected = applyHead(withoutHidden, rows[0]) as Float32Array;
    expected.forEach((value, k) => {
      expect(dropped[k]).toBeCloseTo(value, 5);
    });
  });
});

describe('feature statistics', () => {
  it('standardise to mean 0 and deviation 1, clip at ±4 and leave constant dimensions at 0', () => {
    const table = Array.from({ length: 200 }, (_, i) => Float32Array.of(i === 0 ? 1_000 : i % 2, 3.3, -i));
    const measured = measureFeatures(table);
    const result = table.map((row) => standardise(row, measured));
    expect(result[0][0]).toBe(4);
    for (const row of result) expect(Math.abs(row[1])).toBeLessThan(1e-5);
    const last = result.map((row) => row[2]);
    expect(last.reduce((sum, value) => sum + value, 0) / 200).toBeCloseTo(0, 5);
    expect(Math.sqrt(last.reduce((sum, value) => sum + value * value, 0) / 200)).toBeCloseTo(1, 5);
  });
});
