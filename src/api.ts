import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApolloServer } from '@apollo/server';
import { PROJECT_ROOT } from './config/config.ts';
import { type ApiServices, type Context, createRequestContext } from './graphql/context.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createMediaUrls, type MediaUrls } from './http/media-urls.ts';
import { type Clips, createClips } from './retrieval/clips.ts';
import { createLiveServing, type LiveServing, type LoadedServing } from './retrieval/live-serving.ts';
import { measureServings } from './retrieval/measured-serving.ts';
import { createStoreProbe } from './retrieval/store-probe.ts';
import { featureToolsOf, loadBundle, type Services } from './services.ts';
import { UsageError } from './shared/errors.ts';

/** The project's version. */
export const VERSION: string = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')).version;

/** The API before any transport: what the HTTP server and the command line ask alike. */
export interface Api {
  live: LiveServing<LoadedServing>;
  clips: Clips;
  graphqlServer: ApolloServer<Context>;
  mediaUrls: MediaUrls;
  /** Why searches can't be answered as they should be now; empty where they can. */
  notReadyReasons(): Promise<string[]>;
  createContext(request: { requestId?: string; signal?: AbortSignal }): Context;
  close(): Promise<void>;
}

/** Opens the store and its current bundle. UsageError where nothing is indexed yet. */
export async function createApi(services: Services): Promise<Api> {
  const { config, log, metrics, inference } = services;
  const store = await services.openStore();
  const measure = measureServings(metrics);
  const live = await createLiveServing({
    store,
    log,
    load: async (bundleId) => measure(await loadServing(bundleId, services)),
  });
  const deviceReport = () =>
    inference.device() ?? { requested: config.device, used: 'CPU' as const, name: null };
  metrics.watchDevice(inference.device);

  const clips = createClips({
    store: store.clips,
    reader: services.clipReader,
    embedding: () => live.current(),
    limits: config.limits,
    directory: config.directories.uploads,
    log,
    metrics,
  });
  await clips.recover().catch(async (error) => {
    await live.close();
    throw error;
  });

  const mediaUrls = createMediaUrls(config.http);
  const api: ApiServices = {
    serving: live.current,
    store,
    clips,
    deviceReport,
    limits: config.limits,
    mediaUrls,
    version: VERSION,
    log,
  };
  const graphqlServer = createGraphqlServer(api);
  const isStoreThere = createStoreProbe({ ask: () => live.current().edition.counts(), log });
  await graphqlServer.start();
  return {
    live,
    clips,
    graphqlServer,
    mediaUrls,
    async notReadyReasons() {
      const reasons = [...live.notReadyReasons()];
      if (!inference.isReady())
        reasons.push('A device or an inference worker was lost; a new session is being opened.');
      if (!(await isStoreThere())) reasons.push('The store does not answer.');
      return reasons;
    },
    createContext: (request) => createRequestContext(api, request),
    async close() {
      await using closing = new AsyncDisposableStack();
      closing.defer(live.close);
      closing.defer(() => graphqlServer.stop());
      closing.defer(() => clips.close());
    },
  };
}

/** A bundle with its heads loaded and its edition of the store open. Where that fails, nothing stays open. */
async function loadServing(bundleId: string | null, services: Services) {
  if (bundleId === null) {
    throw new UsageError('Nothing is indexed yet. Fill the store with: bin/control-mvr index LIBRARY');
  }
  const store = await services.openStore();
  await using opening = new AsyncDisposableStack();
  const loaded = await loadBundle(bundleId, services);
  const { bundle, backbones, embedder } = loaded;
  opening.defer(embedder.close);
  const edition = await store.open(bundleId);
  opening.defer(edition.close);
  const opened = opening.move();
  return {
    manifest: bundle.manifest,
    backboneIds: { MUSIC: backbones.MUSIC.id, VIDEO: backbones.VIDEO.id },
    embedder,
    edition,
    backbones,
    rule: featureToolsOf(loaded, services).rule,
    close: () => opened.disposeAsync(),
  };
}
