import type { Modality } from '../media/media.ts';
import type { ItemRecord } from '../store/vector-store.ts';
import type { FilterArguments, PageArguments } from './search/arguments.ts';
import { parseCursor, toCursor } from './search/cursor.ts';
import { type PageInfo, requireFirst, toHash, toPageInfo } from './search/page.ts';
import { parseFilter } from './search/parse-filter.ts';
import type { SearchContext } from './search/reads.ts';

export interface ItemPage {
  edges: { node: ItemRecord; cursor: string }[];
  pageInfo: PageInfo;
  /** Of all pages together. */
  totalCount(): Promise<number>;
}

/**
 * One page of the library's tracks or videos, by id.
 * Throws a UserInputError that names a wrong argument, a CursorExpiredError for a cursor of another bundle.
 */
export async function listItems(
  modality: Modality,
  { first, after, ...filterArguments }: FilterArguments & PageArguments,
  context: SearchContext,
): Promise<ItemPage> {
  const { reads, limits, serving } = context;
  requireFirst(first, limits.maxFirst);
  const { whole } = await parseFilter(filterArguments, modality, context);
  const scope = { bundleId: serving.manifest.id, queryHash: toHash(['list', modality, whole]) };
  const query = { modality, filter: whole, excludeIds: [] };
  const lastId = after == null ? null : parseCursor(after, scope).position.itemId;
  const { itemIds, hasNextPage } = await reads.list({ ...query, first, after: lastId });
  const items = await reads.items(itemIds);
  const edges = items
    .filter((item) => item !== null)
    .map((node) => ({
      node,
      // A list has no scores: the id alone is the place, and the rank is not used.
      cursor: toCursor(scope, { position: { order: 0, score: 0, itemId: node.id }, rank: 1 }),
    }));
  return {
    edges,
    pageInfo: toPageInfo(edges, after ?? null, hasNextPage),
    totalCount: () => reads.count(query),
  };
}
