import { SPACES } from '../../head/head.ts';
import { compareHits, cutPage } from '../ranking.ts';
import type { SearchPage, SearchRequest, SpaceRankRequest, SpaceRanks } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { type EditionRecord, readEdition, type SquareBounds, withBounds } from './edition-record.ts';
import { flatParts, readFlatHits } from './flat-ranking.ts';
import { rankSearches, type WatchedEdition } from './rank-searches.ts';
import {
  checkQuery,
  listOutliers,
  planSearch,
  type RankedSearch,
  type ShownHit,
  toComparison,
} from './search-plan.ts';
import { createSizeEstimate } from './size-estimate.ts';

/** How a request is answered. */
interface Plan {
  /** Null where nothing is left to compare. */
  search: RankedSearch | null;
  /** Of all pages of the ranking, whichever of them compared everything. */
  isExact: boolean;
}

export interface EditionSearch {
  search(requests: readonly SearchRequest[]): Promise<SearchPage[]>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
}

/**
 * Searches an edition. Qdrant lists the best segments by its float32 products, on a ladder of sizes, until no
 * segment that is not listed can be on the page; the contenders' vectors are then read and only their float64 scores
 * decide. Requests of one call share each step's round trip.
 */
export function createEditionSearch(context: StoreContext, opened: EditionRecord): EditionSearch {
  const { names } = context;
  const sizes = createSizeEstimate(context);
  let edition = opened;
  const watched: WatchedEdition = {
    current: () => edition,
    async refresh() {
      // Bounds only widen: a replica that lags may tell those of before.
      edition = withBounds(await readEdition(context, opened.bundle), edition.bounds);
    },
  };

  const plan = async (request: SearchRequest): Promise<Plan> => {
    const { target, after } = request;
    const comparison = toComparison(request, edition);
    if (!comparison) return { search: null, isExact: true };
    const size = await sizes.of(names.segments(target, edition.bundle), request);
    if (after?.order === 1) return { search: null, isExact: size.isSmall };
    const search = planSearch(request, comparison, size);
    listOutliers(search, edition.bounds[target] as SquareBounds);
    return { search, isExact: size.isSmall };
  };

  /** The request's page of the compared items, and behind them of those whose score is 0 anyhow. */
  const readPage = async (
    request: SearchRequest,
    ranked: readonly ShownHit[],
  ): Promise<{ shown: ShownHit[]; hasNextPage: boolean }> => {
    const shown = cutPage(ranked, { ...request, first: request.first + 1 }).hits;
    // One that was replaced after it was ranked may be in both.
    const excludeIds = [...request.excludeIds, ...shown.map(({ itemId }) => itemId)];
    for (const part of flatParts(request, toComparison(request, edition) !== null, edition)) {
      const missing = request.first + 1 - shown.length;
      shown.push(...(await readFlatHits(context, edition, { ...request, excludeIds }, part, missing)));
    }
    shown.sort(compareHits);
    return { shown: shown.slice(0, request.first), hasNextPage: shown.length > request.first };
  };

  const search = async (requests: readonly SearchRequest[]): Promise<SearchPage[]> => {
    const startedMs = performance.now();
    for (const request of requests) checkQuery(request, edition);
    // Until a modality has vectors, its first ones may come at any time.
    if (requests.some(({ target }) => !edition.bounds[target])) await watched.refresh();
    const plans = await Promise.all(requests.map(plan));
    const searches = plans.map(({ search }) => search).filter((search) => search !== null);
    const ranked = await rankSearches(context, watched, searches);
    return Promise.all(
      requests.map(async (request, i): Promise<SearchPage> => {
        const { search, isExact } = plans[i];
        const { shown, hasNextPage } = await readPage(request, (search && ranked.get(search)) ?? []);
        return {
          hits: shown.map(({ record, ...hit }) => hit),
          records: shown.map(({ record }) => record),
          hasNextPage,
          exact: isExact,
          searchMs: performance.now() - startedMs,
        };
      }),
    );
  };

  return {
    search,
    async spaceRanks({ itemIds, maxRank, ...selection }) {
      const spaces = SPACES.filter((space) => selection.query[space] !== null);
      const requests = spaces.map(
        (space): SearchRequest => ({
          ...selection,
          alpha: space === 'ssl' ? 0 : 1,
          scoring: 'WEIGHTED',
          minScore: null,
          first: maxRank,
          after: null,
        }),
      );
      const pages = requests.length > 0 ? await search(requests) : [];
      const ranksIn = (space: 'ssl' | 'sup') => {
        const page = pages[spaces.indexOf(space)];
        const ranks = new Map(page?.hits.map(({ itemId }, i) => [itemId, i + 1]));
        return itemIds.map((id) => ranks.get(id) ?? null);
      };
      return { ssl: ranksIn('ssl'), sup: ranksIn('sup') };
    },
  };
}
