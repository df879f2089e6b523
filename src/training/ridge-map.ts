import { solvePositive } from '../evaluation/decompositions.ts';
import { dot, weightedSum } from '../shared/vector-math.ts';

/**
 * The matrix M [d, d] that makes ‖X·M − Y‖² + λ‖M − I‖² least, for rows X and Y [n, d], by
 * M = I + Xᵀ·(X·Xᵀ + λI)⁻¹·(Y − X), which suits an n that is not much above d. λ is `ridgeShare` times the mean squared
 * length of a row of X. There is at least one row.
 */
export function fitRidge(
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  ridgeShare: number,
): Float32Array[] {
  const dimension = from[0].length;
  const products = from.map((row) => from.map((other) => dot(row, other)));
  const ridge = (ridgeShare * products.reduce((sum, row, i) => sum + row[i], 0)) / from.length;
  products.forEach((row, i) => {
    row[i] += Math.max(ridge, Number.EPSILON);
  });
  const differences = to.map((row, i) => Float64Array.from(row, (value, j) => value - from[i][j]));
  const solved = solvePositive(products, differences);
  return Array.from({ length: dimension }, (_, i) => {
    const row = Float32Array.from(
      weightedSum(
        solved,
        from.map((values) => values[i]),
      ),
    );
    row[i] += 1;
    return row;
  });
}
