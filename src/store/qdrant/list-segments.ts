import { MODALITIES } from '../../media/media.ts';
import { isBlend } from '../scoring.ts';
import type { ListedPoint } from './candidates.ts';
import type { StoreContext } from './context.ts';
import { toFilter } from './filter-condition.ts';
import type { SegmentSquares } from './points.ts';
import type { QueryRequest } from './qdrant-client.ts';
import type { RankedSearch } from './search-plan.ts';

const LISTED_FIELDS = ['item', 'revision'];
const SQUARE_FIELDS = ['sslSquare', 'supSquare', 'cross'];
const NO_SQUARES: SegmentSquares = { sslSquare: 1, supSquare: 1, cross: 0 };

/** Products are those of the original vectors, also where graphs are walked over quantized ones, with a margin. */
const RESCORED = { rescore: true, oversampling: 2 };
const ORIGINAL = { ignore: true };

/** Lists the best segments of every search by Qdrant's products: one call for each modality. */
export async function listSegments(
  { qdrant, names }: StoreContext,
  bundleId: string,
  searches: readonly RankedSearch[],
): Promise<void> {
  await Promise.all(
    MODALITIES.map(async (target) => {
      const ofTarget = searches.filter(({ request }) => request.target === target);
      if (ofTarget.length === 0) return;
      const lists = await qdrant.queryBatch(names.segments(target, bundleId), ofTarget.map(toQuery));
      lists.forEach((points, i) => {
        const search = ofTarget[i];
        const { alpha, scoring } = search.request;
        const isBlended = isBlend(alpha, scoring);
        search.isComplete = points.length < search.limit;
        search.listed = points.map(({ id, score, payload }) => ({
          id: String(id),
          product: score,
          item: payload?.item as string,
          revision: payload?.revision as string,
          squares: isBlended ? (payload as unknown as ListedPoint['squares']) : NO_SQUARES,
        }));
      });
    }),
  );
}

/** What Qdrant is asked to list for a search. */
export function toQuery({
  request,
  comparison,
  isExact,
  limit,
}: Pick<RankedSearch, 'request' | 'comparison' | 'isExact' | 'limit'>): QueryRequest {
  const filter = toFilter(request);
  const { using, vector, nominators } = comparison;
  const shared = {
    query: vector,
    using,
    limit,
    with_payload: isBlend(request.alpha, request.scoring)
      ? [...LISTED_FIELDS, ...SQUARE_FIELDS]
      : LISTED_FIELDS,
  };
  if (isExact) return { ...shared, filter, params: { exact: true } };
  const params = { hnsw_ef: limit, quantization: RESCORED };
  if (nominators.length === 0) return { ...shared, filter, params };
  const lists = [...nominators, { using, vector }];
  return {
    ...shared,
    params: { quantization: ORIGINAL },
    prefetch: lists.map((list) => ({ query: list.vector, using: list.using, filter, params, limit })),
  };
}
