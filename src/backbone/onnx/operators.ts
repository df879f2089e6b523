import type { GraphBuilder, Value } from './graph-builder.ts';

/** A value of the graph, or a number that becomes a float32 constant. */
type Operand = Value | number;

/**
 * The operators that our graphs are written with, over float32 unless they say otherwise. Shapes broadcast as
 * in ONNX; axes may count from the end by negative numbers.
 */
export interface Operators {
  /** A float32 constant in row-major order. */
  matrix(values: ArrayLike<number>, dims: readonly number[]): Value;
  add(a: Operand, b: Operand): Value;
  subtract(a: Operand, b: Operand): Value;
  multiply(a: Operand, b: Operand): Value;
  divide(a: Operand, b: Operand): Value;
  maximum(a: Operand, b: Operand): Value;
  /** 1 where a > b, else 0. */
  isGreater(a: Operand, b: Operand): Value;
  square(a: Value): Value;
  squareRoot(a: Value): Value;
  /** The natural logarithm. */
  logarithm(a: Value): Value;
  absolute(a: Value): Value;
  /** max(a, 0) */
  rectify(a: Value): Value;
  clip(a: Value, low: number, high: number): Value;
  matrixProduct(a: Value, b: Value): Value;
  /** Convolution without padding or bias: [batch, channels, …] by [filters, channels, …]. */
  convolve(a: Value, kernels: Value, strides: readonly number[]): Value;
  /** Sums over axes, which stay with length 1. */
  sum(a: Value, axes: readonly number[]): Value;
  mean(a: Value, axes: readonly number[]): Value;
  /** √(mean of squares around the mean) over axes, which stay with length 1. */
  deviation(a: Value, axes: readonly number[]): Value;
  largest(a: Value, axes: readonly number[]): Value;
  smallest(a: Value, axes: readonly number[]): Value;
  /** The value below which this fraction of the last axis lies, which stays with length 1. */
  quantile(a: Value, fraction: number): Value;
  /** Elements from `start` to below `end` (null: to the end) of one axis, every `step`-th. */
  slice(a: Value, axis: number, start: number, end: number | null, step?: number): Value;
  concatenate(parts: readonly Value[], axis: number): Value;
  /** 0 keeps an axis of the input, −1 takes what is left. */
  reshape(a: Value, dims: readonly number[]): Value;
  transpose(a: Value, permutation: readonly number[]): Value;
  /** From another element type to float32. */
  toFloat(a: Value): Value;
}

/** Element types by their numbers in ONNX. */
const FLOAT_ELEMENTS = 1;
const INT64_ELEMENTS = 7;
const END_OF_AXIS = 2n ** 31n - 1n;

export function createOperators(graph: GraphBuilder): Operators {
  const matrix = (values: ArrayLike<number>, dims: readonly number[]) =>
    graph.constant({ type: 'float32', data: Float32Array.from(values), dims });
  const integers = (values: readonly (number | bigint)[]) =>
    graph.constant({ type: 'int64', data: BigInt64Array.from(values, BigInt), dims: [values.length] });
  const toValue = (operand: Operand) => (typeof operand === 'number' ? matrix([operand], []) : operand);
  const unary = (operator: string) => (a: Value) => graph.node(operator, [a]);
  const binary = (operator: string) => (a: Operand, b: Operand) =>
    graph.node(operator, [toValue(a), toValue(b)]);
  const reduction = (operator: string) => (a: Value, axes: readonly number[]) =>
    graph.node(operator, [a, integers(axes)], { keepdims: 1 });

  const toFloat = (a: Value) => graph.node('Cast', [a], { to: FLOAT_ELEMENTS });
  const multiply = binary('Mul');
  const subtract = binary('Sub');
  const mean = reduction('ReduceMean');
  const squareRoot = unary('Sqrt');
  const square = (a: Value) => multiply(a, a);
  const slice: Operators['slice'] = (a, axis, start, end, step = 1) =>
    graph.node('Slice', [
      a,
      integers([start]),
      integers([end ?? END_OF_AXIS]),
      integers([axis]),
      integers([step]),
    ]);

  return {
    matrix,
    add: binary('Add'),
    subtract,
    multiply,
    divide: binary('Div'),
    maximum: binary('Max'),
    isGreater: (a, b) => toFloat(binary('Greater')(a, b)),
    square,
    squareRoot,
    logarithm: unary('Log'),
    absolute: unary('Abs'),
    rectify: unary('Relu'),
    clip: (a, low, high) => graph.node('Clip', [a, toValue(low), toValue(high)]),
    matrixProduct: (a, b) => graph.node('MatMul', [a, b]),
    convolve: (a, kernels, strides) => graph.node('Conv', [a, kernels], { strides }),
    sum: reduction('ReduceSum'),
    mean,
    deviation: (a, axes) => squareRoot(mean(square(subtract(a, mean(a, axes))), axes)),
    largest: reduction('ReduceMax'),
    smallest: reduction('ReduceMin'),
    quantile(a, fraction) {
      // The smallest of the largest ⌈(1 − fraction) · n⌉ values, n being the length of the last axis.
      const length = toFloat(graph.node('Shape', [a], { start: -1 }));
      const count = graph.node('Ceil', [multiply(length, 1 - fraction)]);
      const [values] = graph.nodeWithOutputs(
        'TopK',
        [a, graph.node('Cast', [count], { to: INT64_ELEMENTS })],
        2,
      );
      return slice(values, -1, -1, null);
    },
    slice,
    concatenate: (parts, axis) => graph.node('Concat', parts, { axis }),
    reshape: (a, dims) => graph.node('Reshape', [a, integers(dims)]),
    transpose: (a, permutation) => graph.node('Transpose', [a], { perm: permutation }),
    toFloat,
  };
}
