import type { Random } from '../shared/random.ts';
import { type HeadWeights, STANDARDISED_LIMIT } from './head-weights.ts';

export interface HeadShape {
  /** Length of a feature vector. */
  dimension: number;
  /** Width of the hidden block. */
  hiddenDimension: number;
  /** Length of the unit vector. */
  outputDimension: number;
}

/** What standardises features: x̂ = clip((x − mean) / deviation, ±4). */
export type FeatureStatistics = Pick<HeadWeights, 'mean' | 'deviation'>;

/** The hidden block starts this much below the linear skip, which alone is a sound projection of few examples. */
const HIDDEN_SCALE = 0.3;

/** Seeded random weights: N(0, 2/d) into the hidden block, N(0, 1/d) on the skip, 0.3 · N(0, 1/h) out of the block. */
export function createInitialWeights(
  shape: HeadShape,
  { mean, deviation }: FeatureStatistics,
  random: Random,
): HeadWeights {
  const { dimension, hiddenDimension, outputDimension } = shape;
  const normals = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const hiddenWeights = normals(dimension * hiddenDimension, Math.sqrt(2 / dimension));
  const outputWeights = new Float32Array((dimension + hiddenDimension) * outputDimension);
  outputWeights.set(normals(dimension * outputDimension, Math.sqrt(1 / dimension)));
  outputWeights.set(
    normals(hiddenDimension * outputDimension, HIDDEN_SCALE * Math.sqrt(1 / hiddenDimension)),
    dimension * outputDimension,
  );
  return {
    ...shape,
    mean,
    deviation,
    hiddenWeights,
    hiddenBias: new Float32Array(hiddenDimension),
    outputWeights,
    outputBias: new Float32Array(outputDimension),
  };
}

/** Mean and deviation of each dimension over the rows; a dimension that does not vary gets deviation 1. */
export function measureFeatures(rows: readonly Float32Array[]): FeatureStatistics {
  const dimension = rows[0].length;
  const mean = new Float64Array(dimension);
  const variance = new Float64Array(dimension);
  for (const row of rows) for (let i = 0; i < dimension; i++) mean[i] += row[i] / rows.length;
  for (const row of rows)
    for (let i = 0; i < dimension; i++) variance[i] += (row[i] - mean[i]) ** 2 / rows.length;
  const deviation = Float32Array.from(variance, (square, i) => {
    const value = Math.sqrt(square);
    return value > 1e-6 * Math.max(1, Math.abs(mean[i])) ? value : 1;
  });
  return { mean: Float32Array.from(mean), deviation };
}

/** So large a deviation that whatever is divided by it is 0 to a head. */
const BLIND_DEVIATION = 1e30;

/** Statistics by which these dimensions are always 0 when standardised. */
export function ignoreFeatures(
  { mean, deviation }: FeatureStatistics,
  ranges: readonly { start: number; end: number }[],
): FeatureStatistics {
  const blind = deviation.slice();
  for (const { start, end } of ranges) blind.fill(BLIND_DEVIATION, start, end);
  return { mean, deviation: blind };
}

/** x̂ = clip((x − mean) / deviation, ±4). */
export function standardise(features: Float32Array, { mean, deviation }: FeatureStatistics): Float32Array {
  return features.map((value, i) => {
    const standardised = (value - mean[i]) / deviation[i];
    return Math.min(STANDARDISED_LIMIT, Math.max(-STANDARDISED_LIMIT, standardised));
  });
}
