import type { SearchRequest } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { toFilter } from './filter-condition.ts';

/** A size changes slowly, and it decides on speed alone. */
const LIFETIME_MS = 10_000;

export interface SizeEstimate {
  /** True where a search that compares every selected segment is the faster one. */
  isSmall(collection: string, selection: Pick<SearchRequest, 'filter' | 'excludeIds'>): Promise<boolean>;
}

export function createSizeEstimate({
  qdrant,
  exactBelow,
}: Pick<StoreContext, 'qdrant' | 'exactBelow'>): SizeEstimate {
  const totals = new Map<string, { count: number; untilMs: number }>();

  const totalOf = async (collection: string): Promise<number> => {
    const known = totals.get(collection);
    if (known && known.untilMs > Date.now()) return known.count;
    const { count } = await qdrant.call((client) => client.count(collection, { exact: false }));
    totals.set(collection, { count, untilMs: Date.now() + LIFETIME_MS });
    return count;
  };

  return {
    async isSmall(collection, selection) {
      if ((await totalOf(collection)) <= exactBelow) return true;
      if (selection.filter === null) return false;
      const { count } = await qdrant.call((client) =>
        client.count(collection, { filter: toFilter(selection), exact: false }),
      );
      return count <= exactBelow;
    },
  };
}
