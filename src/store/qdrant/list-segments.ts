import { MODALITIES } from '../../media/media.ts';
import { isBlend } from '../scoring.ts';
import type { ListedPoint } from './candidates.ts';
import type { StoreContext } from './context.ts';
import { toFilter } from './filter-condition.ts';
import type { SegmentSquares } from './points.ts';
import type { Condition, QueryRequest } from './qdrant-client.ts';
import { OUTLIER_CROSS, type RankedSearch, type SegmentList } from './search-plan.ts';

const LISTED_FIELDS = ['item', 'revision'];
const SQUARE_FIELDS = ['sslSquare', 'supSquare', 'cross'];
const OUTLYING: Condition = { key: 'cross', range: { lt: OUTLIER_CROSS } };
const NO_SQUARES: SegmentSquares = { sslSquare: 1, supSquare: 1, cross: 0 };

/** Products are those of the original vectors, also where graphs are walked over quantized ones, with a margin. */
const RESCORED = { rescore: true, oversampling: 2 };
const ORIGINAL = { ignore: true };

/** A list that is to be read, of one search. */
export interface UnreadList {
  search: RankedSearch;
  list: SegmentList;
}

/** Lists the best segments by Qdrant's products: one call for each modality. */
export async function listSegments(
  { qdrant, names }: StoreContext,
  bundleId: string,
  unread: readonly UnreadList[],
): Promise<void> {
  await Promise.all(
    MODALITIES.map(async (target) => {
      const ofTarget = unread.filter(({ search }) => search.request.target === target);
      if (ofTarget.length === 0) return;
      const queries = ofTarget.map(({ search, list }) => toQuery(search, list));
      const answers = await qdrant.queryBatch(names.segments(target, bundleId), queries);
      answers.forEach((points, i) => {
        const { search, list } = ofTarget[i];
        const { alpha, scoring } = search.request;
        const isBlended = isBlend(alpha, scoring);
        list.isComplete = points.length < list.limit;
        list.points = points.map(({ id, score, payload }) => ({
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

/** What Qdrant is asked for a list. */
export function toQuery(
  { request, comparison }: Pick<RankedSearch, 'request' | 'comparison'>,
  { among, limit, isExact }: SegmentList,
): QueryRequest {
  const filter = toFilter(request, ...(among === 'outliers' ? [OUTLYING] : []));
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
