import type { CopyableStore } from '../copyable-store.ts';
import { createClipStore } from './clips.ts';
import { type CollectionLayout, createCollectionNames, makeStoreCollections } from './collections.ts';
import type { InCollections, StoreContext } from './context.ts';
import { createCopyAccess } from './copy-access.ts';
import { openEdition } from './edition.ts';
import { readPointer } from './edition-record.ts';
import { createEditionWriter } from './edition-writer.ts';
import { isMissing } from './faults.ts';
import { removeItems, updateItem } from './item-changes.ts';
import { createQdrant } from './qdrant-client.ts';
import { dropRetired } from './retired-editions.ts';
import { checkServerVersion } from './server-version.ts';

export interface QdrantStoreOptions {
  url: string;
  apiKey: string | null;
  /** Of the collections' names, so that several libraries can share a server. */
  prefix: string;
  layout?: Partial<CollectionLayout>;
  exactBelow?: number;
  gracePeriodMs?: number;
  /** How long a writer waits for a server that is away, before its run fails. */
  patienceMs?: number;
  /** Where a writer says that it waits. */
  log?: StoreContext['log'];
  timeoutMs?: number;
  maxAttempts?: number;
}

const LAYOUT: CollectionLayout = {
  shards: 1,
  replicas: 1,
  writeConsistency: 1,
  hnswLinks: 16,
  hnswCandidates: 100,
  quantization: 'none',
  vectorsOnDisk: false,
};
/** Results are exact up to so many segments, at a time that a small machine bears: some 70 ms. */
const EXACT_BELOW = 200_000;
const GRACE_PERIOD_MS = 10 * 60_000;
const PATIENCE_MS = 2 * 60_000;
const TIMEOUT_MS = 10_000;
/** With the pauses between them, long enough for a cluster to give up a node. */
const MAX_ATTEMPTS = 6;

/**
 * The store in a Qdrant server or cluster, 1.18 or newer. It keeps no state of its own: calls fail with an
 * UnavailableError while the server is away and work again when it is back, from the start on.
 */
export function createQdrantStore({ prefix, layout, ...options }: QdrantStoreOptions): CopyableStore {
  const context: StoreContext = {
    qdrant: createQdrant({
      url: options.url,
      apiKey: options.apiKey,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    }),
    names: createCollectionNames(prefix),
    layout: { ...LAYOUT, ...layout },
    exactBelow: options.exactBelow ?? EXACT_BELOW,
    gracePeriodMs: options.gracePeriodMs ?? GRACE_PERIOD_MS,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    log: options.log,
  };
  const checkVersion = once(() => checkServerVersion(context.qdrant));
  const newPreparation = () =>
    once(async () => {
      await checkVersion();
      await makeStoreCollections(context.qdrant, context.names, context.layout);
    });
  let prepare = newPreparation();
  const inCollections: InCollections = async (work) => {
    await prepare();
    try {
      return await work();
    } catch (error) {
      if (!isMissing(error)) throw error;
      prepare = newPreparation();
      await prepare();
      return work();
    }
  };

  return {
    kind: 'QDRANT',
    clips: createClipStore(context, inCollections),
    currentBundleId: () =>
      context.qdrant.bounded(async () => {
        await checkVersion();
        return readPointer(context);
      }),
    open: (bundleId) => context.qdrant.bounded(() => openEdition(context, bundleId)),
    write: (bundleId, options, signal) =>
      createEditionWriter(context, inCollections, bundleId, options, signal),
    updateItem: (bundleId, itemId, changes) => updateItem(context, bundleId, itemId, changes),
    removeItems: (bundleId, itemIds) => removeItems(context, bundleId, itemIds),
    dropRetired: () => dropRetired(context),
    ...createCopyAccess(context, inCollections),
    close: async () => {},
  };
}

/** Done once; tried again where it failed. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work().catch((error) => {
      done = null;
      throw error;
    });
    return done;
  };
}
