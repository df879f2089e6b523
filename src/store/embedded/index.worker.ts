import { workerData } from 'node:worker_threads';
import { MODALITIES, type Modality } from '../../media/media.ts';
import { IntegrityError } from '../../shared/errors.ts';
import { serveWorker } from '../../shared/worker-server.ts';
import type {
  FacetCounts,
  ItemQuery,
  ItemRecord,
  LegalValues,
  ListPage,
  ListRequest,
  SearchPage,
  SearchRequest,
  SegmentRecord,
  SpaceRankRequest,
  SpaceRanks,
  StoreCounts,
} from '../vector-store.ts';
import { openDatabase } from './database.ts';
import { createEditionContent, type EditionContent } from './edition-content.ts';
import { createEditionSearch, type EditionSearch } from './edition-search.ts';
import { findEdition } from './edition-table.ts';
import { createMatrixScan } from './scan.ts';

/** Editions in memory and the searches over them. */

export interface IndexWorkerData {
  path: string;
  threads: number;
}

interface OpenEdition {
  content: EditionContent;
  search: EditionSearch;
  openCount: number;
}

const { path, threads } = workerData as IndexWorkerData;
const database = openDatabase(path, 'read');
const scan = await createMatrixScan(threads);
const editions = new Map<string, OpenEdition>();

/** One call after the other, so that no refresh comes between a scan and what is read from it. */
let lastCall: Promise<unknown> = Promise.resolve();
function serially<Argument, Result>(
  handle: (argument: Argument) => Result | Promise<Result>,
): (argument: Argument) => Promise<Result> {
  return (argument) => {
    const call = lastCall.then(() => handle(argument));
    lastCall = call.catch(() => undefined);
    return call;
  };
}

interface OfBundle<Request> {
  bundleId: string;
  request: Request;
}

function editionOf(bundleId: string): OpenEdition {
  const edition = editions.get(bundleId);
  if (!edition) throw new Error(`The edition of bundle ${bundleId} was closed.`);
  return edition;
}

/** A call that reads an edition as it is now. */
function reading<Request, Result>(read: (content: EditionContent, request: Request) => Result) {
  return serially(({ bundleId, request }: OfBundle<Request>) => {
    const { content } = editionOf(bundleId);
    content.refresh();
    return read(content, request);
  });
}

const handlers = {
  openEdition: serially((bundleId: string): void => {
    if (!findEdition(database, bundleId)) {
      throw new IntegrityError(`The store has no index of bundle ${bundleId}.`);
    }
    let edition = editions.get(bundleId);
    if (!edition) {
      const content = createEditionContent(database, bundleId);
      edition = { content, search: createEditionSearch(content, scan), openCount: 0 };
    }
    edition.content.refresh();
    edition.openCount++;
    editions.set(bundleId, edition);
  }),
  closeEdition: serially((bundleId: string): void => {
    const edition = editionOf(bundleId);
    edition.openCount--;
    if (edition.openCount === 0) editions.delete(bundleId);
  }),
  closeFile: serially((): void => database.close()),

  search: serially(
    ({ bundleId, request }: OfBundle<readonly SearchRequest[]>): Promise<SearchPage[]> =>
      editionOf(bundleId).search.search(request),
  ),
  spaceRanks: serially(
    ({ bundleId, request }: OfBundle<SpaceRankRequest>): Promise<SpaceRanks> =>
      editionOf(bundleId).search.spaceRanks(request),
  ),
  count: reading((content, query: ItemQuery): number =>
    content.modalities[query.modality].items.count(query),
  ),
  facets: reading(
    (content, query: ItemQuery): FacetCounts =>
      content.modalities[query.modality].items.facets(query, content.attributes),
  ),
  list: reading(
    (content, request: ListRequest): ListPage =>
      content.modalities[request.modality].items.list(request, request.first, request.after),
  ),
  legalValues: reading(
    (content, modality: Modality): LegalValues =>
      content.modalities[modality].items.legalValues(content.attributes),
  ),
  retrieve: reading((content, itemIds: readonly string[]): (ItemRecord | null)[] =>
    itemIds.map((id) => content.find(id)?.item.record ?? null),
  ),
  segments: reading((content, itemIds: readonly string[]): (SegmentRecord[] | null)[] =>
    itemIds.map((id) => readSegments(content, id)),
  ),
  counts: reading((content, _: null): StoreCounts => {
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

/** Copies: a view would carry the whole matrix to the caller. */
function readSegments(content: EditionContent, itemId: string): SegmentRecord[] | null {
  const found = content.find(itemId);
  if (!found) return null;
  const { segments } = content.modalities[found.modality];
  return found.item.rows.map((row) => {
    const { ssl, sup } = segments.vectors(row);
    return { ...segments.span(row), ssl: ssl?.slice() ?? null, sup: sup?.slice() ?? null };
  });
}

export type IndexHandlers = typeof handlers;

serveWorker(handlers);
