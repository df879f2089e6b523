import { CholeskyDecomposition, EVD, Matrix, SVD } from 'ml-matrix';

/** Directions of greatest variance of centred rows, greatest first. */
export interface PrincipalAxes {
  /** Unit vectors, one a row. */
  axes: Float64Array[];
  /** Mean square of the rows along each. */
  variances: number[];
}

/** The `most` first principal axes of rows whose mean is zero; there is at least one row. */
export function principalAxes(rows: readonly ArrayLike<number>[], most: number): PrincipalAxes {
  const covariance = new Matrix(momentsOf(rows)).div(rows.length);
  const { realEigenvalues, eigenvectorMatrix } = new EVD(covariance, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((value, column) => ({ value, column }))
    .sort((a, b) => b.value - a.value)
    .slice(0, Math.min(most, rows.length));
  return {
    axes: order.map(({ column }) => Float64Array.from(eigenvectorMatrix.getColumn(column))),
    variances: order.map(({ value }) => Math.max(0, value)),
  };
}

/** XᵀX of rows X. Half of it is computed, row by row of the sum, which is several times as fast as a product. */
function momentsOf(rows: readonly ArrayLike<number>[]): Float64Array[] {
  const dimension = rows[0].length;
  const moments = Array.from({ length: dimension }, () => new Float64Array(dimension));
  for (let at = 0; at < rows.length; at += 4) {
    const first = Float64Array.from(rows[at]);
    const [second, third, fourth] = [1, 2, 3].map((next) =>
      at + next < rows.length ? Float64Array.from(rows[at + next]) : new Float64Array(dimension),
    );
    for (let i = 0; i < dimension; i++) {
      const sums = moments[i];
      const [a, b, c, d] = [first[i], second[i], third[i], fourth[i]];
      for (let j = i; j < dimension; j++) {
        sums[j] += a * first[j] + b * second[j] + c * third[j] + d * fourth[j];
      }
    }
  }
  for (let i = 0; i < dimension; i++) for (let j = 0; j < i; j++) moments[i][j] = moments[j][i];
  return moments;
}

/** ⟨aᵢ, bⱼ⟩ for rows A [n, k] and B [m, k]: A·Bᵀ, [n, m]. */
export function innerProducts(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
): Float64Array[] {
  return toRows(new Matrix(a as ArrayLike<number>[]).mmul(new Matrix(b as ArrayLike<number>[]).transpose()));
}

/** Σ over rows of aᵢ ⊗ bᵢ for A [n, k] and B [n, m]: Aᵀ·B, [k, m]. */
export function outerProducts(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
): Float64Array[] {
  return toRows(new Matrix(a as ArrayLike<number>[]).transpose().mmul(new Matrix(b as ArrayLike<number>[])));
}

/** The singular value decomposition of a matrix: vectors one a row, greatest value first. */
export interface SingularVectors {
  left: Float64Array[];
  values: number[];
  right: Float64Array[];
}

export function singularVectors(matrix: readonly ArrayLike<number>[]): SingularVectors {
  const decomposition = new SVD(new Matrix(matrix as ArrayLike<number>[]), { autoTranspose: true });
  const columns = (vectors: Matrix) =>
    Array.from({ length: decomposition.diagonal.length }, (_, at) =>
      Float64Array.from(vectors.getColumn(at)),
    );
  return {
    left: columns(decomposition.leftSingularVectors),
    values: decomposition.diagonal,
    right: columns(decomposition.rightSingularVectors),
  };
}

/** A⁻¹·B for a symmetric, positive definite A [n, n] and B [n, k], row by row. */
export function solvePositive(
  matrix: readonly ArrayLike<number>[],
  right: readonly ArrayLike<number>[],
): number[][] {
  const decomposition = new CholeskyDecomposition(new Matrix(matrix as ArrayLike<number>[]));
  return decomposition.solve(new Matrix(right as ArrayLike<number>[])).to2DArray();
}

function toRows(matrix: Matrix): Float64Array[] {
  return Array.from({ length: matrix.rows }, (_, at) => Float64Array.from(matrix.getRow(at)));
}
