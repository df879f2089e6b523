import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { WorkerLostError } from '../../shared/errors.ts';
import { createWorkerClient, type WorkerClient } from '../../shared/worker-client.ts';
import {
  type ClipStore,
  type Edition,
  type EditionWriter,
  isOwnedBy,
  type VectorStore,
  type WriterOptions,
} from '../vector-store.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import { ITEMS_PER_DELETION } from './edition-table.ts';
import { openEdition } from './open-edition.ts';

export interface EmbeddedStoreOptions {
  /** Made where it is missing; several processes may share it. */
  directory: string;
  /** Threads of a scan; all cores unless told. */
  threads?: number;
}

type DatabaseClient = WorkerClient<DatabaseHandlers>;

/**
 * The store in one folder: SQLite holds the truth, an index in memory answers for each open edition. All live in
 * worker threads, and one that is lost is started again: until it has loaded, calls reject with a WorkerLostError.
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
  const editions = new Set<Edition>();

  return {
    kind: 'EMBEDDED',
    clips: createClipStore(database),
    currentBundleId: () => database.call('currentBundleId', undefined),
    async open(bundleId) {
      const options = { path, threads: threads ?? availableParallelism(), bundleId };
      const edition = await openEdition(options, database, () => editions.delete(edition));
      editions.add(edition);
      return edition;
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
      await Promise.all([...editions].map((edition) => edition.close()));
      await database.call('closeFile', undefined).catch(ignoreLost);
      await database.close();
    },
  };
}

/** What a lost worker had open is closed. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof WorkerLostError)) throw error;
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
    async finish({ keepIds, shard }) {
      const known = await database.call('fingerprints', bundleId);
      const goneIds = known
        .filter(([id, fingerprint]) => fingerprint !== null && isOwnedBy(shard, id) && !keepIds.has(id))
        .map(([id]) => id);
      let deleted = 0;
      for (let start = 0; start < goneIds.length; start += ITEMS_PER_DELETION) {
        const itemIds = goneIds.slice(start, start + ITEMS_PER_DELETION);
        deleted += await database.call('deleteItems', { bundleId, token, itemIds });
      }
      const { isCurrent } = await database.call('finishWriting', { bundleId, token, shard, attributes });
      // Many small transactions, so that other calls and other processes write in between.
      while (await database.call('sweepDropped', undefined));
      return { deleted, isCurrent };
    },
    close: () => database.call('endWriting', token),
  };
}

function createClipStore(database: DatabaseClient): ClipStore {
  return {
    put: (clip) => database.call('putClip', clip),
    replace: (clip) => database.call('replaceClip', clip),
    get: (ids) => database.call('getClips', ids),
    delete: (id) => database.call('deleteClip', id),
    sweep: () => database.call('sweepClips', undefined),
  };
}
