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
  const matrix = new Matrix(rows as ArrayLike<number>[]);
  const covariance = matrix.transpose().mmul(matrix).div(rows.length);
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
