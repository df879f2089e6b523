import type { SpaceVectors } from '../src/head/head.ts';
import type { Qdrant, QueryRequest } from '../src/store/qdrant/qdrant-client.ts';
import type { Edition, HitPosition, Scoring, SearchPage } from '../src/store/vector-store.ts';
import { type Genre, toItemFilter } from './clustered-library.ts';

/** A way to search, and what it is to find. */
export interface Row {
  name: string;
  genre: Genre | null;
  scoring: Scoring;
  /** Items before those that are asked for. */
  skip: number;
  first: number;
  search(query: SpaceVectors, alpha: number): Promise<{ itemIds: string[]; elapsedMs: number }>;
}

const FIRST = 10;
const RESCORED = { rescore: true };
const ORIGINAL = { ignore: true };
export const DEEPEST_RANK = 100;

/** Single requests to the server, whose best ten items are taken as they come. */
export function requestRows(qdrant: Qdrant, collection: string): Row[] {
  const toRow = (name: string, toBody: (query: SpaceVectors, alpha: number) => QueryRequest): Row => ({
    name: `request: ${name}`,
    genre: null,
    scoring: 'WEIGHTED',
    skip: 0,
    first: FIRST,
    async search(query, alpha) {
      const body = toBody(query, alpha);
      const startedMs = performance.now();
      const { points } = await qdrant.call((client) =>
        client.query(collection, { ...body, with_payload: ['item'] }),
      );
      const elapsedMs = performance.now() - startedMs;
      const itemIds = [...new Set(points.map(({ payload }) => payload?.item as string))].slice(0, FIRST);
      return { itemIds, elapsedMs };
    },
  });
  const joint = ({ ssl, sup }: SpaceVectors, alpha: number) => ({
    using: 'joint',
    query: [
      ...Array.from(ssl as Float32Array, (value) => (1 - alpha) * value),
      ...Array.from(sup as Float32Array, (value) => alpha * value),
    ],
  });
  const spaces = ({ ssl, sup }: SpaceVectors) => [
    { using: 'ssl', query: [...(ssl as Float32Array)] },
    { using: 'sup', query: [...(sup as Float32Array)] },
  ];
  const lists = (of: 'two' | 'three', limit: number) => (query: SpaceVectors, alpha: number) => ({
    ...joint(query, alpha),
    limit,
    params: { quantization: ORIGINAL },
    prefetch: [...spaces(query), ...(of === 'three' ? [joint(query, alpha)] : [])].map((list) => ({
      ...list,
      limit,
      params: { hnsw_ef: limit, quantization: RESCORED },
    })),
  });
  const alone = (ef: number) => (query: SpaceVectors, alpha: number) => ({
    ...joint(query, alpha),
    limit: DEEPEST_RANK,
    params: { hnsw_ef: ef, quantization: RESCORED },
  });
  return [
    toRow('HNSW on joint, ef 256', alone(256)),
    toRow('HNSW on joint, ef 512', alone(512)),
    toRow('two lists of 100', lists('two', 100)),
    ...[100, 200, 256, 500].map((limit) => toRow(`three lists of ${limit}`, lists('three', limit))),
    toRow('exact on joint', (query, alpha) => ({
      ...joint(query, alpha),
      limit: DEEPEST_RANK,
      params: { exact: true },
    })),
  ];
}

/** Searches of the store, whole. */
export function storeRows(editions: Record<'lists' | 'exact', Edition>): Row[] {
  const toRow = (
    by: 'lists' | 'exact',
    { name = '', genre = null, scoring = 'WEIGHTED', skip = 0, first = FIRST }: Partial<Row>,
  ): Row => ({
    name: `store, ${by}${name}${genre ? `, genre ${genre}` : ''}`,
    genre,
    scoring,
    skip,
    first,
    async search(query, alpha) {
      const filter = toItemFilter(genre);
      const request = {
        target: 'MUSIC' as const,
        query,
        alpha,
        scoring,
        filter,
        excludeIds: [],
        minScore: null,
      };
      let page: SearchPage | null = null;
      let elapsedMs = 0;
      for (let rank = 0; rank <= skip; rank += first) {
        const after: HitPosition | null = page?.hits.at(-1) ?? null;
        const startedMs = performance.now();
        [page] = await editions[by].search([{ ...request, first, after, ...(after && { afterRank: rank }) }]);
        elapsedMs = performance.now() - startedMs;
      }
      return { itemIds: page?.hits.map(({ itemId }) => itemId) ?? [], elapsedMs };
    },
  });
  const genres: Genre[] = ['one percent', 'eight percent', 'group'];
  return [
    toRow('exact', {}),
    toRow('lists', {}),
    ...genres.flatMap((genre) => [toRow('exact', { genre }), toRow('lists', { genre })]),
    toRow('lists', { name: ', second page', skip: 10 }),
    toRow('lists', { name: ', third page', skip: 20 }),
    toRow('lists', { name: ', first 100', first: 100 }),
    toRow('exact', { name: ', BLENDED', scoring: 'BLENDED' }),
    toRow('lists', { name: ', BLENDED', scoring: 'BLENDED' }),
    toRow('lists', { name: ', BLENDED', scoring: 'BLENDED', genre: 'eight percent' }),
  ];
}
