import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { IntegrityError, WorkerLostError } from '../../shared/errors.ts';
import { createWorkerClient, type WorkerClient } from '../../shared/worker-client.ts';
import type { ClipStore, Edition, EditionWriter, VectorStore, WriterOptions } from '../vector-store.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import type { IndexHandlers, IndexWorkerData } from './index.worker.ts';

export interface EmbeddedStoreOptions {
  /** Made where it is missing; several processes may share it. */
  directory: string;
  /** Threads of a scan; all cores unless told. */
  threads?: number;
}

type DatabaseClient = WorkerClient<DatabaseHandlers>;
type IndexClient = WorkerClient<IndexHandlers>;

/**
 * The store in one folder: SQLite holds the truth, an index in memory answers. Both live in worker threads, and
 * one that is lost is started again: until it has loaded, calls reject with a WorkerLostError.
 * IntegrityError where the folder holds a store of another version or a damaged one.
 */
export async function createEmbeddedStore({
  directory,
  threads,
}: EmbeddedStoreOptions): Promise<VectorStore> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'store.sqlite');
  const database = createWorkerClient<DatabaseHandlers>(
    new URL('./database.worker.ts', import.meta.url),
    null,
    { restore: (call) => call('openFile', path) },
  );
  try {
    await database.call('openFile', path);
  } catch (error) {
    await database.close();
    throw error;
  }
  /** One entry for each time that an edition was opened. */
  const openBundleIds: string[] = [];
  const index = createWorkerClient<IndexHandlers>(
    new URL('./index.worker.ts', import.meta.url),
    { path, threads: threads ?? availableParallelism() } satisfies IndexWorkerData,
    {
      restore: (call) =>
        Promise.all(openBundleIds.map((bundleId) => call('openEdition', bundleId).catch(ignoreDropped))),
    },
  );
  const closeEdition = async (bundleId: string) => {
    openBundleIds.splice(openBundleIds.indexOf(bundleId), 1);
    await index.call('closeEdition', bundleId).catch(ignoreLost);
  };

  return {
    kind: 'EMBEDDED',
    clips: createClipStore(database),
    currentBundleId: () => database.call('currentBundleId', undefined),
    async open(bundleId) {
      await index.call('openEdition', bundleId);
      openBundleIds.push(bundleId);
      return createEdition(bundleId, index, database, () => closeEdition(bundleId));
    },
    async write(bundleId, options) {
      const token = randomUUID();
      await database.call('beginWriting', { bundleId, token, options });
      return createWriter(bundleId, token, options, database);
    },
    updateItem: (bundleId, itemId, changes) => database.call('updateItem', { bundleId, itemId, changes }),
    removeItems: (bundleId, itemIds) => database.call('removeItems', { bundleId, itemIds }),
    async close() {
      // The writing connection closes last: it is the one that may tidy the log away.
      await index.call('closeFile', undefined).catch(ignoreLost);
      await index.close();
      await database.call('closeFile', undefined).catch(ignoreLost);
      await database.close();
    },
  };
}

/** An edition that another process has dropped meanwhile can't come back; calls on it say so. */
function ignoreDropped(error: unknown): void {
  if (!(error instanceof IntegrityError)) throw error;
}

/** What a lost worker had open is closed. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof WorkerLostError)) throw error;
}

function createEdition(
  bundleId: string,
  index: IndexClient,
  database: DatabaseClient,
  close: () => Promise<void>,
): Edition {
  return {
    bundleId,
    search: (requests) => index.call('search', { bundleId, request: requests }),
    spaceRanks: (request) => index.call('spaceRanks', { bundleId, request }),
    count: (request) => index.call('count', { bundleId, request }),
    facets: (request) => index.call('facets', { bundleId, request }),
    list: (request) => index.call('list', { bundleId, request }),
    retrieve: (request) => index.call('retrieve', { bundleId, request }),
    segments: (request) => index.call('segments', { bundleId, request }),
    peaks: (itemId) => database.call('preview', { itemId, kind: 'peaks' }),
    thumbnail: (itemId) => database.call('preview', { itemId, kind: 'thumbnail' }),
    legalValues: (request) => index.call('legalValues', { bundleId, request }),
    counts: () => index.call('counts', { bundleId, request: null }),
    close,
  };
}

function createWriter(
  bundleId: string,
  token: string,
  { attributes }: WriterOptions,
  database: DatabaseClient,
): EditionWriter {
  return {
    fingerprints: async () => new Map(await database.call('fingerprints', bundleId)),
    upsert: (entries) => database.call('upsertItems', { bundleId, token, entries }),
    async finish({ keepIds, owns = () => true }) {
      const indexed = await database.call('fingerprints', bundleId);
      const deleteIds = indexed.map(([id]) => id).filter((id) => owns(id) && !keepIds.has(id));
      return database.call('finishWriting', { bundleId, token, deleteIds, attributes });
    },
    close: () => database.call('endWriting', token),
  };
}

function createClipStore(database: DatabaseClient): ClipStore {
  return {
    put: (clip) => database.call('putClip', clip),
    get: (ids) => database.call('getClips', ids),
    delete: (id) => database.call('deleteClip', id),
    sweep: () => database.call('sweepClips', undefined),
  };
}
