import { randomUUID } from 'node:crypto';
import { dropCollections, hasQdrant, openQdrantServer, type QdrantServer } from './qdrant-server.ts';
import { startRecordingServer } from './recording-server.ts';

/** Closed, it leaves no collection of this prefix. */
export interface ServerUnderTest extends QdrantServer {
  prefix: string;
}

/** What a test that asks nothing of the server alone runs over: `name` goes into its title. */
export const SERVERS_UNDER_TEST: { name: string; isThere: boolean; start(): Promise<ServerUnderTest> }[] = [
  {
    name: 'a recording server',
    isThere: true,
    start: async () => ({ apiKey: null, prefix: 'test', ...(await startRecordingServer()) }),
  },
  {
    name: 'a Qdrant server (QDRANT_URL, or qdrant on the PATH)',
    isThere: hasQdrant,
    async start() {
      const server = await openQdrantServer();
      const prefix = `test-${randomUUID()}`;
      const close = async () => {
        await dropCollections(server, prefix);
        await server.close();
      };
      return { ...server, prefix, close };
    },
  },
];
