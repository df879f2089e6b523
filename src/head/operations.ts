/**
 * The differentiable operations that a head is made of. Gradients transpose explicitly before each product: the
 * WebAssembly backend is some ten times slower on products with transposed operands.
 */
import { differentiable, type Scalar, type Tensor, type Tensor1D, type Tensor2D, tf } from './tensorflow.ts';

/** a · b for [n, k] and [k, m]. */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  return differentiable<Tensor2D>(
    [a, b],
    () => ({ value: tf.matMul(a, b), saved: [a, b] }),
    (gradient, [left, right]) => [
      tf.matMul(gradient, tf.transpose(right) as Tensor2D),
      tf.matMul(tf.transpose(left) as Tensor2D, gradient),
    ],
  );
}

/** input · weights, where the input is no variable: spares the gradient that nobody needs. */
export function matMulOfInput(input: Tensor2D, weights: Tensor2D): Tensor2D {
  return differentiable<Tensor2D>(
    [weights],
    () => ({ value: tf.matMul(input, weights), saved: [input] }),
    (gradient, [saved]) => [tf.matMul(tf.transpose(saved) as Tensor2D, gradient)],
  );
}

/** a · bᵀ for rows [n, k] and [m, k]: their inner products, [n, m]. */
export function innerProducts(a: Tensor2D, b: Tensor2D): Tensor2D {
  return differentiable<Tensor2D>(
    [a, b],
    () => ({ value: tf.matMul(a, tf.transpose(b) as Tensor2D), saved: [a, b] }),
    (gradient, [left, right]) => [
      tf.matMul(gradient, right as Tensor2D),
      tf.matMul(tf.transpose(gradient) as Tensor2D, left as Tensor2D),
    ],
  );
}

/** Sum of two tensors of one shape. */
export function add<Shape extends Tensor>(a: Shape, b: Shape): Shape {
  return differentiable<Shape>(
    [a, b],
    () => ({ value: tf.add(a, b), saved: [] }),
    (gradient) => [gradient, gradient],
  );
}

/** Each element times a number. */
export function scale<Shape extends Tensor>(tensor: Shape, factor: number): Shape {
  return differentiable<Shape>(
    [tensor],
    () => ({ value: tf.mul(tensor, factor), saved: [] }),
    (gradient) => [tf.mul(gradient, factor)],
  );
}

/** Adds a bias [m] to each row of [n, m]. */
export function addBias(rows: Tensor2D, bias: Tensor1D): Tensor2D {
  return differentiable<Tensor2D>(
    [rows, bias],
    () => ({ value: tf.add(rows, bias), saved: [] }),
    (gradient) => [gradient, tf.sum(gradient, 0)],
  );
}

/** ReLU, then a product with a dropout mask of the same shape, where there is one. */
export function maskedRelu(rows: Tensor2D, mask: Tensor2D | null): Tensor2D {
  return differentiable<Tensor2D>(
    [rows],
    () => {
      const isPositive = tf.step(rows);
      const gate = mask ? tf.mul(isPositive, mask) : isPositive;
      return { value: tf.mul(rows, gate), saved: [gate] };
    },
    (gradient, [gate]) => [tf.mul(gradient, gate)],
  );
}

/** A row that is shorter has no direction to speak of, and a gradient that only explodes. */
const LEAST_LENGTH = 1e-6;

/** Each row divided by its length. A row of length near zero, as where all hidden units are dropped, gets no gradient. */
export function toUnitRows(rows: Tensor2D): Tensor2D {
  return differentiable<Tensor2D>(
    [rows],
    () => {
      const lengths = tf.sqrt(tf.add(tf.sum(tf.square(rows), 1, true), 1e-24));
      const units = tf.div(rows, lengths);
      const gate = tf.step(tf.sub(lengths, LEAST_LENGTH));
      return { value: units, saved: [units, lengths, gate] };
    },
    (gradient, [units, lengths, gate]) => {
      const along = tf.sum(tf.mul(gradient, units), 1, true);
      return [tf.mul(tf.div(tf.sub(gradient, tf.mul(units, along)), lengths), gate)];
    },
  );
}

/** similarities / τ, with τ given as its logarithm. */
export function divideByTemperature(similarities: Tensor2D, logTemperature: Scalar): Tensor2D {
  return differentiable<Tensor2D>(
    [similarities, logTemperature],
    () => {
      const inverse = tf.exp(tf.neg(logTemperature));
      const value = tf.mul(similarities, inverse);
      return { value, saved: [value, inverse] };
    },
    (gradient, [value, inverse]) => [tf.mul(gradient, inverse), tf.neg(tf.sum(tf.mul(gradient, value)))],
  );
}
