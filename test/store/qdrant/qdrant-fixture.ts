import { randomUUID } from 'node:crypto';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { StoreFixture } from '../contract.ts';
import { dropCollections, openQdrantServer } from './qdrant-server.ts';

/** Collections of their own on a real server. */
export async function createQdrantFixture(options: { exactBelow?: number }): Promise<StoreFixture> {
  const server = await openQdrantServer();
  const { url, apiKey } = server;
  const prefix = `test-${randomUUID()}`;
  return {
    open: async () => createQdrantStore({ url, apiKey, prefix, gracePeriodMs: 0, ...options }),
    async dispose() {
      await dropCollections(server, prefix);
      await server.close();
    },
  };
}
