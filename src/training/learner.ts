import type { EvaluationSet } from '../evaluation/items.ts';
import type { Space } from '../head/head.ts';
import { type Scalar, type Tensor2D, tf, type Variable } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';
import { type AdamWState, createAdamW, type DecayedVariable } from './adam-w.ts';
import { createEarlyStop, type EarlyStopState, measureSpaces } from './early-stop.ts';
import { listHeads, perModality, type TrainableHeadSet } from './head-set.ts';
import { learningRateAt } from './learning-rate.ts';
import type { ContrastiveTargets } from './losses.ts';
import { type BatchRows, lossParts, totalLoss } from './objective.ts';
import { LEARNED_TEMPERATURE_BOUNDS, type LossWeights, type TrainingOptions } from './options.ts';
import { toDropoutMask } from './regularisation.ts';

/** What is trained: the four heads, and τ of each space. */
export interface Trainables {
  heads: TrainableHeadSet;
  logTemperatures: Record<Space, Variable>;
}

/** The batch of a step, the same for every learner. */
export interface LearningStep {
  /** From 1. */
  step: number;
  /** Standardised features with noise, [pairs, d]. */
  inputs: Record<Modality, Tensor2D>;
  targets: Record<Space, ContrastiveTargets>;
  /** The joint loss's. */
  alpha: number;
  /** What dropout is drawn from. */
  noise: Random;
}

/** The parts of the loss before their weights; null for those that are not learned. */
export type Losses = Record<keyof LossWeights, number | null>;

/** All that a learner needs to go on where it stands. */
export interface LearnerState {
  /** Each trained variable's values. */
  variables: Float32Array[];
  optimizer: AdamWState;
  earlyStop: EarlyStopState;
}

/** Trains the heads of spaces that share parameters or a loss, apart from whatever trains the others. */
export interface Learner {
  readonly spaces: readonly Space[];
  /** True once early stop has ended it. */
  readonly isDone: boolean;
  /** Trains a step further. */
  learn(step: LearningStep): Partial<Losses>;
  /** Shows it the val split, embedded by the heads after this step. */
  check(step: number, validation: EvaluationSet): void;
  toState(): LearnerState;
  /** Puts the best weights by early stop in place, where it has looked; returns the step they are of, else null. */
  restoreBest(): number | null;
  dispose(): void;
}

export function createLearner(
  spaces: readonly Space[],
  { heads, logTemperatures }: Trainables,
  options: TrainingOptions,
  restored?: LearnerState,
): Learner {
  const { lossWeights } = options;
  const temperatures = options.learnsTemperature ? spaces.map((space) => logTemperatures[space]) : [];
  const decayed = listVariables(heads, spaces, temperatures, options.weightDecay);
  const variables = decayed.map(({ variable }) => variable);
  if (restored) assignAll(variables, restored.variables);
  const optimizer = createAdamW(decayed, restored?.optimizer);
  const patience = options.earlyStop?.patience ?? Number.POSITIVE_INFINITY;
  const earlyStop = createEarlyStop(patience, restored?.earlyStop);

  return {
    spaces,
    get isDone() {
      return earlyStop.isDone;
    },
    learn({ step, inputs, targets, alpha, noise }) {
      const losses: Partial<Losses> = {};
      const rowsOf = (space: Space) =>
        perModality((modality) => {
          const mask = toDropoutMask(inputs[modality].shape[0], options, noise.fork(`${modality} ${space}`));
          return heads[modality][space].forward(inputs[modality], mask);
        });
      tf.tidy(() => {
        const { grads } = tf.variableGrads(() => {
          const rows: BatchRows = Object.fromEntries(spaces.map((space) => [space, rowsOf(space)]));
          const parts = lossParts(
            rows,
            targets,
            lossWeights,
            alpha,
            logTemperatures as Record<Space, Scalar>,
          );
          for (const { name, value } of parts) losses[name] = value.dataSync()[0];
          return totalLoss(parts, lossWeights);
        }, variables);
        checkLosses(step, losses, options);
        const gradients = variables.map(({ name }) => grads[name]);
        optimizer.apply(gradients, learningRateAt(step, options));
        temperatures.forEach(clipTemperature);
      });
      return losses;
    },
    check(step, validation) {
      const figure = measureSpaces(validation, spaces);
      if (figure > 0) earlyStop.note(step, figure, () => copyAll(variables));
    },
    toState: () => ({
      variables: copyAll(variables),
      optimizer: optimizer.toState(),
      earlyStop: earlyStop.toState(),
    }),
    restoreBest() {
      if (!earlyStop.best) return null;
      assignAll(variables, earlyStop.best.variables);
      return earlyStop.best.step;
    },
    dispose: () => optimizer.dispose(),
  };
}

/** What is trained, each variable once, with its share of the weight decay: matrices decay, biases and τ don't. */
function listVariables(
  heads: TrainableHeadSet,
  spaces: readonly Space[],
  temperatures: readonly Variable[],
  weightDecay: number,
): DecayedVariable[] {
  const trained = listHeads(heads, spaces);
  const matrices = [...new Set(trained.flatMap((head) => head.matrices))];
  const biases = [...new Set(trained.flatMap((head) => head.biases))];
  return [
    ...matrices.map((variable) => ({ variable, weightDecay })),
    ...[...biases, ...temperatures].map((variable) => ({ variable, weightDecay: 0 })),
  ];
}

/** Once a loss is not finite, no weight ever is again. */
function checkLosses(step: number, losses: Partial<Losses>, { learningRate }: TrainingOptions): void {
  for (const [name, loss] of Object.entries(losses)) {
    if (!Number.isFinite(loss)) {
      throw new UsageError(
        `Training diverged: the ${name} loss is ${loss} at step ${step}. Lower learningRate, which is ${learningRate}.`,
      );
    }
  }
}

function clipTemperature(logTemperature: Variable): void {
  const [least, most] = LEARNED_TEMPERATURE_BOUNDS.map(Math.log);
  logTemperature.assign(tf.clipByValue(logTemperature, least, most));
}

function copyAll(variables: readonly Variable[]): Float32Array[] {
  return variables.map((variable) => (variable.dataSync() as Float32Array).slice());
}

function assignAll(variables: readonly Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    variables.forEach((variable, index) => {
      variable.assign(tf.tensor(values[index], variable.shape));
    });
  });
}
