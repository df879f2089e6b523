import { type Tensor, tf, toVariable, type Variable } from '../head/tensorflow.ts';

/** A variable with its share of the weight decay. */
export interface DecayedVariable {
  variable: Variable;
  weightDecay: number;
}

/** Where the optimizer stands: the steps it took, and both moments of each variable. */
export interface AdamWState {
  step: number;
  moments: { first: Float32Array; second: Float32Array }[];
}

export interface AdamW {
  /** Moves the variables against their gradients, which are given in the variables' order. */
  apply(gradients: readonly Tensor[], learningRate: number): void;
  toState(): AdamWState;
  dispose(): void;
}

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/** Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). */
export function createAdamW(variables: readonly DecayedVariable[], restored?: AdamWState): AdamW {
  const toMoment = (variable: Variable, values?: Float32Array) =>
    toVariable(values ? tf.tensor(values, variable.shape) : tf.zerosLike(variable), false);
  const states = variables.map(({ variable, weightDecay }, index) => ({
    variable,
    weightDecay,
    first: toMoment(variable, restored?.moments[index].first),
    second: toMoment(variable, restored?.moments[index].second),
  }));
  let step = restored?.step ?? 0;
  return {
    apply(gradients, learningRate) {
      step++;
      const firstCorrection = 1 - FIRST_DECAY ** step;
      const secondCorrection = 1 - SECOND_DECAY ** step;
      tf.tidy(() => {
        states.forEach(({ variable, weightDecay, first, second }, index) => {
          const gradient = gradients[index];
          first.assign(mix(first, gradient, FIRST_DECAY));
          second.assign(mix(second, tf.square(gradient), SECOND_DECAY));
          const scale = tf.add(tf.sqrt(tf.div(second, secondCorrection)), EPSILON);
          const move = tf.mul(tf.div(first, scale), learningRate / firstCorrection);
          const kept = weightDecay > 0 ? tf.mul(variable, 1 - learningRate * weightDecay) : variable;
          variable.assign(tf.sub(kept, move));
        });
      });
    },
    toState: () => ({
      step,
      moments: states.map(({ first, second }) => ({
        first: (first.dataSync() as Float32Array).slice(),
        second: (second.dataSync() as Float32Array).slice(),
      })),
    }),
    dispose: () => tf.dispose(states.flatMap(({ first, second }) => [first, second])),
  };
}

/** decay · average + (1 − decay) · value. */
function mix(average: Tensor, value: Tensor, decay: number): Tensor {
  return tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay));
}
