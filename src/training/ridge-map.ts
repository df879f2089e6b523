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

/** A⁻¹·B for a symmetric, positive definite A [n, n] and B [n, k], by Cholesky's decomposition A = L·Lᵀ. */
function solvePositive(matrix: readonly number[][], right: readonly Float64Array[]): Float64Array[] {
  const lower: number[][] = [];
  const solution: Float64Array[] = [];
  const subtract = (row: Float64Array, weight: number, other: Float64Array) => {
    for (let k = 0; k < row.length; k++) row[k] -= weight * other[k];
  };
  const divide = (row: Float64Array, by: number) => {
    for (let k = 0; k < row.length; k++) row[k] /= by;
  };
  matrix.forEach((row, i) => {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      let rest = row[j];
      for (let k = 0; k < j; k++) rest -= lower[i][k] * lower[j][k];
      lower[i].push(i === j ? Math.sqrt(rest) : rest / lower[j][j]);
    }
    // L·Z = B
    const solved = Float64Array.from(right[i]);
    for (let j = 0; j < i; j++) subtract(solved, lower[i][j], solution[j]);
    divide(solved, lower[i][i]);
    solution.push(solved);
  });
  // Lᵀ·X = Z
  for (let i = matrix.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < matrix.length; j++) subtract(solution[i], lower[j][i], solution[j]);
    divide(solution[i], lower[i][i]);
  }
  return solution;
}
