import type { SpaceVectors } from '../head/head.ts';
import { dot } from '../shared/vector-math.ts';
import { sortKey } from '../store/ranking.ts';
import { blendQuery, isBlend, ZERO_BLEND } from '../store/scoring.ts';
import type { Scoring } from '../store/vector-store.ts';

/** Scores a whole gallery against one query, at any α. */
export interface GalleryScorer {
  /** The sort key of every segment, in the gallery's order; the array is written anew by the next call. */
  keysAt(alpha: number, scoring: Scoring): Float64Array;
}

/**
 * What `createScorer` of the store gives, for every segment of a gallery and many α: the vectors are multiplied once for
 * each query, and every score is made of the products. For BLENDED
 * ⟨z_q, z⟩ = (1−α)²·⟨s_q, s⟩ + α²·⟨u_q, u⟩ + α(1−α)·(⟨s_q, u⟩ + ⟨u_q, s⟩), and ‖z‖² likewise.
 */
export function createGalleryScorer(
  gallery: readonly SpaceVectors[],
  { blends }: { blends: boolean },
): (query: SpaceVectors) => GalleryScorer {
  const between = (of: (segment: SpaceVectors) => [Float32Array | null, Float32Array | null]) =>
    productsOf(gallery, of);
  const hasSsl = gallery.map(({ ssl }) => ssl !== null);
  const hasSup = gallery.map(({ sup }) => sup !== null);
  const ownSsl = between(({ ssl }) => [ssl, ssl]);
  const ownSup = between(({ sup }) => [sup, sup]);
  const ownCross = between(({ ssl, sup }) => (blends ? [ssl, sup] : [null, null]));
  const keys = new Float64Array(gallery.length);

  return (query) => {
    const ssl = between((segment) => [query.ssl, segment.ssl]);
    const sup = between((segment) => [query.sup, segment.sup]);
    const cross = between((segment) => (blends ? [query.ssl, segment.sup] : [null, null]));
    between((segment) => (blends ? [query.sup, segment.ssl] : [null, null])).forEach((product, i) => {
      cross[i] += product;
    });
    const blend = (alpha: number, i: number, queryLength: number): number => {
      const [a, b, c] = [(1 - alpha) ** 2, alpha ** 2, alpha * (1 - alpha)];
      const square = hasSsl[i] && hasSup[i] ? a * ownSsl[i] + b * ownSup[i] + 2 * c * ownCross[i] : a + b;
      const length = Math.sqrt(Math.max(0, square));
      if (queryLength === 0 || length < ZERO_BLEND) return 0;
      return (a * ssl[i] + b * sup[i] + c * cross[i]) / (queryLength * length);
    };
    return {
      keysAt(alpha, scoring) {
        const queryLength = isBlend(alpha, scoring) ? blendQuery(query, alpha).length : null;
        for (let i = 0; i < keys.length; i++) {
          const lacksActive = (alpha === 0 && !hasSsl[i]) || (alpha === 1 && !hasSup[i]);
          const score =
            queryLength === null ? (1 - alpha) * ssl[i] + alpha * sup[i] : blend(alpha, i, queryLength);
          keys[i] = lacksActive ? sortKey({ order: 1, score }) : score;
        }
        return keys;
      },
    };
  };
}

/** A product for each segment; 0 where a vector is missing. */
function productsOf(
  gallery: readonly SpaceVectors[],
  of: (segment: SpaceVectors) => [Float32Array | null, Float32Array | null],
): Float64Array {
  const products = new Float64Array(gallery.length);
  gallery.forEach((segment, i) => {
    const [a, b] = of(segment);
    if (a && b) products[i] = dot(a, b);
  });
  return products;
}
