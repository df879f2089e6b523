import type { SpaceVectors } from '../head/head.ts';
import { dot } from '../shared/vector-math.ts';
import type { Scoring } from './vector-store.ts';

/** How well one segment answers a query. Segments compare by (order ascending, score descending). */
export interface SegmentScore {
  /** 1 where the segment lacks the only active space: it sorts behind every segment that has it. */
  order: 0 | 1;
  score: number;
  /** The unweighted cosine; null where the query or the segment has no vector in that space. */
  ssl: number | null;
  sup: number | null;
}

/** Below this length a blend of float32 unit vectors is nothing but their rounding, and its cosine is 0. */
export const ZERO_BLEND = 1e-6;

/**
 * Scores segments against one query in float64.
 *
 * With s, u the segment's unit ssl and sup vectors, s_q, u_q the query's, and a missing vector counting as 0:
 * - WEIGHTED: (1−α)·⟨s_q, s⟩ + α·⟨u_q, u⟩;
 * - BLENDED: ⟨z_q, z⟩ / (‖z_q‖·‖z‖) with z = (1−α)·s + α·u; for a segment that lacks a space ‖z‖ is taken as
 *   √((1−α)² + α²), as if ⟨s, u⟩ were 0; where ‖z_q‖ or ‖z‖ is 0 the score is 0. Both spaces need one dimension.
 * At α 0 and 1 both are the cosine in the one active space.
 */
export function createScorer(
  query: SpaceVectors,
  alpha: number,
  scoring: Scoring,
): (segment: SpaceVectors) => SegmentScore {
  const blends = scoring === 'BLENDED' && alpha > 0 && alpha < 1;
  const scoreBlend = blends ? createBlendScorer(query, alpha) : null;
  return (segment) => {
    const ssl = query.ssl && segment.ssl ? dot(query.ssl, segment.ssl) : null;
    const sup = query.sup && segment.sup ? dot(query.sup, segment.sup) : null;
    const score = scoreBlend ? scoreBlend(segment) : (1 - alpha) * (ssl ?? 0) + alpha * (sup ?? 0);
    return { order: lacksActiveSpace(segment, alpha) ? 1 : 0, score, ssl, sup };
  };
}

/** The score of one segment; `createScorer` serves many segments of one query faster. */
export function scoreOf(
  query: SpaceVectors,
  segment: SpaceVectors,
  alpha: number,
  scoring: Scoring,
): SegmentScore {
  return createScorer(query, alpha, scoring)(segment);
}

/** True where α leaves one space active and the segment has no vector in it. */
function lacksActiveSpace(segment: SpaceVectors, alpha: number): boolean {
  return (alpha === 0 && !segment.ssl) || (alpha === 1 && !segment.sup);
}

/** z = (1−α)·ssl + α·sup in float64, a missing vector counting as 0; null where both are missing. */
export function blend({ ssl, sup }: SpaceVectors, alpha: number): Float64Array | null {
  const dimension = ssl?.length ?? sup?.length;
  if (dimension === undefined) return null;
  if (ssl && sup && ssl.length !== sup.length) {
    throw new Error(`BLENDED needs spaces of one dimension, not ${ssl.length} and ${sup.length}.`);
  }
  const z = new Float64Array(dimension);
  if (ssl) for (let i = 0; i < dimension; i++) z[i] += (1 - alpha) * ssl[i];
  if (sup) for (let i = 0; i < dimension; i++) z[i] += alpha * sup[i];
  return z;
}

function createBlendScorer(query: SpaceVectors, alpha: number): (segment: SpaceVectors) => number {
  const zQuery = blend(query, alpha);
  const queryLength = zQuery ? Math.sqrt(dot(zQuery, zQuery)) : 0;
  const lengthOfPartial = Math.sqrt((1 - alpha) ** 2 + alpha ** 2);
  return (segment) => {
    const z = blend(segment, alpha);
    if (!z || !zQuery || queryLength < ZERO_BLEND) return 0;
    const length = segment.ssl && segment.sup ? Math.sqrt(dot(z, z)) : lengthOfPartial;
    return length < ZERO_BLEND ? 0 : dot(zQuery, z) / (queryLength * length);
  };
}
