/** Vector arithmetic in float64 over float32 storage. Lengths are the caller's to match. */

export type Vector = Float32Array;

/** ⟨a, b⟩, summed in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** ‖a‖, summed in float64. */
export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** a / ‖a‖ as float32, or null where ‖a‖ is zero or not finite. */
export function toUnit(a: ArrayLike<number>): Vector | null {
  const length = norm(a);
  if (!(length > 1e-12) || !Number.isFinite(length)) return null;
  const unit = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) unit[i] = a[i] / length;
  return unit;
}

/** Σ weightᵢ · vectorᵢ in float64. All vectors share one length; there is at least one. */
export function weightedSum(vectors: readonly ArrayLike<number>[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, v) => {
    for (let i = 0; i < sum.length; i++) sum[i] += weights[v] * vector[i];
  });
  return sum;
}

/** The mean of unit vectors, renormalised; null where they cancel out. */
export function meanUnit(vectors: readonly ArrayLike<number>[]): Vector | null {
  return toUnit(weightedSum(vectors, new Array(vectors.length).fill(1 / vectors.length)));
}

/** True where every element is finite. */
export function isFiniteVector(a: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (!Number.isFinite(a[i])) return false;
  return true;
}
