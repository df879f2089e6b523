import type { Space, SpaceVectors } from '../../head/head.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import { beats, type KeyBounds, selectPage } from '../ranking.ts';
import { createScorer } from '../scoring.ts';
import type { SearchHit, SearchPage, SearchRequest, SpaceRankRequest, SpaceRanks } from '../vector-store.ts';
import type { EditionContent, ModalityContent } from './edition-content.ts';
import type { MatrixScan } from './scan.ts';
import { boundItems, boundRows, isBlend, type RowScores } from './score-bounds.ts';
import { createScoreCache } from './score-cache.ts';

export interface EditionSearch {
  search(requests: readonly SearchRequest[]): Promise<SearchPage[]>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
}

/** Enough for some hundred query vectors at 100,000 segments. */
const MAX_CACHE_BYTES = 64 * 1024 * 1024;

type Comparison = Pick<SearchRequest, 'query' | 'alpha' | 'scoring'>;
type Selection = Pick<SearchRequest, 'filter' | 'excludeIds' | 'first' | 'after' | 'minScore'>;

/** A query vector against the vectors of one space. */
interface Product {
  on: Space;
  vector: Float32Array;
}

/**
 * Searches an edition: one pass over each matrix for all the query vectors that are new, then, per request, bounds
 * of the scores, grouping by item and the exact choice of the page. Calls must not overlap.
 */
export function createEditionSearch(content: EditionContent, scan: MatrixScan): EditionSearch {
  const cache = createScoreCache(MAX_CACHE_BYTES);
  let cachedVersion: number | null = null;
  const rows: KeyBounds = { low: new Float64Array(0), high: new Float64Array(0) };

  /** The scores of these products by their keys, scanning for those that are not cached. */
  const scanProducts = async (
    target: SearchRequest['target'],
    products: readonly Product[],
  ): Promise<Map<string, Float32Array>> => {
    const { segments } = content.modalities[target];
    const scores = new Map<string, Float32Array>();
    for (const on of ['ssl', 'sup'] as const) {
      const missing = new Map<string, Float32Array>();
      for (const product of products.filter((product) => product.on === on)) {
        const key = keyOf(product);
        const cached = cache.get(target + key);
        if (cached) scores.set(key, cached);
        else missing.set(key, product.vector);
      }
      const matrix = segments.matrices[on];
      if (!matrix || missing.size === 0) continue;
      const scanned = await scan.products(matrix.values, segments.rowCount, matrix.dimension, [
        ...missing.values(),
      ]);
      [...missing.keys()].forEach((key, i) => {
        scores.set(key, scanned[i]);
        cache.put(target + key, scanned[i]);
      });
    }
    return scores;
  };

  const select = (
    { items, segments }: ModalityContent,
    { query, alpha, scoring }: Comparison,
    { filter, excludeIds, first, after, minScore }: Selection,
    scores: Map<string, Float32Array>,
  ): Pick<SearchPage, 'hits' | 'hasNextPage'> => {
    if (rows.low.length < segments.rowCount) {
      rows.low = new Float64Array(segments.rowCount);
      rows.high = new Float64Array(segments.rowCount);
    }
    boundRows(segments, toRowScores(query, scores), query, { alpha, scoring }, rows);
    const bounds = boundItems(segments, rows, items.mask({ filter, excludeIds }));
    const score = createScorer(query, alpha, scoring);
    return selectPage(bounds, { first, after, minScore }, (slot) => {
      const item = items.at(slot);
      let best: SearchHit | null = null;
      for (const row of item.rows) {
        if (rows.high[row] < bounds.low[slot]) continue;
        const segmentScore = score(segments.vectors(row));
        if (best && !beats(segmentScore, best)) continue;
        best = { ...segmentScore, itemId: item.record.id, matchedSpan: segments.span(row) };
      }
      return best as SearchHit;
    });
  };

  const prepare = () => {
    content.refresh();
    if (content.segmentsVersion !== cachedVersion) cache.clear();
    cachedVersion = content.segmentsVersion;
  };

  return {
    async search(requests) {
      prepare();
      const startedMs = performance.now();
      const scores = { MUSIC: new Map(), VIDEO: new Map() } as Record<
        SearchRequest['target'],
        Map<string, Float32Array>
      >;
      for (const target of new Set(requests.map((request) => request.target))) {
        const products = requests
          .filter((request) => request.target === target)
          .flatMap((request) => productsOf(request, content.modalities[target]));
        scores[target] = await scanProducts(target, products);
      }
      const scanMs = performance.now() - startedMs;
      return requests.map((request) => {
        const selectedMs = performance.now();
        const page = select(content.modalities[request.target], request, request, scores[request.target]);
        return { ...page, exact: true, searchMs: scanMs + performance.now() - selectedMs };
      });
    },

    async spaceRanks({ target, query, filter, excludeIds, itemIds, maxRank }) {
      prepare();
      const modality = content.modalities[target];
      const scores = await scanProducts(
        target,
        productsOf({ query, alpha: 0, scoring: 'WEIGHTED' }, modality),
      );
      const ranksIn = (space: Space) => {
        if (!query[space]) return itemIds.map(() => null);
        const { hits } = select(
          modality,
          { query, alpha: space === 'ssl' ? 0 : 1, scoring: 'WEIGHTED' },
          { filter, excludeIds, first: maxRank, after: null, minScore: null },
          scores,
        );
        const ranks = new Map(hits.map(({ itemId }, index) => [itemId, index + 1]));
        return itemIds.map((id) => ranks.get(id) ?? null);
      };
      return { ssl: ranksIn('ssl'), sup: ranksIn('sup') };
    },
  };
}

/**
 * What a comparison needs products of. Both spaces even at the ends of α, so that another α on the same query
 * needs no further pass.
 */
function productsOf({ query, alpha, scoring }: Comparison, { segments }: ModalityContent): Product[] {
  const { ssl, sup } = query;
  const blends = isBlend({ alpha, scoring });
  const { ssl: sslMatrix, sup: supMatrix } = segments.matrices;
  if (blends && sslMatrix && supMatrix && sslMatrix.dimension !== supMatrix.dimension) {
    throw new Error('BLENDED needs spaces of one dimension.');
  }
  const products: Product[] = [];
  const add = (on: Space, vector: Float32Array | null) => {
    const matrix = segments.matrices[on];
    if (!vector || !matrix) return;
    if (vector.length !== matrix.dimension || !isFiniteVector(vector)) {
      throw new Error(`A query vector must hold ${matrix.dimension} finite numbers for ${on}.`);
    }
    products.push({ on, vector });
  };
  add('ssl', ssl);
  add('sup', sup);
  if (blends) {
    add('ssl', sup);
    add('sup', ssl);
  }
  return products;
}

function toRowScores({ ssl, sup }: SpaceVectors, scores: Map<string, Float32Array>): RowScores {
  const read = (on: Space, vector: Float32Array | null) =>
    (vector && scores.get(keyOf({ on, vector }))) ?? null;
  return {
    ssl: read('ssl', ssl),
    sup: read('sup', sup),
    supOnSsl: read('ssl', sup),
    sslOnSup: read('sup', ssl),
  };
}

function keyOf({ on, vector }: Product): string {
  return on + Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('latin1');
}
