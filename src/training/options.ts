import { z } from 'zod';
import { UsageError } from '../shared/errors.ts';

const share = z.number().min(0).max(1);
const weight = z.number().min(0);
const width = z.int().min(1).max(8_192);

/** A τ that is learned is kept within. */
export const LEARNED_TEMPERATURE_BOUNDS = [0.01, 0.5] as const;

/** What each part of the loss counts; a part of weight 0 is not computed, and a space without any is not trained. */
const lossWeightsSchema = z.strictObject({
  ssl: weight,
  /** λ. */
  sup: weight,
  /** Of (1−α)·L_ssl(z) + α·L_sup(z), z the unit vector of (1−α)·ssl + α·sup, with a new α ~ U(0, 1) at each step. */
  joint: weight,
});

/** Dimensions from `start` to below `end`. */
const rangesSchema = z.array(z.strictObject({ start: z.int().min(0), end: z.int().min(1) }));

/** How heads are trained. The defaults depend on the number of training pairs: see `defaultTrainingOptions`. */
const trainingOptionsSchema = z.strictObject({
  /** Seeds weights, batches, noise and dropout: equal seeds and sets give equal heads. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  lossWeights: lossWeightsSchema.refine(
    ({ ssl, sup, joint }) => ssl + sup + joint > 0,
    'At least one has to be above 0.',
  ),
  /** Whether both spaces of a modality share one hidden block. */
  trunk: z.enum(['separate', 'shared']),
  /** Dimensions of the features that the heads don't look at. */
  ignoredFeatures: z.strictObject({ MUSIC: rangesSchema, VIDEO: rangesSchema }),
  /** Whether standardised features reach the projection beside the hidden block. */
  hasLinearSkip: z.boolean(),
  /** Where the linear skip of the ssl heads starts: random numbers, or a canonical correlation analysis of train. */
  linearStart: z.enum(['random', 'cca']),
  /** Width of the hidden block. */
  hiddenDimension: width,
  /** Length of the unit vectors, in both spaces. */
  outputDimension: width,
  /** τ of both losses; where it is learned, its start. */
  temperature: z.number().min(0.01).max(1),
  /** Learns τ, each space its own, within [0.01, 0.5]. */
  learnsTemperature: z.boolean(),
  /** Standard deviation of the normal noise on standardised features. */
  featureNoise: z.number().min(0),
  /** Share of hidden units that are dropped. */
  dropout: z.number().min(0).max(0.95),
  /** AdamW's, after warm-up; it falls to 0 by a cosine. */
  learningRate: z.number().positive(),
  /** AdamW's decoupled decay, on weights and not on biases. */
  weightDecay: weight,
  /** Pairs in a batch; fewer where there are fewer tracks. */
  batchPairs: z.int().min(2).max(65_536),
  steps: z.int().min(1),
  /** Steps in which the learning rate rises from 0. */
  warmUpSteps: z.int().min(0),
  /** At least this share of a batch is labelled, as far as there are labelled pairs. */
  minimumLabelledShare: share,
  /** An anchor of L_sup is no positive of itself. */
  excludeOwnPair: z.boolean(),
  /**
   * A space stops when its figure on val (MRR for ssl, mAP for sup) has not risen for `patience` checks, and goes back
   * to the best; spaces with a shared trunk or a joint loss go by the sum, together. Null: never.
   */
  earlyStop: z.strictObject({ everySteps: z.int().min(1), patience: z.int().min(1) }).nullable(),
});

export type LossWeights = z.infer<typeof lossWeightsSchema>;
export type TrainingOptions = z.infer<typeof trainingOptionsSchema>;

/** What is set of them; the rest has its default. */
export const givenOptionsSchema = trainingOptionsSchema.partial();
export type GivenOptions = z.infer<typeof givenOptionsSchema>;

/** Options that go against each other: one of them would do nothing, or not what it says. */
interface Conflict {
  options: readonly (keyof GivenOptions)[];
  isIn(options: GivenOptions): boolean;
  message: string;
}

export const CONFLICTS: readonly Conflict[] = [
  {
    options: ['linearStart', 'hasLinearSkip'],
    isIn: ({ linearStart, hasLinearSkip }) => linearStart === 'cca' && hasLinearSkip === false,
    message: 'linearStart cca is where the linear skip starts, and hasLinearSkip false leaves that out.',
  },
  {
    options: ['linearStart', 'lossWeights'],
    isIn: ({ linearStart, lossWeights }) =>
      linearStart === 'cca' && lossWeights?.ssl === 0 && lossWeights.joint === 0,
    message:
      'linearStart cca is where the ssl heads start, and lossWeights of ssl 0 and joint 0 leave them untrained.',
  },
  {
    options: ['temperature', 'learnsTemperature'],
    isIn: ({ temperature = 0, learnsTemperature }) =>
      learnsTemperature === true && temperature > LEARNED_TEMPERATURE_BOUNDS[1],
    message: `temperature starts at ${LEARNED_TEMPERATURE_BOUNDS[1]} or less where learnsTemperature is true: it is kept within ${LEARNED_TEMPERATURE_BOUNDS.join('–')}.`,
  },
];

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
    ignoredFeatures: { MUSIC: [], VIDEO: [] },
    hasLinearSkip: true,
    linearStart: 'random',
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

/** What is given, with the defaults for the rest. UsageError that names every conflict, also of one with a default. */
export function completeOptions(given: GivenOptions, trainingPairs: number): TrainingOptions {
  const options = { ...defaultTrainingOptions(trainingPairs), ...given };
  const faults = CONFLICTS.filter((conflict) => conflict.isIn(options)).map(({ message }) => `  ${message}`);
  if (faults.length > 0) {
    const defaults = `with the defaults for ${trainingPairs} training pairs`;
    throw new UsageError(`The options of training, ${defaults}, have faults:\n${faults.join('\n')}`);
  }
  return options;
}
