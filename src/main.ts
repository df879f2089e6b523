import { join } from 'node:path';
import { createApi } from './api.ts';
import { PROJECT_ROOT } from './config/config.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import type { Services } from './services.ts';

export interface RunningServer {
  /** Where it can be reached from this machine. */
  url: string;
  bundleId: string;
  /** Stops accepting, lets requests and uploads in work end, and closes what was opened here. */
  close(): Promise<void>;
}

/** The server: services → API → HTTP → listen. UsageError where nothing is indexed or the address is taken. */
export async function startServer(services: Services): Promise<RunningServer> {
  const { config, log, metrics } = services;
  const api = await createApi(services);
  try {
    const app = createApp({
      config: config.http,
      graphql: { server: api.graphqlServer, createContext: api.createContext },
      clips: api.clips,
      limits: config.limits,
      items: {
        retrieve: async (itemId) => (await api.live.current().edition.retrieve([itemId]))[0],
        thumbnail: (itemId) => api.live.current().edition.thumbnail(itemId),
      },
      mediaUrls: api.mediaUrls,
      notReadyReasons: api.notReadyReasons,
      webDirectory: join(PROJECT_ROOT, 'dist/web'),
      metrics,
      log,
    });
    const server = await listen(app, config.http);
    return {
      url: server.url,
      bundleId: api.live.current().manifest.id,
      async close() {
        await using closing = new AsyncDisposableStack();
        closing.defer(api.close);
        await server.drain();
      },
    };
  } catch (error) {
    await api.close();
    throw error;
  }
}
