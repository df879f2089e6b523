/** What each part of the loss counts; a part of weight 0 is not computed, and a space without any is not trained. */
export interface LossWeights {
  ssl: number;
  /** λ. */
  sup: number;
  /** Of (1−α)·L_ssl(z) + α·L_sup(z), z the unit vector of (1−α)·ssl + α·sup, with a new α ~ U(0, 1) at each step. */
  joint: number;
}

/** How heads are trained. The defaults depend on the number of training pairs: see `defaultTrainingOptions`. */
export interface TrainingOptions {
  /** Seeds weights, batches, noise and dropout: equal seeds and sets give equal heads. */
  seed: number;
  lossWeights: LossWeights;
  /** Whether both spaces of a modality share one hidden block. */
  trunk: 'separate' | 'shared';
  /** Whether standardised features reach the projection beside the hidden block. */
  hasLinearSkip: boolean;
  /** Width of the hidden block. */
  hiddenDimension: number;
  /** Length of the unit vectors, in both spaces. */
  outputDimension: number;
  /** τ of both losses; where it is learned, its start. */
  temperature: number;
  /** Learns one τ for both spaces, within [0.01, 0.5]. */
  learnsTemperature: boolean;
  /** Standard deviation of the normal noise on standardised features. */
  featureNoise: number;
  /** Share of hidden units that are dropped. */
  dropout: number;
  /** AdamW's, after warm-up; it falls to 0 by a cosine. */
  learningRate: number;
  /** AdamW's decoupled decay, on weights and not on biases. */
  weightDecay: number;
  /** Pairs in a batch; fewer where there are fewer tracks. */
  batchPairs: number;
  steps: number;
  /** Steps in which the learning rate rises from 0. */
  warmUpSteps: number;
  /** At least this share of a batch is labelled, as far as there are labelled pairs. */
  minimumLabelledShare: number;
  /** An anchor of L_sup is no positive of itself. */
  excludeOwnPair: boolean;
  /** Stops when MRR + mAP on val has not risen for `patience` checks, and goes back to the best; null: never. */
  earlyStop: { everySteps: number; patience: number } | null;
}

/** Up to here the defaults for few pairs hold, and from MANY_PAIRS those for many. */
const FEW_PAIRS = 1_000;
const MANY_PAIRS = 10_000;

/**
 * Defaults for a number of training pairs. Under 1,000: narrow heads, strong noise and decay. From 10,000: wide heads,
 * little of both, a learned τ and early stop. Between them each figure goes from one to the other along the logarithm
 * of the number of pairs (widths and batch geometrically), with τ fixed and no early stop. Steps are 250, or 20
 * passes over the pairs where that is more.
 */
export function defaultTrainingOptions(trainingPairs: number): TrainingOptions {
  const position = Math.log(trainingPairs / FEW_PAIRS) / Math.log(MANY_PAIRS / FEW_PAIRS);
  const share = Math.min(1, Math.max(0, position));
  const between = (few: number, many: number) => (1 - share) * few + share * many;
  const width = (few: number, many: number) => 16 * Math.round((few * (many / few) ** share) / 16);
  const hasMany = trainingPairs >= MANY_PAIRS;
  const batchPairs = width(96, 256);
  return {
    seed: 1,
    lossWeights: { ssl: 1, sup: 1, joint: 0 },
    trunk: 'separate',
    hasLinearSkip: true,
    hiddenDimension: width(128, 512),
    outputDimension: width(64, 256),
    temperature: between(0.15, 0.1),
    learnsTemperature: hasMany,
    featureNoise: between(0.5, 0.1),
    dropout: 0.3,
    learningRate: 1e-3,
    weightDecay: between(0.3, 0.05),
    batchPairs,
    steps: Math.max(250, Math.ceil((20 * trainingPairs) / batchPairs)),
    warmUpSteps: 20,
    minimumLabelledShare: 0.25,
    excludeOwnPair: false,
    earlyStop: hasMany ? { everySteps: 100, patience: 5 } : null,
  };
}
