import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import type { Edition, ItemEntry, VectorStore } from '../../src/store/vector-store.ts';
import { BUNDLE_ID } from './api.ts';
import { createBruteForceStore } from './brute-force-store.ts';
import { fillStore } from './fill-store.ts';

export interface OpenedStore {
  store: VectorStore;
  edition: Edition;
  close(): Promise<void>;
}

export interface ApiStore {
  name: string;
  /** A store that holds these entries; `bpm` is a number attribute, `mood` is text. */
  open(entries: readonly ItemEntry[]): Promise<OpenedStore>;
}

/** The stores that the API is tested over. */
export const API_STORES: ApiStore[] = [
  { name: 'brute-force', open: openBruteForceStore },
  { name: 'embedded', open: openEmbeddedStore },
];

async function openBruteForceStore(entries: readonly ItemEntry[]): Promise<OpenedStore> {
  const store = createBruteForceStore(BUNDLE_ID, entries, ['bpm']);
  return { store, edition: await store.open(BUNDLE_ID), close: store.close };
}

async function openEmbeddedStore(entries: readonly ItemEntry[]): Promise<OpenedStore> {
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-api-'));
  const store = await createEmbeddedStore({ directory, threads: 1 });
  const attributes = [
    { name: 'bpm', isNumber: true },
    { name: 'mood', isNumber: false },
  ];
  await fillStore(store, BUNDLE_ID, entries, { attributes });
  return {
    store,
    edition: await store.open(BUNDLE_ID),
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
