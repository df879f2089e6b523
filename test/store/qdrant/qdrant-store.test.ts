import { randomUUID } from 'node:crypto';
import { describe, vi } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { describeStoreContract, type StoreFixture } from '../contract.ts';
import { hasQdrant, openQdrantServer } from './qdrant-server.ts';

// Hundreds of collections are made and dropped, each with its files and flushes.
vi.setConfig({ testTimeout: 10 * 60_000 });

describe.skipIf(!hasQdrant)('With a Qdrant server (QDRANT_URL, or qdrant on the PATH)', () => {
  describeStoreContract('The Qdrant store, comparing everything,', () => createFixture({}));
  // Qdrant builds graphs for larger collections only, so the lists are exact here and the ranking must be.
  describeStoreContract('The Qdrant store, nominating by three lists,', () =>
    createFixture({ exactBelow: 0 }),
  );
});

async function createFixture(options: { exactBelow?: number }): Promise<StoreFixture> {
  const server = await openQdrantServer();
  const prefix = `test-${randomUUID()}`;
  const headers = server.apiKey === null ? undefined : { 'api-key': server.apiKey };
  return {
    open: async () =>
      createQdrantStore({ url: server.url, apiKey: server.apiKey, prefix, gracePeriodMs: 0, ...options }),
    async dispose() {
      const answer = await fetch(`${server.url}/collections`, { headers });
      const { result } = (await answer.json()) as { result: { collections: { name: string }[] } };
      for (const { name } of result.collections) {
        if (name.startsWith(prefix)) {
          await fetch(`${server.url}/collections/${name}`, { method: 'DELETE', headers });
        }
      }
      await server.close();
    },
  };
}
