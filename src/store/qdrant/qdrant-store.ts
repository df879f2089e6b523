import type { VectorStore } from '../vector-store.ts';
import { createClipStore } from './clips.ts';
import { type CollectionLayout, createCollectionNames, makeStoreCollections } from './collections.ts';
import type { StoreContext } from './context.ts';
import { openEdition } from './edition.ts';
import { readPointer } from './edition-record.ts';
import { createEditionWriter } from './edition-writer.ts';
import { removeItems, updateItem } from './item-changes.ts';
import { createQdrant } from './qdrant-client.ts';

export interface QdrantStoreOptions {
  url: string;
  apiKey: string | null;
  /** Of the collections' names, so that several libraries can share a server. */
  prefix: string;
  layout?: Partial<CollectionLayout>;
  exactBelow?: number;
  gracePeriodMs?: number;
  timeoutMs?: number;
  maxAttempts?: number;
}

const LAYOUT: CollectionLayout = { shards: 1, replicas: 1, writeConsistency: 1, hnswLinks: 16 };
/** Measured: on a small machine, comparing everything is no slower up to about this many segments. */
const EXACT_BELOW = 200_000;
const GRACE_PERIOD_MS = 10 * 60_000;
const TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 4;

/**
 * The store in a Qdrant server or cluster, 1.18 or newer. It keeps no state of its own: calls fail with an
 * UnavailableError while the server is away and work again when it is back, from the start on.
 */
export function createQdrantStore({ prefix, layout, ...options }: QdrantStoreOptions): VectorStore {
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
  };
  let preparation: Promise<void> | null = null;
  /** Makes the store's collections once; tried again where it failed. */
  const prepare = (): Promise<void> => {
    preparation ??= makeStoreCollections(context.qdrant, context.names, context.layout).catch((error) => {
      preparation = null;
      throw error;
    });
    return preparation;
  };

  return {
    kind: 'QDRANT',
    clips: createClipStore(context, prepare),
    currentBundleId: () => readPointer(context),
    open: (bundleId) => openEdition(context, bundleId),
    async write(bundleId, options) {
      await prepare();
      return createEditionWriter(context, bundleId, options);
    },
    updateItem: (bundleId, itemId, changes) => updateItem(context, bundleId, itemId, changes),
    removeItems: (bundleId, itemIds) => removeItems(context, bundleId, itemIds),
    close: async () => {},
  };
}
