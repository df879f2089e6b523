import { toUnit, type Vector } from '../shared/vector-math.ts';
import type { HeadWeights } from './head-weights.ts';
import { standardise } from './initial-weights.ts';

/**
 * p(q(x)) of one feature vector in float64, or null where it is zero: the definition in plain arithmetic, for heads
 * that are not worth a session and to compare the fast ways with.
 */
export function applyHead(weights: HeadWeights, features: Float32Array): Vector | null {
  const standardised = standardise(features, weights);
  const hidden = multiply(standardised, weights.hiddenWeights, weights.hiddenBias).map((value) =>
    Math.max(0, value),
  );
  return toUnit(multiply([...standardised, ...hidden], weights.outputWeights, weights.outputBias));
}

/** row · matrix + bias, the matrix [row.length, bias.length] in row-major order. */
function multiply(row: ArrayLike<number>, matrix: Float32Array, bias: Float32Array): Float64Array {
  const result = Float64Array.from(bias);
  for (let i = 0; i < row.length; i++) {
    for (let j = 0; j < result.length; j++) result[j] += row[i] * matrix[i * result.length + j];
  }
  return result;
}
