import type { Space } from '../../head/head.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import { beats, type KeyBounds, selectPage } from '../ranking.ts';
import { blendQuery, createScorer, isBlend, type SegmentScore, similarities } from '../scoring.ts';
import type { SearchPage, SearchRequest, SpaceRankRequest, SpaceRanks } from '../vector-store.ts';
import type { EditionContent, ModalityContent } from './edition-content.ts';
import type { MatrixScan } from './scan.ts';
import { boundItems, boundRows, directionOfShortBlend, type RowScores } from './score-bounds.ts';
import { createScoreCache, hashVector } from './score-cache.ts';

export interface EditionSearch {
  search(requests: readonly SearchRequest[]): Promise<SearchPage[]>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
}

/** Enough for some hundred query vectors at 100,000 segments. */
const MAX_CACHE_BYTES = 64 * 1024 * 1024;

type Comparison = Pick<SearchRequest, 'query' | 'alpha' | 'scoring'>;
type Selection = Pick<SearchRequest, 'filter' | 'excludeIds' | 'first' | 'after' | 'minScore'>;

/** A vector against the vectors of one space. */
interface Product {
  on: Space;
  vector: Float32Array;
  /** Equal for equal products. */
  key: string;
}

/** What the bounds of a comparison are made of; null where either side has no such vector. */
type Products = Record<keyof RowScores, Product | null>;

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
    products: readonly (Product | null)[],
  ): Promise<Map<string, Float32Array>> => {
    const { segments } = content.modalities[target];
    const scores = new Map<string, Float32Array>();
    for (const on of ['ssl', 'sup'] as const) {
      const missing = new Map<string, Float32Array>();
      for (const product of products) {
        if (product?.on !== on) continue;
        const cached = cache.get(target + product.key);
        if (cached) scores.set(product.key, cached);
        else missing.set(product.key, product.vector);
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
    scores: RowScores,
  ): Pick<SearchPage, 'hits' | 'records' | 'hasNextPage'> => {
    if (rows.low.length < segments.rowCount) {
      rows.low = new Float64Array(segments.rowCount);
      rows.high = new Float64Array(segments.rowCount);
    }
    boundRows(segments, scores, query, { alpha, scoring }, rows);
    const bounds = boundItems(segments, rows, items.mask({ filter, excludeIds }));
    const score = createScorer(query, alpha, scoring);
    const page = selectPage(bounds, { first, after, minScore }, (slot) => {
      const item = items.at(slot);
      let best: SegmentScore | null = null;
      let bestRow = -1;
      for (const row of item.rows) {
        if (rows.high[row] < bounds.low[slot]) continue;
        const segmentScore = score(segments.vectors(row));
        if (best && !beats(segmentScore, best)) continue;
        best = segmentScore;
        bestRow = row;
      }
      return { ...(best as SegmentScore), itemId: item.record.id, slot, row: bestRow };
    });
    const hits = page.hits.map(({ slot, row, ...position }) => ({
      ...position,
      ...similarities(query, segments.vectors(row)),
      matchedSpan: segments.span(row),
    }));
    const records = page.hits.map(({ slot }) => items.at(slot).record);
    return { hits, records, hasNextPage: page.hasNextPage };
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
      const planned = requests.map((request) => ({
        request,
        products: productsOf(request, content.modalities[request.target]),
      }));
      const scores = new Map<SearchRequest['target'], Map<string, Float32Array>>();
      for (const target of new Set(requests.map((request) => request.target))) {
        const together = planned.filter(({ request }) => request.target === target);
        scores.set(
          target,
          await scanProducts(
            target,
            together.flatMap(({ products }) => Object.values(products)),
          ),
        );
      }
      const scanMs = performance.now() - startedMs;
      return planned.map(({ request, products }) => {
        const selectedMs = performance.now();
        const rowScores = toRowScores(products, scores.get(request.target));
        const page = select(content.modalities[request.target], request, request, rowScores);
        return { ...page, exact: true, searchMs: scanMs + performance.now() - selectedMs };
      });
    },

    async spaceRanks({ target, query, filter, excludeIds, itemIds, maxRank }) {
      prepare();
      const modality = content.modalities[target];
      const products = productsOf({ query, alpha: 0, scoring: 'WEIGHTED' }, modality);
      const scores = toRowScores(products, await scanProducts(target, Object.values(products)));
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
function productsOf({ query, alpha, scoring }: Comparison, { segments }: ModalityContent): Products {
  const { ssl, sup } = query;
  const { ssl: sslMatrix, sup: supMatrix } = segments.matrices;
  const of = (on: Space, vector: Float32Array | null): Product | null => {
    const matrix = segments.matrices[on];
    if (!vector || !matrix) return null;
    if (vector.length !== matrix.dimension || !isFiniteVector(vector)) {
      throw new Error(`A query vector must hold ${matrix.dimension} finite numbers for ${on}.`);
    }
    return { on, vector, key: on + hashVector(vector) };
  };
  const products: Products = {
    ssl: of('ssl', ssl),
    sup: of('sup', sup),
    supOnSsl: null,
    sslOnSup: null,
    blendOnSsl: null,
    blendOnSup: null,
  };
  if (!isBlend(alpha, scoring)) return products;
  if (sslMatrix && supMatrix && sslMatrix.dimension !== supMatrix.dimension) {
    throw new Error('BLENDED needs spaces of one dimension.');
  }
  const blended = blendQuery(query, alpha);
  const direction = directionOfShortBlend(blended);
  if (direction) return { ...products, blendOnSsl: of('ssl', direction), blendOnSup: of('sup', direction) };
  if (blended.length > 0) return { ...products, supOnSsl: of('ssl', sup), sslOnSup: of('sup', ssl) };
  return products;
}

function toRowScores(products: Products, scores: Map<string, Float32Array> | undefined): RowScores {
  const read = (product: Product | null) => (product && scores?.get(product.key)) ?? null;
  return {
    ssl: read(products.ssl),
    sup: read(products.sup),
    supOnSsl: read(products.supOnSsl),
    sslOnSup: read(products.sslOnSup),
    blendOnSsl: read(products.blendOnSsl),
    blendOnSup: read(products.blendOnSup),
  };
}
