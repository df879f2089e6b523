/**
 * One space's trained projection p(q(x)) of one modality, as plain arrays in row-major order:
 *
 *   x̂ = clip((x − mean) / deviation, ±4)
 *   q = [x̂ ; ReLU(x̂ · hiddenWeights + hiddenBias)]
 *   p = (q · outputWeights + outputBias) / ‖·‖
 */
export interface HeadWeights {
  /** d, the length of a feature vector. */
  dimension: number;
  /** h, the width of the hidden block. */
  hiddenDimension: number;
  /** o, the length of the unit vector. */
  outputDimension: number;
  /** [d] */
  mean: Float32Array;
  /** [d], all above 0 */
  deviation: Float32Array;
  /** [d, h] */
  hiddenWeights: Float32Array;
  /** [h] */
  hiddenBias: Float32Array;
  /** [d + h, o] */
  outputWeights: Float32Array;
  /** [o] */
  outputBias: Float32Array;
}

/** Standardised features are clipped to ±this, so that one outlier cannot rule a projection. */
export const STANDARDISED_LIMIT = 4;
