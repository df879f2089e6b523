import type { HeadWeights } from './head-weights.ts';
import { add, addBias, maskedRelu, matMul, matMulOfInput, toUnitRows } from './operations.ts';
import { type Tensor1D, type Tensor2D, tf, toVariable, type Variable } from './tensorflow.ts';

/** The hidden block ReLU(x̂·hidden + hiddenBias), of one head or of several that share a trunk. */
export interface TrainableTrunk {
  readonly hidden: Variable;
  readonly hiddenBias: Variable;
}

/** One head while it learns: p(x̂) = (x̂·skip + ReLU(x̂·hidden + hiddenBias)·output + outputBias) / ‖·‖. */
export interface TrainableHead {
  readonly trunk: TrainableTrunk;
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

export interface TrainableHeadOptions {
  /** Another head's, instead of one of its own that starts from the weights. */
  trunk?: TrainableTrunk;
  /** False: the linear skip is zero and stays so. */
  hasLinearSkip?: boolean;
}

/** A head that starts from these weights. */
export function createTrainableHead(
  initial: HeadWeights,
  { trunk = createTrunk(initial), hasLinearSkip = true }: TrainableHeadOptions = {},
): TrainableHead {
  const { dimension, hiddenDimension, outputDimension } = initial;
  const skipLength = dimension * outputDimension;
  const skip = hasLinearSkip
    ? toMatrix(initial.outputWeights.subarray(0, skipLength), dimension, outputDimension)
    : null;
  const output = toMatrix(initial.outputWeights.subarray(skipLength), hiddenDimension, outputDimension);
  const outputBias = toVariable(tf.tensor1d(initial.outputBias));
  const matrices = [trunk.hidden, ...(skip ? [skip] : []), output];
  const biases = [trunk.hiddenBias, outputBias];

  return {
    trunk,
    matrices,
    biases,
    forward(standardised, dropoutMask) {
      const { hidden, hiddenBias } = trunk;
      const activation = addBias(matMulOfInput(standardised, hidden as Tensor2D), hiddenBias as Tensor1D);
      const hiddenPart = matMul(maskedRelu(activation, dropoutMask), output as Tensor2D);
      const projection = skip ? add(matMulOfInput(standardised, skip as Tensor2D), hiddenPart) : hiddenPart;
      return toUnitRows(addBias(projection, outputBias as Tensor1D));
    },
    toHeadWeights() {
      const outputWeights = new Float32Array(initial.outputWeights.length);
      if (skip) outputWeights.set(floatsOf(skip));
      outputWeights.set(floatsOf(output), skipLength);
      return {
        ...initial,
        hiddenWeights: floatsOf(trunk.hidden).slice(),
        hiddenBias: floatsOf(trunk.hiddenBias).slice(),
        outputWeights,
        outputBias: floatsOf(outputBias).slice(),
      };
    },
    dispose: () => tf.dispose([...matrices, ...biases]),
  };
}

function createTrunk({ dimension, hiddenDimension, hiddenWeights, hiddenBias }: HeadWeights): TrainableTrunk {
  return {
    hidden: toMatrix(hiddenWeights, dimension, hiddenDimension),
    hiddenBias: toVariable(tf.tensor1d(hiddenBias)),
  };
}

function toMatrix(values: Float32Array, rows: number, columns: number): Variable {
  return toVariable(tf.tensor2d(values, [rows, columns]));
}

function floatsOf(variable: Variable): Float32Array {
  return variable.dataSync() as Float32Array;
}
