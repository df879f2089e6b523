import type { Edition } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { createEditionReads } from './edition-reads.ts';
import { readEdition } from './edition-record.ts';
import { createEditionSearch } from './edition-search.ts';

/** One bundle's library. IntegrityError where the store has none. */
export async function openEdition(context: StoreContext, bundleId: string): Promise<Edition> {
  await readEdition(context, bundleId);
  return {
    bundleId,
    ...createEditionReads(context, bundleId),
    ...createEditionSearch(context, bundleId),
    close: async () => {},
  };
}
