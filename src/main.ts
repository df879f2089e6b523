import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, createApi } from './api.ts';
import { PROJECT_ROOT } from './config/config.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { createStartingApp } from './http/starting.ts';
import type { Services } from './services.ts';
import { UnavailableError } from './shared/errors.ts';

export interface RunningServer {
  /** Where it can be reached from this machine. */
  url: string;
  bundleId: string;
  /** Stops accepting, lets requests and uploads in work end, and closes what was opened here. */
  close(): Promise<void>;
}

/**
 * The server: listen → services → API → HTTP. Until the store answers, it is alive and not ready; `signal` ends the
 * wait. UsageError where nothing is indexed or the address is taken.
 */
export async function startServer(services: Services, signal?: AbortSignal): Promise<RunningServer> {
  const { config, log, metrics } = services;
  const webDirectory = join(PROJECT_ROOT, 'dist/web');
  let reasons = ['The server is starting.'];
  let handle: RequestListener = createStartingApp(webDirectory, () => reasons);
  const server = await listen((request, response) => handle(request, response), config.http);
  const tellAway = () => {
    reasons = [reasons[0], 'The store does not answer.'];
  };
  const api = await createApiWhenAvailable(services, server.url, tellAway, signal).catch(async (error) => {
    await server.drain(0);
    throw error;
  });
  try {
    handle = createApp({
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
      webDirectory,
      metrics,
      log,
    });
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
    await server.drain(0);
    await api.close();
    throw error;
  }
}

/** While it waits for the store, it says so about twice a minute. */
const ATTEMPTS_PER_WORD = 12;

/** Goes on trying while the store is away: it may come back, and then nobody has to start this server again. */
async function createApiWhenAvailable(
  services: Services,
  url: string,
  tellAway: () => void,
  signal?: AbortSignal,
): Promise<Api> {
  for (let said = 0; ; said++) {
    try {
      return await createApi(services);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      const { message, retryAfterMs } = error;
      tellAway();
      if (said % ATTEMPTS_PER_WORD === 0) {
        services.log.warn({ url, reason: message }, 'Alive and not ready: waiting for the store');
      }
      await sleep(retryAfterMs, undefined, { signal });
    }
  }
}
