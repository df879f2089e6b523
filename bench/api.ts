import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../src/main.ts';
import type { Services } from '../src/services.ts';
import { meanUnit } from '../src/shared/vector-math.ts';
import { createWorkerClient } from '../src/shared/worker-client.ts';
import type { Edition, SearchRequest } from '../src/store/vector-store.ts';
import type { CallerHandlers } from './caller.worker.ts';
import { after, createLoopDelay, mediansOf, timed } from './measure.ts';
import { createBareScan, ITEM_COUNT, type RandomLibrary, toRequest, trackId } from './random-library.ts';

/** The server over HTTP beside the store that it asks, in one run. Times are medians in milliseconds. */
export interface ApiFigures {
  bareScanMs: number;
  /** Its part of the same: the item's segments, then a search with their vectors. */
  storeMs: number;
  /** The whole request: music for an item, with its page of ten hits hydrated. */
  graphqlMs: number;
  /** The same request again with another α. */
  newAlphaGraphqlMs: number;
  /** Eight callers at once, each query a new one. */
  requestsPerSecondOf8: { store: number; graphql: number };
  eventLoopDelayP99Ms: { idle: number; loaded: number };
}

const WARM_UP_REQUESTS = 500;
const ROUNDS = 60;
const CALLERS = 8;
const LOADED_ROUNDS = 5;
const LOADED_REQUESTS = 120;

const DOCUMENT = `query ($query: SearchQueryInput!, $alpha: Float!) {
  searchMusic(query: $query, alpha: $alpha) {
    ... on MusicSearch {
      querySpan { startSeconds endSeconds }
      hits(first: 10) {
        edges {
          cursor rank score matchedSpan { startSeconds endSeconds }
          ssl { similarity } sup { similarity }
          node { id title artist genres durationSeconds mediaUrl }
        }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
}`;

/** A request for music, with its page of ten hits hydrated; `query` is the API's SearchQueryInput. */
export const toSearchBody = (query: object, alpha: number) =>
  JSON.stringify({ query: DOCUMENT, variables: { query, alpha } });

/** Measures the server that these services make. The store holds the library under the current bundle. */
export async function benchApi(
  services: Services,
  library: RandomLibrary,
  threads: number,
): Promise<ApiFigures> {
  const server = await startServer(services);
  const url = `${server.url}/graphql`;
  const caller = createWorkerClient<CallerHandlers>(new URL('./caller.worker.ts', import.meta.url), null);
  const edition = await (await services.openStore()).open(server.bundleId);
  let item = 0;
  // Goes on through the library, so that no query is one that was asked a moment ago.
  const nextId = () => trackId(item++ % ITEM_COUNT);
  const toBody = (id: string, alpha: number) => toSearchBody({ media: { id } }, alpha);
  const post = (id: string, alpha: number) => caller.call('post', { url, body: toBody(id, alpha) });
  try {
    // One query with many an α: a server that has been up for a while has compiled what it runs often.
    const id = nextId();
    for (let i = 0; i < WARM_UP_REQUESTS; i++) await post(id, i / WARM_UP_REQUESTS);
    const bareScan = await createBareScan(library, threads);
    const single = await mediansOf(ROUNDS, {
      bareScanMs: timed(() => bareScan([library.newQuery()])),
      storeMs: timed(async () => edition.search([toRequest(await queryOf(edition, nextId()), 0.5)])),
      graphqlMs: () => post(nextId(), 0.5),
      newAlphaGraphqlMs: after(
        nextId,
        (id) => post(id, 0.2),
        (id) => post(id, 0.7),
      ),
    });
    const idle = createLoopDelay();
    await idle.during(() => sleep(2_000));
    const loaded = createLoopDelay();
    const ofEight = await mediansOf(LOADED_ROUNDS, {
      storeMs: () => {
        const requests = Array.from({ length: LOADED_REQUESTS }, () => toRequest(library.newQuery(), 0.5));
        return loadStore(edition, requests, CALLERS);
      },
      graphqlMs: () => {
        const bodies = Array.from({ length: LOADED_REQUESTS }, () => toBody(nextId(), 0.5));
        return loaded.during(() => caller.call('load', { url, bodies, callers: CALLERS }));
      },
    });
    return {
      ...single,
      requestsPerSecondOf8: {
        store: LOADED_REQUESTS / (ofEight.storeMs / 1000),
        graphql: LOADED_REQUESTS / (ofEight.graphqlMs / 1000),
      },
      eventLoopDelayP99Ms: { idle: idle.p99Ms(), loaded: loaded.p99Ms() },
    };
  } finally {
    await caller.close();
    await edition.close();
    await server.close();
  }
}

/** The vectors that the server makes of an item. */
export async function queryOf(edition: Edition, id: string) {
  const [item] = await edition.segments([id]);
  const pool = (space: 'ssl' | 'sup') =>
    meanUnit((item?.segments ?? []).flatMap((segment) => segment[space] ?? []));
  return { ssl: pool('ssl'), sup: pool('sup') };
}

/** Milliseconds that the callers take for all requests when they ask the store itself. */
export function loadStore(
  edition: Edition,
  requests: readonly SearchRequest[],
  callers: number,
): Promise<number> {
  const waiting = requests.values();
  const callOn = async () => {
    for (const request of waiting) await edition.search([request]);
  };
  return timed(() => Promise.all(Array.from({ length: callers }, callOn)))();
}
