import type { Modality } from '../../media/media.ts';
import { compareIds } from '../ranking.ts';
import type { ListPage, ListRequest } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { matchValue, toFilter } from './filter-condition.ts';
import { toIdOrder } from './point-ids.ts';
import type { Condition } from './qdrant-client.ts';

/** The conditions that leave one modality's items of one edition. */
export function itemsOf(bundleId: string, modality: Modality): Condition[] {
  return [matchValue('bundle', bundleId), matchValue('modality', modality)];
}

/**
 * Items by id behind a position. Qdrant orders by a number that the first characters of the id give, so items are
 * read up to the end of a group of equal numbers and sorted here; more are read until the page is full.
 */
export async function listItems(
  { qdrant, names }: StoreContext,
  bundleId: string,
  { modality, filter, excludeIds, first, after }: ListRequest,
  ...conditions: Condition[]
): Promise<ListPage> {
  const selection = toFilter({ filter, excludeIds }, ...itemsOf(bundleId, modality), ...conditions);
  for (let limit = Math.max(256, 2 * (first + 1)); ; limit *= 4) {
    const { points } = await qdrant.call((client) =>
      client.scroll(names.items, {
        filter: selection,
        limit,
        order_by: {
          key: 'idOrder',
          direction: 'asc',
          ...(after !== null && { start_from: toIdOrder(after) }),
        },
        with_payload: ['item'],
      }),
    );
    const ids = points.map(({ payload }) => payload?.item as string);
    const isComplete = points.length < limit;
    const lastOrder = isComplete ? Number.POSITIVE_INFINITY : toIdOrder(ids[ids.length - 1]);
    const behind = ids
      .filter((id) => toIdOrder(id) < lastOrder && (after === null || compareIds(id, after) > 0))
      .sort(compareIds);
    if (isComplete || behind.length > first) {
      return { itemIds: behind.slice(0, first), hasNextPage: behind.length > first };
    }
  }
}
