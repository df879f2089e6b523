import { BusyError } from '../../shared/errors.ts';
import type { Edition } from '../vector-store.ts';
import type { StoreContext } from './context.ts';
import { createEditionReads } from './edition-reads.ts';
import { readEdition } from './edition-record.ts';
import { createEditionSearch } from './edition-search.ts';

/** Calls of one edition under way at a time; the next one is refused. */
const MAX_OPEN_CALLS = 256;
const RETRY_AFTER_MS = 1_000;

/** One bundle's library. IntegrityError where the store has none. */
export async function openEdition(context: StoreContext, bundleId: string): Promise<Edition> {
  const edition = await readEdition(context, bundleId);
  const reads = createEditionReads(context, edition);
  const { search, spaceRanks } = createEditionSearch(context, edition);

  const openCalls = new Set<Promise<unknown>>();
  let isClosed = false;
  const guard =
    <Arguments extends unknown[], Result>(call: (...parameters: Arguments) => Promise<Result>) =>
    async (...parameters: Arguments): Promise<Result> => {
      if (isClosed) throw new Error(`The edition of bundle ${bundleId} was closed.`);
      if (openCalls.size >= MAX_OPEN_CALLS) {
        throw new BusyError(`${MAX_OPEN_CALLS} calls wait for Qdrant already.`, RETRY_AFTER_MS);
      }
      const answer = context.qdrant.bounded(() => call(...parameters));
      openCalls.add(answer);
      try {
        return await answer;
      } finally {
        openCalls.delete(answer);
      }
    };

  return {
    bundleId,
    search: guard(search),
    spaceRanks: guard(spaceRanks),
    count: guard(reads.count),
    facets: guard(reads.facets),
    list: guard(reads.list),
    retrieve: guard(reads.retrieve),
    segments: guard(reads.segments),
    peaks: guard(reads.peaks),
    thumbnail: guard(reads.thumbnail),
    unknownValues: guard(reads.unknownValues),
    attributes: guard(reads.attributes),
    counts: guard(reads.counts),
    async close() {
      isClosed = true;
      await Promise.allSettled(openCalls);
    },
  };
}
