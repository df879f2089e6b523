import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyableStore } from '../../../src/store/copyable-store.ts';
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { ClipRecord, ItemChanges, ItemEntry } from '../../../src/store/vector-store.ts';
import { ATTRIBUTES, DIMENSIONS } from '../../store/arbitraries.ts';
import { openQdrantServer } from '../../store/qdrant/qdrant-server.ts';
import { startRecordingServer } from '../../store/qdrant/recording-server.ts';

/** A Qdrant, or what stands in for one. */
export interface QdrantBackend {
  url: string;
  apiKey: string | null;
  close(): Promise<void>;
}

export const BACKENDS = {
  recording: async (): Promise<QdrantBackend> => ({ apiKey: null, ...(await startRecordingServer()) }),
  real: openQdrantServer,
};

/** Stores of one test, each empty; `close` leaves nothing of them. */
export interface StoreMaker {
  embedded(): Promise<CopyableStore & { directory: string }>;
  qdrant(): CopyableStore & { prefix: string };
  close(): Promise<void>;
}

export function createStoreMaker({ url, apiKey }: QdrantBackend): StoreMaker {
  const stores: CopyableStore[] = [];
  const directories: string[] = [];
  const prefixes: string[] = [];
  return {
    async embedded() {
      const directory = await mkdtemp(join(tmpdir(), 'control-mvr-copy-'));
      directories.push(directory);
      const store = await createEmbeddedStore({ directory, threads: 1 });
      stores.push(store);
      return Object.assign(store, { directory });
    },
    qdrant() {
      const prefix = `copy-${randomUUID()}`;
      prefixes.push(prefix);
      const store = createQdrantStore({ url, apiKey, prefix, gracePeriodMs: 0 });
      stores.push(store);
      return Object.assign(store, { prefix });
    },
    async close() {
      for (const store of stores.splice(0)) await store.close();
      for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
      await dropCollections(prefixes.splice(0), { url, apiKey });
    },
  };
}

/** The stand-in forgets by itself when it is closed. */
async function dropCollections(
  prefixes: string[],
  { url, apiKey }: Omit<QdrantBackend, 'close'>,
): Promise<void> {
  const headers = apiKey === null ? undefined : { 'api-key': apiKey };
  const answer = await fetch(`${url}/collections`, { headers });
  if (!answer.ok) return;
  const { result } = (await answer.json()) as { result: { collections: { name: string }[] } };
  for (const { name } of result.collections) {
    if (prefixes.some((prefix) => name.startsWith(prefix))) {
      await fetch(`${url}/collections/${name}`, { method: 'DELETE', headers });
    }
  }
}

export interface LibraryContent {
  entries: readonly ItemEntry[];
  edits?: readonly [itemId: string, changes: ItemChanges][];
  removedIds?: readonly string[];
  clips?: readonly ClipRecord[];
}

/** Indexes entries under a bundle, and then does to them what users do. */
export async function fillStore(
  store: CopyableStore,
  bundleId: string,
  { entries, edits = [], removedIds = [], clips = [] }: LibraryContent,
): Promise<void> {
  await indexEntries(store, bundleId, entries);
  for (const [itemId, changes] of edits) await store.updateItem(bundleId, itemId, changes);
  await store.removeItems(bundleId, removedIds);
  for (const clip of clips) await store.clips.put(clip);
}

export async function indexEntries(
  store: CopyableStore,
  bundleId: string,
  entries: readonly ItemEntry[],
): Promise<void> {
  const writer = await store.write(bundleId, {
    dimensions: DIMENSIONS,
    attributes: ATTRIBUTES,
    shard: null,
    discardEdits: false,
    restore: false,
  });
  await writer.upsert(entries);
  await writer.finish({ keepIds: new Set(entries.map(({ record }) => record.id)) });
  await writer.close();
}
