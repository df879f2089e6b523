import { measureFeatures, standardise } from '../head/initial-weights.ts';
import { dot, weightedSum } from '../shared/vector-math.ts';
import { innerProducts, principalAxes } from './decompositions.ts';

/** Features of one segment → a vector of the common space; its length carries no meaning. */
export type Projection = (features: Float32Array) => Float64Array;

/** Rows standardised, centred and turned to their principal axes. */
export interface Reduction {
  variances: number[];
  /** Of the rows it was fitted on, [rows, axes]. */
  scores: Float64Array[];
  /** Scores of any rows. */
  reduce(rows: readonly Float32Array[]): Float64Array[];
  /** Products of a row's scores with each direction [axes]. */
  toProjection(directions: readonly Float64Array[]): Projection;
}

/** Principal axes that are kept. */
const MOST_AXES = 192;

/** Fits a reduction to rows; there is at least one. */
export function reduce(rows: readonly Float32Array[]): Reduction {
  const statistics = measureFeatures(rows);
  const standardised = rows.map((row) => standardise(row, statistics));
  const centre = weightedSum(standardised, new Array(rows.length).fill(1 / rows.length));
  const prepare = (row: Float32Array) => subtract(standardise(row, statistics), centre);
  const centred = standardised.map((row) => subtract(row, centre));
  const { axes, variances } = principalAxes(centred, MOST_AXES);
  return {
    variances,
    scores: innerProducts(centred, axes),
    reduce: (some) => innerProducts(some.map(prepare), axes),
    toProjection(directions) {
      const turned = directions.map((direction) => weightedSum(axes, [...direction]));
      return (features) => {
        const prepared = prepare(features);
        return Float64Array.from(turned, (direction) => dot(direction, prepared));
      };
    },
  };
}

/** a − b. */
export function subtract(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const difference = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) difference[i] = a[i] - b[i];
  return difference;
}
