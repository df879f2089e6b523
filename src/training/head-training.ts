import type { FitHooks } from '../evaluation/linear-baselines.ts';
import type { Space } from '../head/head.ts';
import {
  type FeatureStatistics,
  ignoreFeatures,
  measureFeatures,
  standardise,
} from '../head/initial-weights.ts';
import { startTensorFlow, tf, toVariable } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import { createRandom } from '../shared/random.ts';
import { checkFeatures } from './finite-features.ts';
import {
  createHeadSet,
  featuresOf,
  type HeadWeightsSet,
  listHeads,
  perModality,
  perSpace,
  projectRows,
  toWeightsSet,
} from './head-set.ts';
import { createLearner, type LearnerState, type Losses } from './learner.ts';
import { fitLinearStart, startsFromCca } from './linear-start.ts';
import { toSslTargets, toSupTargets } from './losses.ts';
import { tiedSpaces } from './objective.ts';
import type { TrainingOptions } from './options.ts';
import { toNoisyInput } from './regularisation.ts';
import { createSampler } from './sampler.ts';
import { embedGallery, toPairGallery } from './to-evaluation-set.ts';
import { pairsOfSplit, type TrainingPair, type TrainingSet } from './training-set.ts';

/** The losses of a step; null for a part that is not trained, or no more. */
export interface StepLosses extends Losses {
  /** From 1. */
  step: number;
}

export interface TrainedHeads {
  heads: HeadWeightsSet;
  history: StepLosses[];
  /** τ of each space. */
  temperature: Record<Space, number>;
  /** The step whose weights a space has: the last, or the best by early stop; 0 for one that was not trained. */
  chosenStep: Record<Space, number>;
  /** Where the ssl heads began: never from CCA where there was too little to correlate. */
  linearStart: TrainingOptions['linearStart'];
  /** What computed the gradients. */
  backend: string;
}

/** All that a run needs to go on where it stands. */
export interface TrainingCheckpoint {
  linearStart: TrainingOptions['linearStart'];
  history: StepLosses[];
  learners: LearnerState[];
}

/** A training run that goes on as far as it is told to. */
export interface HeadTraining {
  readonly linearStart: TrainingOptions['linearStart'];
  /** Trains at most this many steps further and returns their losses; fewer at the end. */
  advance(steps: number): Promise<StepLosses[]>;
  isDone(): boolean;
  toCheckpoint(): TrainingCheckpoint;
  /** The heads as they stand, or the best so far by early stop. Frees the run. */
  finish(): TrainedHeads;
}

/**
 * Starts training the heads on the train split, or goes on from a checkpoint of the same set and options, which ends
 * in the same heads as a run without a break. `advance` blocks its thread: run it in a worker.
 *
 * What is random at a step depends on the seed and the step alone, and for each space apart: so neither a break nor
 * the other space changes it. Spaces without a shared trunk or a joint loss have all of their own, τ and early stop, too.
 *
 * What `onPause` throws ends a start from CCA. UsageError for features that are not finite, and from `advance` at the
 * first step whose loss is not.
 */
export async function startHeadTraining(
  set: TrainingSet,
  options: TrainingOptions,
  checkpoint: TrainingCheckpoint | null = null,
  hooks: FitHooks = {},
): Promise<HeadTraining> {
  checkFeatures(set.pairs);
  const backend = await startTensorFlow();
  const random = createRandom(options.seed);
  const pairs = pairsOfSplit(set, 'train');
  const statistics = perModality((modality) =>
    ignoreFeatures(
      measureFeatures(pairs.flatMap((pair) => featuresOf(pair, modality))),
      options.ignoredFeatures[modality],
    ),
  );
  const standardised = pairs.map((pair) => standardisePair(pair, statistics));
  const spaces = tiedSpaces(options);
  const sslStart =
    startsFromCca(options) && !checkpoint
      ? fitLinearStart(standardised, options.outputDimension, hooks)
      : null;
  const linearStart = checkpoint?.linearStart ?? (sslStart ? 'cca' : 'random');
  const heads = createHeadSet(statistics, options, random.fork('weights'), sslStart);
  const { temperature, learnsTemperature } = options;
  const logTemperatures = perSpace(() => toVariable(tf.scalar(Math.log(temperature)), learnsTemperature));
  const learners = spaces.map((tied, index) =>
    createLearner(tied, { heads, logTemperatures }, options, checkpoint?.learners[index]),
  );
  const drawBatch = createSampler(standardised, options, random.fork('batches'));
  const validation = toPairGallery(pairsOfSplit(set, 'val'));
  const { earlyStop } = options;
  const history: StepLosses[] = [...(checkpoint?.history ?? [])];
  for (let step = 0; step < history.length; step++) drawBatch();

  const active = () => learners.filter((learner) => !learner.isDone);
  const isDone = () => history.length >= options.steps || active().length === 0;

  const trainStep = (step: number): StepLosses => {
    const batch = drawBatch();
    const traits = batch.map(({ pair }) => pair);
    const targets = { ssl: toSslTargets(traits), sup: toSupTargets(traits, options.excludeOwnPair) };
    const noise = random.fork(`noise of step ${step}`);
    const alpha = noise.fork('alpha').uniform();
    const losses: StepLosses = { step, ssl: null, sup: null, joint: null };
    tf.tidy(() => {
      const inputs = perModality((modality) => toNoisyInput(batch, modality, options, noise.fork(modality)));
      for (const learner of active()) {
        Object.assign(losses, learner.learn({ step, inputs, targets, alpha, noise }));
      }
    });
    return losses;
  };

  const showValidation = async (step: number) => {
    const weights = toWeightsSet(heads);
    const embedded = await embedGallery(validation, (modality, rows) => projectRows(weights, modality, rows));
    for (const learner of active()) learner.check(step, embedded);
  };

  return {
    linearStart,
    async advance(steps) {
      const first = history.length;
      while (history.length < first + steps && !isDone()) {
        const losses = trainStep(history.length + 1);
        history.push(losses);
        if (earlyStop && losses.step % earlyStop.everySteps === 0) await showValidation(losses.step);
      }
      return history.slice(first);
    },
    isDone,
    toCheckpoint: () => ({
      linearStart,
      history: [...history],
      learners: learners.map((learner) => learner.toState()),
    }),
    finish() {
      const chosenStep = perSpace(() => 0);
      for (const learner of learners) {
        const step = learner.restoreBest() ?? history.length;
        for (const space of learner.spaces) chosenStep[space] = step;
        learner.dispose();
      }
      const weights = toWeightsSet(heads);
      const temperatureOf = (space: Space) =>
        learnsTemperature ? Math.exp(logTemperatures[space].dataSync()[0]) : temperature;
      const learned = perSpace(temperatureOf);
      for (const head of listHeads(heads)) head.dispose();
      tf.dispose(perSpace((space) => logTemperatures[space]));
      return { heads: weights, history, temperature: learned, chosenStep, linearStart, backend };
    },
  };
}

function standardisePair(pair: TrainingPair, statistics: Record<Modality, FeatureStatistics>): TrainingPair {
  return {
    ...pair,
    music: pair.music.map((row) => standardise(row, statistics.MUSIC)),
    video: pair.video.map((row) => standardise(row, statistics.VIDEO)),
  };
}
