import { SPACES } from '../../head/head.ts';
import { compareHits, cutPage } from '../ranking.ts';
import { isBlend } from '../scoring.ts';
import type { SearchPage, SearchRequest, SpaceRankRequest, SpaceRanks } from '../vector-store.ts';
import { candidateKey, nominate } from './candidates.ts';
import type { StoreContext } from './context.ts';
import { type EditionRecord, readEdition, type SquareBounds } from './edition-record.ts';
import { flatParts, readFlatHits } from './flat-ranking.ts';
import { listSegments } from './list-segments.ts';
import { type Contender, rescoreContenders } from './rescore.ts';
import {
  checkQuery,
  lengthenList,
  planSearch,
  type RankedSearch,
  type ShownHit,
  toComparison,
} from './search-plan.ts';
import { createSizeEstimate } from './size-estimate.ts';

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
  const size = createSizeEstimate(context);
  let edition = opened;

  const refreshEdition = async (): Promise<void> => {
    edition = await readEdition(context, opened.bundle);
  };

  /** A plan for each request; null where nothing is left to compare. */
  const plan = (requests: readonly SearchRequest[]): Promise<(RankedSearch | null)[]> =>
    Promise.all(
      requests.map(async (request) => {
        const comparison = toComparison(request, edition);
        if (!comparison || request.after?.order === 1) return null;
        const isExact = await size.isSmall(names.segments(request.target, edition.bundle), request);
        return planSearch(request, comparison, isExact);
      }),
    );

  /** The bounds of BLENDED widen with what is written: they are read beside the lists that they are used with. */
  const list = async (searches: readonly RankedSearch[]): Promise<void> => {
    const isBlended = searches.some(({ request }) => isBlend(request.alpha, request.scoring));
    await Promise.all([
      listSegments(context, edition.bundle, searches),
      ...(isBlended ? [refreshEdition()] : []),
    ]);
  };

  /** Brings every search to the hits its page is cut from: lists and reads more, all together, until each is sure. */
  const rank = async (searches: readonly RankedSearch[]): Promise<Map<RankedSearch, ShownHit[]>> => {
    const ranked = new Map<RankedSearch, ShownHit[]>();
    while (ranked.size < searches.length) {
      const open = searches.filter((search) => !ranked.has(search));
      const unlisted = open.filter(({ listed }) => listed === null);
      if (unlisted.length > 0) await list(unlisted);
      const unscored: Contender[] = [];
      for (const search of open) {
        const nomination = nominateFor(search, edition.bounds[search.request.target] as SquareBounds);
        if (!nomination.isSure) {
          lengthenList(search);
          continue;
        }
        const keys = nomination.contenders.map(({ item, revision }) => candidateKey(item, revision));
        const missing = nomination.contenders.filter((_, i) => !search.hits.has(keys[i]));
        if (missing.length > 0) unscored.push(...missing.map((candidate) => ({ search, candidate })));
        else
          ranked.set(
            search,
            keys.map((key) => search.hits.get(key) as ShownHit),
          );
      }
      if (unscored.length > 0) await rescoreContenders(context, edition, unscored);
    }
    return ranked;
  };

  /** The request's page of the compared items, and behind them of those whose score is 0 anyhow. */
  const readPage = async (
    request: SearchRequest,
    ranked: readonly ShownHit[],
  ): Promise<{ shown: ShownHit[]; hasNextPage: boolean }> => {
    const shown = cutPage(ranked, { ...request, first: request.first + 1 }).hits;
    for (const part of flatParts(request, toComparison(request, edition) !== null, edition)) {
      const missing = request.first + 1 - shown.length;
      shown.push(...(await readFlatHits(context, edition, request, part, missing)));
    }
    shown.sort(compareHits);
    return { shown: shown.slice(0, request.first), hasNextPage: shown.length > request.first };
  };

  const search = async (requests: readonly SearchRequest[]): Promise<SearchPage[]> => {
    const startedMs = performance.now();
    for (const request of requests) checkQuery(request, edition);
    // Until a modality has vectors, its first ones may come at any time.
    if (requests.some(({ target }) => !edition.bounds[target])) await refreshEdition();
    const searches = await plan(requests);
    const ranked = await rank(searches.filter((search) => search !== null));
    return Promise.all(
      requests.map(async (request, i): Promise<SearchPage> => {
        const search = searches[i];
        const { shown, hasNextPage } = await readPage(request, (search && ranked.get(search)) ?? []);
        return {
          hits: shown.map(({ record, ...hit }) => hit),
          records: shown.map(({ record }) => record),
          hasNextPage,
          exact: search?.isExact ?? true,
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

function nominateFor(
  { request, comparison, listed, isComplete, hits }: RankedSearch,
  bounds: SquareBounds,
): ReturnType<typeof nominate> {
  const isHidden = (item: string, revision: string) => hits.get(candidateKey(item, revision)) === null;
  return nominate(listed ?? [], comparison, request, { isComplete, isHidden, bounds });
}
