import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { loseNodes } from '../../soak/lost-node.ts';
import { indexNewBundle } from '../../soak/new-bundle.ts';
import { indexWhileServerIsKilled } from '../../soak/server-kills.ts';
import { killWriters } from '../../soak/writer-kills.ts';
import { dropCollections, hasQdrant, isQdrantInstalled, openQdrantServer } from './qdrant-server.ts';
import { startRecordingServer } from './recording-server.ts';

// The same for longer: npm run soak.
describe.skipIf(!isQdrantInstalled)('With a Qdrant server of their own (qdrant on the PATH)', () => {
  it('two runs over a shard each go on by themselves when the server is killed, and lose nothing', () =>
    indexWhileServerIsKilled({ kills: 2 }));

  it('two processes that index a shard each are killed, and those that follow go on', () =>
    killWriters({ kills: 2 }));

  it('three of them in a cluster lose one after the other, and searches and edits go on', () =>
    loseNodes({ deaths: 1, awayMs: 1_000 }));
});

describe('Indexing a new bundle while servers search', () => {
  it('shows each of them the old or the new, never a mixture, over a recording server', async () => {
    const server = await startRecordingServer();
    await indexNewBundle({ url: server.url, apiKey: null }, 'test');
    await server.close();
  });

  it.skipIf(!hasQdrant)('and over a Qdrant server (QDRANT_URL, or qdrant on the PATH)', async () => {
    const server = await openQdrantServer();
    const prefix = `test-${randomUUID()}`;
    await indexNewBundle(server, prefix);
    await dropCollections(server, prefix);
    await server.close();
  });
});
