import type { Modality } from '../../media/media.ts';
import { compareIds } from '../ranking.ts';
import type { ListPage, ListRequest } from '../vector-store.ts';
import { type StoreContext, scrollPoints } from './context.ts';
import { matchValue, toFilter } from './filter-condition.ts';
import { type IdOrder, toIdOrder } from './point-ids.ts';
import type { Condition, Filter } from './qdrant-client.ts';

/** The conditions that leave one modality's items of one edition. */
export function itemsOf(bundleId: string, modality: Modality): Condition[] {
  return [matchValue('bundle', bundleId), matchValue('modality', modality)];
}

/** The ids of all items of an edition, in no order. */
export async function listItemIds(context: StoreContext, bundleId: string): Promise<string[]> {
  const filter = { must: [matchValue('bundle', bundleId)] };
  const points = scrollPoints(context, context.names.items, filter, ['item']);
  return Array.fromAsync(points, ({ payload }) => payload.item as string);
}

/**
 * Items by id behind a position. Qdrant orders by one number, which the first characters of the id give, so items are
 * read up to the end of a group of equal numbers and sorted here. A group that is too large to be read with the others
 * is listed by the number of the characters that follow.
 */
export async function listItems(
  context: Pick<StoreContext, 'qdrant' | 'names'>,
  bundleId: string,
  { modality, filter, excludeIds, first, after }: ListRequest,
  ...conditions: Condition[]
): Promise<ListPage> {
  const select = (...must: Condition[]): Filter =>
    toFilter({ filter, excludeIds }, ...itemsOf(bundleId, modality), ...conditions, ...must);
  const place = after === null ? null : toIdOrder(after);
  const behind = (ids: readonly string[]) => ids.filter((id) => after === null || compareIds(id, after) > 0);

  const itemIds: string[] = [];
  let from = place?.idOrder ?? null;
  while (itemIds.length <= first) {
    const groups = await listWholeGroups(context, select(), {
      key: 'idOrder',
      from,
      limit: firstLimit(first),
    });
    itemIds.push(...behind(groups.ids));
    if (groups.cut === null || itemIds.length > first) break;
    const ofGroup = select({ key: 'idOrder', match: { value: groups.cut } });
    const fromNext = groups.cut === place?.idOrder ? place.idOrderNext : null;
    for (let limit = firstLimit(first); ; limit *= 4) {
      const next = await listWholeGroups(context, ofGroup, { key: 'idOrderNext', from: fromNext, limit });
      const ids = behind(next.ids);
      if (next.cut !== null && itemIds.length + ids.length <= first) continue;
      itemIds.push(...ids);
      break;
    }
    from = groups.cut + 1;
  }
  itemIds.sort(compareIds);
  return { itemIds: itemIds.slice(0, first), hasNextPage: itemIds.length > first };
}

const firstLimit = (first: number): number => Math.max(256, 2 * (first + 1));

/** Ids in groups of one order each; `cut` is the order of the group that a list of this length cuts through, if any. */
async function listWholeGroups(
  { qdrant, names }: Pick<StoreContext, 'qdrant' | 'names'>,
  filter: Filter,
  { key, from, limit }: { key: keyof IdOrder; from: number | null; limit: number },
): Promise<{ ids: string[]; cut: number | null }> {
  const { points } = await qdrant.scroll(names.items, {
    filter,
    limit,
    order_by: { key, direction: 'asc', ...(from !== null && { start_from: from }) },
    with_payload: ['item'],
    with_vector: false,
  });
  const ids = points.map(({ payload }) => payload?.item as string);
  if (ids.length < limit) return { ids, cut: null };
  const cut = toIdOrder(ids[ids.length - 1])[key];
  return { ids: ids.filter((id) => toIdOrder(id)[key] < cut), cut };
}
