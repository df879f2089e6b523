import { workerData } from 'node:worker_threads';
import { MODALITIES, type Modality } from '../../media/media.ts';
import { serveWorker } from '../../shared/worker-server.ts';
import type { ItemFilter } from '../filter.ts';
import type {
  AttributeType,
  FacetCounts,
  ItemQuery,
  ItemRecord,
  ItemSegments,
  ListPage,
  ListRequest,
  SearchRequest,
  SpaceRankRequest,
  StoreCounts,
  UnknownValue,
} from '../vector-store.ts';
import { openDatabase } from './database.ts';
import { createEditionContent } from './edition-content.ts';
import { createEditionSearch } from './edition-search.ts';
import { joinSearches } from './join-searches.ts';
import { createMatrixScan } from './scan.ts';

/** One edition in memory and the searches over it. */

export interface IndexWorkerData {
  /** The store's file. */
  path: string;
  /** Threads of a scan. */
  threads: number;
  bundleId: string;
}

const { path, threads, bundleId } = workerData as IndexWorkerData;
const database = openDatabase(path, 'read');
const content = createEditionContent(database, bundleId);
const search = createEditionSearch(content, await createMatrixScan(threads));

/** One after the other, so that no refresh comes between a scan and what is read from it. */
let lastCall: Promise<unknown> = Promise.resolve();
function inTurn<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  const call = lastCall.then(work);
  lastCall = call.catch(() => undefined);
  return call;
}

/** A call that reads the edition as it is now. */
function reading<Request, Result>(read: (request: Request) => Result) {
  return (request: Request): Promise<Result> =>
    inTurn(() => {
      content.refresh();
      return read(request);
    });
}

const searchTogether = joinSearches(search.search, inTurn);
const itemsOf = (modality: Modality) => content.modalities[modality].items;
const declaredNames = () => content.attributes.map(({ name }) => name);

const handlers = {
  load: reading((_: undefined): void => {}),
  closeFile: () => inTurn((): void => database.close()),

  search: (requests: readonly SearchRequest[]) => searchTogether(requests),
  spaceRanks: (request: SpaceRankRequest) => inTurn(() => search.spaceRanks(request)),
  count: reading((query: ItemQuery): number => itemsOf(query.modality).count(query)),
  facets: reading(
    (query: ItemQuery): FacetCounts => itemsOf(query.modality).facets(query, content.attributes),
  ),
  list: reading(
    (request: ListRequest): ListPage => itemsOf(request.modality).list(request, request.first, request.after),
  ),
  unknownValues: async ({ modality, filter }: { modality: Modality; filter: ItemFilter }) => {
    const { known, unknown } = await findUnknown({ modality, filter });
    const values: UnknownValue[] = [];
    for (const one of unknown) {
      // Ten thousands of values take some milliseconds: others have a turn in between.
      const suggestions = await inTurn(() => known.suggest(one, declaredNames()));
      values.push({ ...one, suggestions });
    }
    return values;
  },
  attributes: reading((modality: Modality): AttributeType[] => {
    const declared = new Set(declaredNames());
    const further = itemsOf(modality)
      .knownValues()
      .attributeNames()
      .filter((name) => !declared.has(name));
    return [...content.attributes, ...further.map((name) => ({ name, isNumber: false }))];
  }),
  retrieve: reading((itemIds: readonly string[]): (ItemRecord | null)[] =>
    itemIds.map((id) => content.find(id)?.item.record ?? null),
  ),
  segments: reading((itemIds: readonly string[]): (ItemSegments | null)[] => itemIds.map(readSegments)),
  counts: reading((_: undefined): StoreCounts => {
    const { MUSIC, VIDEO } = content.modalities;
    return {
      tracks: MUSIC.items.size,
      videos: VIDEO.items.size,
      segments: MODALITIES.reduce(
        (sum, modality) => sum + content.modalities[modality].segments.segmentCount,
        0,
      ),
    };
  }),
};

const findUnknown = reading(({ modality, filter }: { modality: Modality; filter: ItemFilter }) => {
  const known = itemsOf(modality).knownValues();
  return { known, unknown: known.unknownIn(filter, declaredNames()) };
});

/** Copies: a view would carry the whole matrix to the caller. */
function readSegments(itemId: string): ItemSegments | null {
  const found = content.find(itemId);
  if (!found) return null;
  const { item, modality } = found;
  const table = content.modalities[modality].segments;
  const segments = item.rows.map((row) => {
    const { ssl, sup } = table.vectors(row);
    return { ...table.span(row), ssl: ssl?.slice() ?? null, sup: sup?.slice() ?? null };
  });
  return { record: item.record, segments };
}

export type IndexHandlers = typeof handlers;

serveWorker(handlers);
