import type { HeadWeights } from './head-weights.ts';
import { add, addBias, maskedRelu, matMul, matMulOfInput, toUnitRows } from './operations.ts';
import { type Tensor1D, type Tensor2D, tf, type Variable } from './tensorflow.ts';

/** One head while it learns: p(x̂) = (x̂·skip + ReLU(x̂·hidden + hiddenBias)·output + outputBias) / ‖·‖. */
export interface TrainableHead {
  readonly matrices: readonly Variable[];
  readonly biases: readonly Variable[];
  /**
   * Unit rows [n, outputDimension] of standardised features [n, dimension]. The dropout mask [n, hiddenDimension]
   * holds 0 and 1 / (1 − rate); null outside of training.
   */
  forward(standardised: Tensor2D, dropoutMask: Tensor2D | null): Tensor2D;
  /** A copy of the weights as they are now. */
  toHeadWeights(): HeadWeights;
  dispose(): void;
}

/** A head that starts from these weights. */
export function createTrainableHead(initial: HeadWeights): TrainableHead {
  const { dimension, hiddenDimension, outputDimension } = initial;
  const skipLength = dimension * outputDimension;
  const matrix = (values: Float32Array, rows: number, columns: number) =>
    tf.variable(tf.tensor2d(values, [rows, columns]));
  const hidden = matrix(initial.hiddenWeights, dimension, hiddenDimension);
  const hiddenBias = tf.variable(tf.tensor1d(initial.hiddenBias));
  const skip = matrix(initial.outputWeights.subarray(0, skipLength), dimension, outputDimension);
  const output = matrix(initial.outputWeights.subarray(skipLength), hiddenDimension, outputDimension);
  const outputBias = tf.variable(tf.tensor1d(initial.outputBias));
  const matrices = [hidden, skip, output];
  const biases = [hiddenBias, outputBias];

  return {
    matrices,
    biases,
    forward(standardised, dropoutMask) {
      const activation = addBias(matMulOfInput(standardised, hidden as Tensor2D), hiddenBias as Tensor1D);
      const hiddenPart = matMul(maskedRelu(activation, dropoutMask), output as Tensor2D);
      const linearPart = matMulOfInput(standardised, skip as Tensor2D);
      return toUnitRows(addBias(add(linearPart, hiddenPart), outputBias as Tensor1D));
    },
    toHeadWeights() {
      const outputWeights = new Float32Array(initial.outputWeights.length);
      outputWeights.set(floatsOf(skip));
      outputWeights.set(floatsOf(output), skipLength);
      return {
        ...initial,
        hiddenWeights: floatsOf(hidden).slice(),
        hiddenBias: floatsOf(hiddenBias).slice(),
        outputWeights,
        outputBias: floatsOf(outputBias).slice(),
      };
    },
    dispose: () => tf.dispose([...matrices, ...biases]),
  };
}

function floatsOf(variable: Variable): Float32Array {
  return variable.dataSync() as Float32Array;
}
