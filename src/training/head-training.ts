import type { Space } from '../head/head.ts';
import {
  type FeatureStatistics,
  ignoreFeatures,
  measureFeatures,
  standardise,
} from '../head/initial-weights.ts';
import { type Scalar, startTensorFlow, tf, toVariable, type Variable } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import { createRandom } from '../shared/random.ts';
import { type AdamWState, createAdamW, type DecayedVariable } from './adam-w.ts';
import { createEarlyStop, type EarlyStopState } from './early-stop.ts';
import { checkFeatures } from './finite-features.ts';
import {
  createHeadSet,
  featuresOf,
  type HeadWeightsSet,
  listHeads,
  perModality,
  type TrainableHeadSet,
  toWeightsSet,
} from './head-set.ts';
import { learningRateAt } from './learning-rate.ts';
import { toSslTargets, toSupTargets } from './losses.ts';
import { type BatchRows, lossParts, totalLoss, trainedSpaces } from './objective.ts';
import type { LossWeights, TrainingOptions } from './options.ts';
import { toDropoutMask, toNoisyInput } from './regularisation.ts';
import { createSampler } from './sampler.ts';
import { pairsOfSplit, type TrainingPair, type TrainingSet } from './training-set.ts';

/** The parts of the loss before their weights; null for those of weight 0. */
export interface StepLosses extends Record<keyof LossWeights, number | null> {
  /** From 1. */
  step: number;
}

export interface TrainedHeads {
  heads: HeadWeightsSet;
  history: StepLosses[];
  /** τ at the end. */
  temperature: number;
  /** The step whose weights these are: the last, or the best by early stop. */
  chosenStep: number;
  /** What computed the gradients. */
  backend: string;
}

/** All that a run needs to go on where it stands. */
export interface TrainingCheckpoint {
  history: StepLosses[];
  /** Each trained variable's values. */
  variables: Float32Array[];
  optimizer: AdamWState;
  earlyStop: EarlyStopState;
}

/** A training run that goes on as far as it is told to. */
export interface HeadTraining {
  /** Trains at most this many steps further and returns their losses; fewer at the end. */
  advance(steps: number): Promise<StepLosses[]>;
  isDone(): boolean;
  toCheckpoint(): TrainingCheckpoint;
  /** The heads as they stand, or the best so far by early stop. Frees the run. */
  finish(): TrainedHeads;
}

const TEMPERATURE_BOUNDS = [0.01, 0.5] as const;

/**
 * Starts training the heads on the train split, or goes on from a checkpoint of the same set and options, which ends
 * in the same heads as a run without a break. `advance` blocks its thread: run it in a worker.
 *
 * What is random at a step depends on the seed and the step alone, and for each space apart: so neither a break nor
 * the other space changes it. A learned τ and early stop are common to both.
 *
 * UsageError for features that are not finite, and from `advance` at the first step whose loss is not.
 */
