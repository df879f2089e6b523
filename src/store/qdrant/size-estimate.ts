import { createHash } from 'node:crypto';
import type { SearchRequest } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { toFilter } from './filter-condition.ts';
import type { Filter } from './qdrant-client.ts';

/** A size changes slowly, and it decides on speed alone. */
const LIFETIME_MS = 10_000;
const MAX_KEPT = 1_000;

export interface SizeEstimate {
  /** How many segments are selected, and whether a search that compares each of them is the faster one. */
  of(
    collection: string,
    selection: Pick<SearchRequest, 'filter'>,
  ): Promise<{ count: number; isSmall: boolean }>;
}

export function createSizeEstimate({
  qdrant,
  exactBelow,
}: Pick<StoreContext, 'qdrant' | 'exactBelow'>): SizeEstimate {
  const kept = new Map<string, { count: Promise<number>; untilMs: number }>();

  /** The answer, or the question that is under way, of a moment ago. */
  const count = (collection: string, filter?: Filter): Promise<number> => {
    const key = createHash('sha256')
      .update(JSON.stringify([collection, filter]))
      .digest('base64');
    const known = kept.get(key);
    if (known && known.untilMs > Date.now()) return known.count;
    if (kept.size >= MAX_KEPT) kept.clear();
    const asked = qdrant.count(collection, { ...(filter && { filter }), exact: false });
    kept.set(key, { count: asked, untilMs: Date.now() + LIFETIME_MS });
    asked.catch(() => kept.delete(key));
    return asked;
  };

  return {
    async of(collection, { filter }) {
      let selected = await count(collection);
      // What is left out is little: by the filter alone, many a query shares the answer.
      if (selected > exactBelow && filter !== null) {
        selected = await count(collection, toFilter({ filter, excludeIds: [] }));
      }
      return { count: selected, isSmall: selected <= exactBelow };
    },
  };
}
