import type { SpaceVectors } from '../head/head.ts';
import { dot, norm } from '../shared/vector-math.ts';
import type { Scoring } from './vector-store.ts';

/** How well one segment answers a query. Segments compare by (order ascending, score descending). */
export interface SegmentScore {
  /** 1 where the segment lacks the only active space: it sorts behind every segment that has it. */
  order: 0 | 1;
  score: number;
}

/** The unweighted cosines; null where the query or the segment has no vector in that space. */
export interface Similarities {
  ssl: number | null;
  sup: number | null;
}

/** Below this length a blend of float32 unit vectors is nothing but their rounding, and its cosine is 0. */
export const ZERO_BLEND = 1e-6;

/** A query's z = (1−α)·ssl + α·sup in float64. */
export interface BlendedQuery {
  z: Float64Array;
  /** ‖z‖; 0 where the two vectors cancel out. */
  length: number;
}

/** A missing vector counts as 0. Throws where the two are of different lengths. */
export function blendQuery({ ssl, sup }: SpaceVectors, alpha: number): BlendedQuery {
  if (ssl && sup && ssl.length !== sup.length) {
    throw new Error(`BLENDED needs spaces of one dimension, not ${ssl.length} and ${sup.length}.`);
  }
  const z = new Float64Array(ssl?.length ?? sup?.length ?? 0);
  if (ssl) for (let i = 0; i < z.length; i++) z[i] += (1 - alpha) * ssl[i];
  if (sup) for (let i = 0; i < z.length; i++) z[i] += alpha * sup[i];
  const length = norm(z);
  return { z, length: length < ZERO_BLEND ? 0 : length };
}

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
  const scoreBlend = isBlend(alpha, scoring) ? createBlendScorer(query, alpha) : null;
  return (segment) => {
    const order = lacksActiveSpace(segment, alpha) ? 1 : 0;
    if (scoreBlend) return { order, score: scoreBlend(segment) };
    const { ssl, sup } = similarities(query, segment);
    return { order, score: (1 - alpha) * (ssl ?? 0) + alpha * (sup ?? 0) };
  };
}

/** True where the two spaces are mixed before they are compared: BLENDED, but for the ends of α. */
export function isBlend(alpha: number, scoring: Scoring): boolean {
  return scoring === 'BLENDED' && alpha > 0 && alpha < 1;
}

export function similarities(query: SpaceVectors, segment: SpaceVectors): Similarities {
  return {
    ssl: query.ssl && segment.ssl && dot(query.ssl, segment.ssl),
    sup: query.sup && segment.sup && dot(query.sup, segment.sup),
  };
}

/** True where α leaves one space active and the segment has no vector in it. */
function lacksActiveSpace(segment: SpaceVectors, alpha: number): boolean {
  return (alpha === 0 && !segment.ssl) || (alpha === 1 && !segment.sup);
}

/** One pass over a segment's vectors, without a copy of them: this runs for every candidate. */
function createBlendScorer(query: SpaceVectors, alpha: number): (segment: SpaceVectors) => number {
  const { z: zQuery, length: queryLength } = blendQuery(query, alpha);
  const lengthOfPartial = Math.sqrt((1 - alpha) ** 2 + alpha ** 2);
  return ({ ssl, sup }) => {
    if (queryLength === 0) return 0;
    if (!ssl || !sup) {
      const product = (ssl ? (1 - alpha) * dot(zQuery, ssl) : 0) + (sup ? alpha * dot(zQuery, sup) : 0);
      return product / (queryLength * lengthOfPartial);
    }
    let product = 0;
    let square = 0;
    for (let i = 0; i < zQuery.length; i++) {
      const z = (1 - alpha) * ssl[i] + alpha * sup[i];
      product += zQuery[i] * z;
      square += z * z;
    }
    const length = Math.sqrt(square);
    return length < ZERO_BLEND ? 0 : product / (queryLength * length);
  };
}