export async function startHeadTraining(
  set: TrainingSet,
  options: TrainingOptions,
  checkpoint: TrainingCheckpoint | null = null,
): Promise<HeadTraining> {
  checkFeatures(set.pairs);
  const backend = await startTensorFlow();
  const random = createRandom(options.seed);
  const { lossWeights } = options;
  const pairs = pairsOfSplit(set, 'train');
  const statistics = perModality((modality) =>
    ignoreFeatures(
      measureFeatures(pairs.flatMap((pair) => featuresOf(pair, modality))),
      options.ignoredFeatures[modality],
    ),
  );
  const heads = createHeadSet(statistics, options, random.fork('weights'));
  const spaces = trainedSpaces(lossWeights);
  const logTemperature = toVariable(tf.scalar(Math.log(options.temperature)), options.learnsTemperature);
  const decayed = listVariables(heads, spaces, logTemperature, options);
  const variables = decayed.map(({ variable }) => variable);
  tf.tidy(() => {
    checkpoint?.variables.forEach((values, index) => {
      variables[index].assign(tf.tensor(values, variables[index].shape));
    });
  });
  const optimizer = createAdamW(decayed, checkpoint?.optimizer);
  const standardised = pairs.map((pair) => standardisePair(pair, statistics));
  const drawBatch = createSampler(standardised, options, random.fork('batches'));
  const validation = pairsOfSplit(set, 'val');
  const stopsEarly = options.earlyStop !== null && validation.length > 0;
  const patience = options.earlyStop?.patience ?? Number.POSITIVE_INFINITY;
  const earlyStop = createEarlyStop(validation, patience, checkpoint?.earlyStop);
  const history: StepLosses[] = [...(checkpoint?.history ?? [])];
  for (let step = 0; step < history.length; step++) drawBatch();

  const isDone = () => history.length >= options.steps || earlyStop.isDone;

  const trainStep = (step: number): StepLosses => {
    const batch = drawBatch();
    const traits = batch.map(({ pair }) => pair);
    const targets = { ssl: toSslTargets(traits), sup: toSupTargets(traits, options.excludeOwnPair) };
    const noise = random.fork(`noise of step ${step}`);
    const alpha = noise.fork('alpha').uniform();
    const losses: StepLosses = { step, ssl: null, sup: null, joint: null };
    tf.tidy(() => {
      const inputs = perModality((modality) =>
        toNoisyInput(batch, modality, options.featureNoise, noise.fork(modality)),
      );
      const rowsOf = (space: Space) =>
        perModality((modality) => {
          const mask = toDropoutMask(batch.length, options, noise.fork(`${modality} ${space}`));
          return heads[modality][space].forward(inputs[modality], mask);
        });
      const { grads } = tf.variableGrads(() => {
        const rows: BatchRows = Object.fromEntries(spaces.map((space) => [space, rowsOf(space)]));
        const parts = lossParts(rows, targets, lossWeights, alpha, logTemperature as Scalar);
        for (const { name, value } of parts) losses[name] = value.dataSync()[0];
        return totalLoss(parts, lossWeights);
      }, variables);
      checkLosses(losses, options);
      const gradients = variables.map(({ name }) => grads[name]);
      optimizer.apply(gradients, learningRateAt(step, options));
      if (options.learnsTemperature) clipTemperature(logTemperature);
    });
    return losses;
  };

  return {
    async advance(steps) {
      const first = history.length;
      while (history.length < first + steps && !isDone()) {
        history.push(trainStep(history.length + 1));
        const isCheckDue = stopsEarly && history.length % (options.earlyStop?.everySteps ?? 1) === 0;
        if (isCheckDue) await earlyStop.check(history.length, toWeightsSet(heads));
      }
      return history.slice(first);
    },
    isDone,
    toCheckpoint: () => ({
      history: [...history],
      variables: variables.map((variable) => (variable.dataSync() as Float32Array).slice()),
      optimizer: optimizer.toState(),
      earlyStop: earlyStop.toState(),
    }),
    finish() {
      const chosen = earlyStop.best ?? { step: history.length, weights: toWeightsSet(heads) };
      const learned = Math.exp(logTemperature.dataSync()[0]);
      const temperature = options.learnsTemperature ? learned : options.temperature;
      for (const head of listHeads(heads)) head.dispose();
      optimizer.dispose();
      logTemperature.dispose();
      return { heads: chosen.weights, history, temperature, chosenStep: chosen.step, backend };
    },
  };
}

/** What is trained, each variable once, with its share of the weight decay: matrices decay, biases and τ don't. */
function listVariables(
  heads: TrainableHeadSet,
  spaces: readonly Space[],
  logTemperature: Variable,
  { weightDecay, learnsTemperature }: TrainingOptions,
): DecayedVariable[] {
  const trained = listHeads(heads, spaces);
  const matrices = [...new Set(trained.flatMap((head) => head.matrices))];
  const biases = [...new Set(trained.flatMap((head) => head.biases))];
  return [
    ...matrices.map((variable) => ({ variable, weightDecay })),
    ...biases.map((variable) => ({ variable, weightDecay: 0 })),
    ...(learnsTemperature ? [{ variable: logTemperature, weightDecay: 0 }] : []),
  ];
}

/** Once a loss is not finite, no weight ever is again. */
function checkLosses({ step, ...losses }: StepLosses, { learningRate }: TrainingOptions): void {
  for (const [name, loss] of Object.entries(losses)) {
    if (loss !== null && !Number.isFinite(loss)) {
      throw new UsageError(
        `Training diverged: the ${name} loss is ${loss} at step ${step}. Lower learningRate, which is ${learningRate}.`,
      );
    }
  }
}

function standardisePair(pair: TrainingPair, statistics: Record<Modality, FeatureStatistics>): TrainingPair {
  return {
    ...pair,
    music: pair.music.map((row) => standardise(row, statistics.MUSIC)),
    video: pair.video.map((row) => standardise(row, statistics.VIDEO)),
  };
}

function clipTemperature(logTemperature: Variable): void {
  const [least, most] = TEMPERATURE_BOUNDS.map(Math.log);
  logTemperature.assign(tf.clipByValue(logTemperature, least, most));
}
