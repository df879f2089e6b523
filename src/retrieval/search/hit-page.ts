import type { Device } from '../../backbone/device.ts';
import type { Space } from '../../head/head.ts';
import type { Span } from '../../media/media.ts';
import type {
  HitPosition,
  ItemRecord,
  SearchHit,
  SearchRequest,
  StoreKind,
} from '../../store/vector-store.ts';
import type { PageArguments } from './arguments.ts';
import { type CursorScope, type Place, parseCursor, toCursor } from './cursor.ts';
import { type PageInfo, requireFirst, toPageInfo } from './page.ts';
import type { SearchContext } from './reads.ts';

/** What a hit has in one space. */
export interface SpaceScore {
  /** The matched segment's unweighted cosine; null where it or the query has no vector there. */
  similarity: number | null;
  /** The item's rank by this space alone; null past `limits.maxSpaceRank`. Asked once for the whole page. */
  rank(): Promise<number | null>;
}

export interface Hit {
  node: ItemRecord;
  cursor: string;
  /** From 1, over all pages. */
  rank: number;
  score: number;
  matchedSpan: Span;
  ssl: SpaceScore;
  sup: SpaceScore;
}

/** How a page was computed. */
interface SearchRun {
  exact: boolean;
  store: StoreKind;
  /** Null where nothing had to be embedded. */
  device: Device | null;
  embedMs: number;
  searchMs: number;
}

export interface HitPage {
  edges: Hit[];
  pageInfo: PageInfo;
  run: SearchRun;
}

/** A search that is ready to be scanned for, whichever page is asked of it. */
export interface ScannableSearch extends CursorScope {
  request: Omit<SearchRequest, 'first' | 'after'>;
  embedMs: number | null;
}

/** One page of hits: cursor → store search → hydrate → present. */
export async function searchPage(
  search: ScannableSearch,
  page: PageArguments,
  context: SearchContext,
): Promise<HitPage> {
  requireFirst(page.first, context.limits.maxFirst);
  const after = page.after == null ? null : parseCursor(page.after, search);
  const found = await scan(search, page.first, after, context);
  const items = await context.reads.items(found.hits.map(({ itemId }) => itemId));
  const edges = presentHits(search, found.hits, items, after?.rank ?? 0, context);
  return {
    edges,
    pageInfo: toPageInfo(edges, page.after ?? null, found.hasNextPage),
    run: {
      exact: found.exact,
      store: context.storeKind,
      device: search.embedMs === null ? null : context.device,
      embedMs: search.embedMs ?? 0,
      searchMs: found.searchMs,
    },
  };
}

/** The store's page, cut off at the last rank that may be reached. */
async function scan(search: ScannableSearch, first: number, after: Place | null, context: SearchContext) {
  const { maxRank } = context.limits;
  const rankBefore = after?.rank ?? 0;
  const allowed = Math.min(first, maxRank - rankBefore);
  if (allowed <= 0) return { hits: [], hasNextPage: false, exact: true, searchMs: 0 };
  const request: SearchRequest = {
    ...search.request,
    first: allowed,
    after: after?.position ?? null,
    ...(after && { afterRank: after.rank }),
  };
  const key = JSON.stringify([search.queryHash, allowed, after?.position]);
  const page = await context.reads.search({ key, request });
  return { ...page, hasNextPage: page.hasNextPage && rankBefore + page.hits.length < maxRank };
}

/** Hits with their items. One whose item was removed since the scan is left out; the others keep their ranks. */
function presentHits(
  search: ScannableSearch,
  hits: readonly SearchHit[],
  items: readonly (ItemRecord | null)[],
  rankBefore: number,
  context: SearchContext,
): Hit[] {
  const spaceRanks = rankPage(search, hits, context);
  return hits.flatMap((hit, i) => {
    const node = items[i];
    if (!node) return [];
    const rank = rankBefore + i + 1;
    const inSpace = (space: Space): SpaceScore => ({
      similarity: hit[space],
      rank: async () => (await spaceRanks())[space][i],
    });
    return {
      node,
      cursor: toCursor(search, { position: toPosition(hit), rank }),
      rank,
      score: hit.score,
      matchedSpan: hit.matchedSpan,
      ssl: inSpace('ssl'),
      sup: inSpace('sup'),
    };
  });
}

const toPosition = ({ order, score, itemId }: HitPosition): HitPosition => ({ order, score, itemId });

/** Ranks a page's items in each space, when first asked to. */
function rankPage(
  { request }: ScannableSearch,
  hits: readonly SearchHit[],
  { reads, limits }: SearchContext,
) {
  const { target, query, filter, excludeIds } = request;
  let ranks: ReturnType<typeof reads.spaceRanks> | null = null;
  return () => {
    ranks ??= reads.spaceRanks({
      target,
      query,
      filter,
      excludeIds,
      itemIds: hits.map(({ itemId }) => itemId),
      maxRank: limits.maxSpaceRank,
    });
    return ranks;
  };
}
