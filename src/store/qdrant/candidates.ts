import type { SpaceVectors } from '../../head/head.ts';
import { type Contenders, findContenders, type PageRequest } from '../ranking.ts';
import { blendQuery, isBlend } from '../scoring.ts';
import type { SearchRequest } from '../vector-store.ts';
import type { SquareBounds } from './edition-record.ts';
import type { SegmentSquares } from './points.ts';

/** A segment as a query listed it. */
export interface ListedPoint {
  id: string;
  item: string;
  revision: string;
  /** The engine's dot product with the engine's query. */
  product: number;
  squares: SegmentSquares;
}

/** The listed segments of one revision of one item. */
export interface Candidate {
  item: string;
  revision: string;
  points: { id: string; low: number; high: number }[];
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
  boundsOf(point: Pick<ListedPoint, 'product' | 'squares'>): { low: number; high: number };
  /** What no segment whose product is at most this can exceed. */
  highestBelow(product: number): number;
}

/** Null where the query is zero in what α leaves active: then every score is 0. */
export function compare(
  { query, alpha, scoring }: Pick<SearchRequest, 'query' | 'alpha' | 'scoring'>,
  dimensions: { ssl: number; sup: number },
  bounds: SquareBounds,
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
  const shortest = lengthOf(bounds.minSquare, bounds.minSquare, bounds.minCross);
  const longest = lengthOf(bounds.maxSquare, bounds.maxSquare, bounds.maxCross);
  return {
    ...toJoint({ ssl: unit, sup: unit }, alpha, dimensions),
    boundsOf({ product, squares }) {
      const zLength = lengthOf(squares.sslSquare, squares.supSquare, squares.cross);
      // Where the blend nearly cancels out, dividing by its length tells nothing: it is always a candidate.
      if (!(zLength > error)) return { low: -MAX_SCORE, high: MAX_SCORE };
      return { low: (product - error) / zLength, high: (product + error) / zLength };
    },
    highestBelow(product) {
      const high = product + error;
      if (!(shortest > error)) return MAX_SCORE;
      return high / (high < 0 ? longest : shortest);
    },
  };
}

/** The scaled query on [ssl ; sup], and its parts; a missing vector counts as 0. */
function toJoint(
  { ssl, sup }: SpaceVectors,
  alpha: number,
  dimensions: { ssl: number; sup: number },
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

/** The contenders for a page among the listed segments. */
export interface Nomination {
  contenders: Candidate[];
  /** True where no segment that was not listed can be on the page. */
  isSure: boolean;
}

/** Groups listed segments by item and revision and nominates; `isHidden` leaves out what readers must not see. */
export function nominate(
  listed: readonly ListedPoint[],
  { boundsOf, highestBelow }: Comparison,
  page: PageRequest,
  { isComplete, isHidden }: { isComplete: boolean; isHidden: (item: string, revision: string) => boolean },
): Nomination {
  const candidates = new Map<string, Candidate>();
  for (const point of listed) {
    const { id, item, revision } = point;
    if (isHidden(item, revision)) continue;
    const key = candidateKey(item, revision);
    let candidate = candidates.get(key);
    if (!candidate) {
      candidate = { item, revision, points: [] };
      candidates.set(key, candidate);
    }
    candidate.points.push({ id, ...boundsOf(point) });
  }
  const all = [...candidates.values()];
  const bounds = {
    low: Float64Array.from(all, ({ points }) => Math.max(...points.map(({ low }) => low))),
    high: Float64Array.from(all, ({ points }) => Math.max(...points.map(({ high }) => high))),
  };
  const { slots, floor }: Contenders = findContenders(bounds, page);
  const contenders = slots.map((slot) => ({
    ...all[slot],
    points: all[slot].points.filter(({ high }) => high >= bounds.low[slot]),
  }));
  const unlisted =
    isComplete || listed.length === 0
      ? Number.NEGATIVE_INFINITY
      : highestBelow(listed[listed.length - 1].product);
  const leastScore = page.minScore ?? Number.NEGATIVE_INFINITY;
  return { contenders, isSure: isComplete || floor > unlisted || leastScore > unlisted };
}

export function candidateKey(item: string, revision: string): string {
  return `${revision}/${item}`;
}
