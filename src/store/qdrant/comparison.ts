import type { Dimensions, SpaceVectors } from '../../head/head.ts';
import { blendQuery, isBlend } from '../scoring.ts';
import type { SearchRequest } from '../vector-store.ts';
import type { SquareBounds } from './edition-record.ts';
import type { SegmentSquares } from './points.ts';

/** What a query lists of a segment. */
export interface ListedProduct {
  /** The engine's dot product with the engine's query. */
  product: number;
  squares: SegmentSquares;
}

/** Unit vectors are stored within 1e-3 of length 1. */
const MAX_SCORE = 1.01;

/** The comparison of one request: what the engine is asked, and what its products say about exact scores. */
export interface Comparison {
  /** Named vector and query; the product with it is the score, or under BLENDED the score times ‖z‖. */
  using: 'ssl' | 'sup' | 'joint';
  vector: number[];
  /** What nominates in each space where not everything is compared. */
  nominators: { using: 'ssl' | 'sup'; vector: number[] }[];
  boundsOf(point: ListedProduct): { low: number; high: number };
  /** What no segment whose product is at most this can exceed; the bounds are the collection's. */
  highestBelow(product: number, bounds: SquareBounds): number;
}

/** Null where the query is zero in what α leaves active: then every score is 0. */
export function compare(
  { query, alpha, scoring }: Pick<SearchRequest, 'query' | 'alpha' | 'scoring'>,
  dimensions: Dimensions,
): Comparison | null {
  const error = productError(dimensions.ssl + dimensions.sup);
  const direct = {
    nominators: [],
    boundsOf: ({ product }: { product: number }) => ({ low: product - error, high: product + error }),
    highestBelow: (product: number) => product + error,
  };
  if (alpha === 0) return query.ssl && { ...direct, using: 'ssl', vector: [...query.ssl] };
  if (alpha === 1) return query.sup && { ...direct, using: 'sup', vector: [...query.sup] };
  if (!isBlend(alpha, scoring)) {
    if (!query.ssl && !query.sup) return null;
    return { ...direct, ...toJoint(query, alpha, dimensions) };
  }
  const { z, length } = blendQuery(query, alpha);
  if (length === 0) return null;
  const unit = Float32Array.from(z, (value) => value / length);
  const lengthOf = (sslSquare: number, supSquare: number, cross: number) =>
    Math.sqrt(
      Math.max(0, (1 - alpha) ** 2 * sslSquare + alpha ** 2 * supSquare + 2 * alpha * (1 - alpha) * cross),
    );
  return {
    ...toJoint({ ssl: unit, sup: unit }, alpha, dimensions),
    boundsOf({ product, squares }) {
      const zLength = lengthOf(squares.sslSquare, squares.supSquare, squares.cross);
      // Where the blend nearly cancels out, dividing by its length tells nothing: it is always a candidate.
      if (!(zLength > error)) return { low: -MAX_SCORE, high: MAX_SCORE };
      return { low: (product - error) / zLength, high: (product + error) / zLength };
    },
    highestBelow(product, { minSquare, maxSquare, minCross, maxCross }) {
      const high = product + error;
      const shortest = lengthOf(minSquare, minSquare, minCross);
      if (!(shortest > error)) return MAX_SCORE;
      return high / (high < 0 ? lengthOf(maxSquare, maxSquare, maxCross) : shortest);
    },
  };
}

/** The scaled query on [ssl ; sup], and its parts; a missing vector counts as 0. */
function toJoint(
  { ssl, sup }: SpaceVectors,
  alpha: number,
  dimensions: Dimensions,
): Pick<Comparison, 'using' | 'vector' | 'nominators'> {
  const scale = (vector: Float32Array | null, weight: number, dimension: number) =>
    vector ? Array.from(vector, (value) => weight * value) : new Array<number>(dimension).fill(0);
  return {
    using: 'joint',
    vector: [...scale(ssl, 1 - alpha, dimensions.ssl), ...scale(sup, alpha, dimensions.sup)],
    nominators: [
      ...(ssl ? [{ using: 'ssl' as const, vector: [...ssl] }] : []),
      ...(sup ? [{ using: 'sup' as const, vector: [...sup] }] : []),
    ],
  };
}

/**
 * How far the engine's float32 product can be off in any order of summation, its query rounded to float32 too:
 * each operation rounds by at most 2^−24 of the sum of magnitudes, which is at most about 1.
 */
function productError(dimension: number): number {
  return Math.max(2e-6, (dimension + 4) * 2 ** -24 * MAX_SCORE);
}
