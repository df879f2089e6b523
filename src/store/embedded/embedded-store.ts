import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { WorkerLostError } from '../../shared/errors.ts';
import { createWorkerClient, type WorkerClient } from '../../shared/worker-client.ts';
import type { CopyableStore } from '../copyable-store.ts';
import type { ClipStore, Edition } from '../vector-store.ts';
import { createCopyAccess } from './copy-access.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import { createEditionWriter } from './edition-writer.ts';
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
}: EmbeddedStoreOptions): Promise<CopyableStore> {
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
    write: (bundleId, options) => createEditionWriter(database, bundleId, options),
    updateItem: (bundleId, itemId, changes) => database.call('updateItem', { bundleId, itemId, changes }),
    removeItems: (bundleId, itemIds) => database.call('removeItems', { bundleId, itemIds }),
    ...createCopyAccess(database),
    // A run drops them itself: this is what a killed one left.
    async dropRetired() {
      while (await database.call('sweepDropped', undefined));
    },
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

function createClipStore(database: DatabaseClient): ClipStore {
  return {
    put: (clip) => database.call('putClip', clip),
    replace: (clip) => database.call('replaceClip', clip),
    get: (ids) => database.call('getClips', ids),
    delete: (id) => database.call('deleteClip', id),
    sweep: () => database.call('sweepClips', undefined),
  };
}
