import type { Space } from '../head/head.ts';
import { type FeatureStatistics, measureFeatures, standardise } from '../head/initial-weights.ts';
import { add } from '../head/operations.ts';
import { type Scalar, startTensorFlow, type Tensor2D, tf, type Variable } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import { createRandom } from '../shared/random.ts';
import { createAdamW, type DecayedVariable } from './adam-w.ts';
import { createEarlyStop } from './early-stop.ts';
import {
  createHeadSet,
  featuresOf,
  type HeadWeightsSet,
  listHeads,
  perModality,
  perSpace,
  toWeightsSet,
} from './head-set.ts';
import { learningRateAt } from './learning-rate.ts';
import { contrastiveLoss, toSslTargets, toSupTargets } from './losses.ts';
import type { TrainingOptions } from './options.ts';
import { toDropoutMask, toNoisyInput } from './regularisation.ts';
import { createSampler } from './sampler.ts';
import { pairsOfSplit, type TrainingPair, type TrainingSet } from './training-set.ts';

export interface StepLosses extends Record<Space, number> {
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

/** A training run that goes on as far as it is told to. */
export interface HeadTraining {
  /** Trains at most this many steps further and returns their losses; fewer at the end. */
  advance(steps: number): Promise<StepLosses[]>;
  isDone(): boolean;
  /** The heads as they stand, or the best so far by early stop. Frees the run. */
  finish(): TrainedHeads;
}

const TEMPERATURE_BOUNDS = [0.01, 0.5] as const;

/** Starts training the heads of both spaces on the train split. `advance` blocks its thread: run it in a worker. */
export async function startHeadTraining(set: TrainingSet, options: TrainingOptions): Promise<HeadTraining> {
  const backend = await startTensorFlow();
  const random = createRandom(options.seed);
  const pairs = pairsOfSplit(set, 'train');
  const statistics = perModality((modality) =>
    measureFeatures(pairs.flatMap((pair) => featuresOf(pair, modality))),
  );
  const heads = createHeadSet(statistics, options, random.fork('weights'));
  const logTemperature = tf.variable(tf.scalar(Math.log(options.temperature)), options.learnsTemperature);
  const decayed = [
    ...listHeads(heads).flatMap((head) =>
      head.matrices.map((variable) => withDecay(variable, options.weightDecay)),
    ),
    ...listHeads(heads).flatMap((head) => head.biases.map((variable) => withDecay(variable, 0))),
    ...(options.learnsTemperature ? [withDecay(logTemperature, 0)] : []),
  ];
  const variables = decayed.map(({ variable }) => variable);
  const optimizer = createAdamW(decayed);
  const standardised = pairs.map((pair) => standardisePair(pair, statistics));
  const drawBatch = createSampler(standardised, options, random.fork('batches'));
  const noise = random.fork('noise');
  const validation = pairsOfSplit(set, 'val');
  const stopsEarly = options.earlyStop !== null && validation.length > 0;
  const earlyStop = createEarlyStop(validation, options.earlyStop?.patience ?? Number.POSITIVE_INFINITY);
  const history: StepLosses[] = [];

  const isDone = () => history.length >= options.steps || earlyStop.isDone;

  /** Both spaces at once: they share no variable but τ, where it is learned. */
  const trainStep = (step: number): StepLosses => {
    const batch = drawBatch();
    const traits = batch.map(({ pair }) => pair);
    const targets = { ssl: toSslTargets(traits), sup: toSupTargets(traits, options.excludeOwnPair) };
    const losses: StepLosses = { step, ssl: 0, sup: 0 };
    const lossOf = (space: Space, inputs: Record<Modality, Tensor2D>) => {
      const rows = perModality((modality) => {
        const mask = toDropoutMask(batch.length, options, noise);
        return heads[modality][space].forward(inputs[modality], mask);
      });
      const loss = contrastiveLoss(rows.VIDEO, rows.MUSIC, logTemperature as Scalar, targets[space]);
      losses[space] = loss.dataSync()[0];
      return loss;
    };
    tf.tidy(() => {
      const inputs = perModality((modality) => toNoisyInput(batch, modality, options.featureNoise, noise));
      const { grads } = tf.variableGrads(() => {
        const { ssl, sup } = perSpace((space) => lossOf(space, inputs));
        return add(ssl, sup);
      }, variables);
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

function withDecay(variable: Variable, weightDecay: number): DecayedVariable {
  return { variable, weightDecay };
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
