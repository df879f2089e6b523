import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/config.ts';
import { type ApiServices, createRequestContext } from '../../src/graphql/context.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createApp } from '../../src/http/app.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createMediaUrls } from '../../src/http/media-urls.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import { SILENT_LOG } from '../retrieval/clip-fakes.ts';
import { BUNDLE_ID, createEntries, createHalvingEmbedder, createManifest } from '../support/api.ts';
import { createBruteForceStore } from '../support/brute-force-store.ts';

export interface PlaygroundServer extends Pick<ListeningServer, 'url'> {
  close(): Promise<void>;
}

/** The API over a small library in memory, with the built pages. */
export async function startPlaygroundServer({
  webDirectory = join(tmpdir(), 'no-pages'),
  apiKeys = [],
}: {
  webDirectory?: string;
  apiKeys?: string[];
} = {}): Promise<PlaygroundServer> {
  const config = { host: '127.0.0.1', publicUrl: null, corsOrigins: [], apiKeys };
  const store = createBruteForceStore(BUNDLE_ID, createEntries(1), ['bpm']);
  const edition = await store.open(BUNDLE_ID);
  const { limits } = loadConfig({});
  const services: ApiServices = {
    serving: () => ({
      manifest: createManifest(),
      backboneIds: { MUSIC: 'test-audio', VIDEO: 'test-vision' },
      embedder: createHalvingEmbedder(),
      edition,
    }),
    store,
    clips: store.clips,
    deviceReport: () => ({ requested: 'auto', used: 'CPU', name: null }),
    limits,
    mediaUrls: createMediaUrls(config),
    version: '0.0.0',
    log: SILENT_LOG,
  };
  const graphqlServer = createGraphqlServer(services);
  await graphqlServer.start();
  const noClips = () => Promise.reject(new Error('There are no clips here.'));
  const app = createApp({
    config,
    limits,
    clips: { accept: noClips, waitFor: noClips, delete: noClips },
    items: {
      retrieve: async (id) => (await edition.retrieve([id]))[0],
      thumbnail: (id) => edition.thumbnail(id),
    },
    mediaUrls: createMediaUrls(config),
    graphql: {
      server: graphqlServer,
      createContext: (request) => createRequestContext(services, request),
    },
    notReadyReasons: async () => [],
    webDirectory,
    metrics: createMetrics(),
    log: SILENT_LOG,
  });
  const server = await listen(app, { host: config.host, port: 0 });
  return {
    url: server.url,
    async close() {
      await server.drain(0);
      await graphqlServer.stop();
      await store.close();
    },
  };
}
