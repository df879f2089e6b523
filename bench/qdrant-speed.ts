// First: servers run so.
import '../src/cli/runtime-mode.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { loadConfig } from '../src/config/config.ts';
import { startServer } from '../src/main.ts';
import { createServices } from '../src/services.ts';
import { createWorkerClient } from '../src/shared/worker-client.ts';
import { createCollectionNames } from '../src/store/qdrant/collections.ts';
import type { Edition } from '../src/store/vector-store.ts';
import { writeRandomBundle } from '../test/support/random-bundle.ts';
import { loadStore, queryOf, toSearchBody } from './api.ts';
import type { CallerHandlers } from './caller.worker.ts';
import { mediansOf, timed } from './measure.ts';
import { dropCollections, findQdrant, toListBody, waitForGraphs } from './qdrant-server.ts';
import {
  createRandomLibrary,
  DIMENSION,
  type RandomLibrary,
  SEGMENTS_PER_ITEM,
  toRequest,
  trackId,
} from './random-library.ts';
import { tellFaults } from './tell-faults.ts';

// Prints one report on stdout. QDRANT_URL names a server that may be filled; BENCH_SEGMENTS is the library's size.

/** Searches over a Qdrant server, three ways in one run. Times are medians in milliseconds. */
export interface QdrantSpeed {
  mode: 'every segment compared' | 'three lists';
  /** The client library's call with the body that the store sends first. */
  rawMs: number;
  storeMs: number;
  /** With the vectors of an item's segments, which are read first. */
  storeByItemMs: number;
  storeToRaw: number;
  /** GraphQL over HTTP, with its page of ten hits hydrated. */
  graphqlByVectorsMs: number;
  graphqlByItemMs: number;
  /** What GraphQL takes beside the store's part of the same. */
  overheadMs: { byVectors: number; byItem: number };
  /** Each query a new one. */
  requestsPerSecond: { callers: number; store: number; graphql: number; graphqlToStore: number }[];
}

export interface QdrantSpeedOptions {
  url: string;
  prefix: string;
  /** DATA_DIR, with the bundle. */
  directory: string;
  library: RandomLibrary;
}

const ALPHA = 0.5;
const WARM_UP_REQUESTS = 200;
const ROUNDS = 60;
const LOADED_ROUNDS = 5;
const LOADED_REQUESTS = 160;
const CALLERS = [8, 32];

const toConfig = ({ url, prefix, directory }: Omit<QdrantSpeedOptions, 'library'>, exactBelow = 0) =>
  loadConfig({
    DATA_DIR: directory,
    PORT: '0',
    LOG_LEVEL: 'error',
    DEVICE: process.env.DEVICE,
    STORE: 'qdrant',
    QDRANT_URL: url,
    QDRANT_API_KEY: process.env.QDRANT_API_KEY,
    QDRANT_PREFIX: prefix,
    QDRANT_EXACT_BELOW: String(exactBelow),
  });

/** Fills the server with the library, under a bundle whose heads were never trained. */
export async function fillQdrant({ library, ...place }: QdrantSpeedOptions): Promise<void> {
  const services = createServices(toConfig(place));
  try {
    const bundleId = await writeRandomBundle(services, DIMENSION);
    await library.load(await services.openStore(), bundleId);
    await waitForGraphs(place.url, createCollectionNames(place.prefix).segments('MUSIC', bundleId));
  } finally {
    await services.close();
  }
}

/** Measures one of the two ways of searching on a server that was filled. */
export async function benchQdrantSpeed(
  mode: QdrantSpeed['mode'],
  { library, ...place }: QdrantSpeedOptions,
): Promise<QdrantSpeed> {
  const isExact = mode === 'every segment compared';
  const services = createServices(toConfig(place, isExact ? 1_000_000_000 : 0));
  const server = await startServer(services);
  const url = `${server.url}/graphql`;
  const caller = createWorkerClient<CallerHandlers>(new URL('./caller.worker.ts', import.meta.url), null);
  const edition = await (await services.openStore()).open(server.bundleId);
  const raw = toRawClient(place.url);
  const collection = createCollectionNames(place.prefix).segments('MUSIC', server.bundleId);
  const newRequest = () => toRequest(library.newQuery(), ALPHA);
  const searchByItem = createItemSearch(edition, library);
  const byVectors = () => {
    const { ssl, sup } = library.newQuery();
    return toSearchBody({ vectors: { ssl: [...(ssl ?? [])], sup: [...(sup ?? [])] } }, ALPHA);
  };
  const byItem = () => toSearchBody({ media: { id: searchByItem.nextId() } }, ALPHA);
  const post = (body: string) => caller.call('post', { url, body });
  try {
    for (let i = 0; i < WARM_UP_REQUESTS; i++) await post(i % 2 ? byVectors() : byItem());
    const times = await mediansOf(ROUNDS, {
      rawMs: async () => {
        const body = toListBody(newRequest(), isExact, { ssl: DIMENSION, sup: DIMENSION });
        return timed(() => raw.queryBatch(collection, body))();
      },
      storeMs: () => {
        const request = newRequest();
        return timed(() => edition.search([request]))();
      },
      storeByItemMs: searchByItem.measure,
      graphqlByVectorsMs: () => post(byVectors()),
      graphqlByItemMs: () => post(byItem()),
    });
    const requestsPerSecond: QdrantSpeed['requestsPerSecond'] = [];
    for (const callers of CALLERS) {
      const { storeMs, graphqlMs } = await mediansOf(LOADED_ROUNDS, {
        storeMs: () => loadStore(edition, Array.from({ length: LOADED_REQUESTS }, newRequest), callers),
        graphqlMs: () => {
          const bodies = Array.from({ length: LOADED_REQUESTS }, byVectors);
          return caller.call('load', { url, bodies, callers });
        },
      });
      requestsPerSecond.push({
        callers,
        store: LOADED_REQUESTS / (storeMs / 1000),
        graphql: LOADED_REQUESTS / (graphqlMs / 1000),
        graphqlToStore: storeMs / graphqlMs,
      });
    }
    return {
      mode,
      ...times,
      storeToRaw: times.storeMs / times.rawMs,
      overheadMs: {
        byVectors: times.graphqlByVectorsMs - times.storeMs,
        byItem: times.graphqlByItemMs - times.storeByItemMs,
      },
      requestsPerSecond,
    };
  } finally {
    await caller.close();
    await edition.close();
    await server.close();
    await services.close();
  }
}

/** The client library as it comes, but for what it is told about warnings and compression. */
function toRawClient(url: string): QdrantClient {
  const { origin, port } = new URL(url);
  return new QdrantClient({
    url: origin,
    port: Number(port || 6333),
    headers: { 'api-key': process.env.QDRANT_API_KEY, 'accept-encoding': 'identity' },
    checkCompatibility: false,
  });
}

/** Reads an item's segments, makes a query of them and searches with it, the item left out. */
function createItemSearch(edition: Edition, { itemCount }: RandomLibrary) {
  let item = 0;
  // Goes on through the library, so that no query is one that was asked a moment ago.
  const nextId = () => trackId(item++ % itemCount);
  return {
    nextId,
    async measure() {
      const id = nextId();
      return timed(async () => {
        const query = await queryOf(edition, id);
        return edition.search([{ ...toRequest(query, ALPHA), excludeIds: [id] }]);
      })();
    },
  };
}

if (import.meta.main) {
  tellFaults();
  const url = await findQdrant();
  const segments = Number(process.env.BENCH_SEGMENTS ?? 100_000);
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-bench-'));
  const prefix = `bench-${randomUUID()}`;
  const options = { url, prefix, directory, library: createRandomLibrary(segments / SEGMENTS_PER_ITEM) };
  try {
    await fillQdrant(options);
    const figures = {
      machine: {
        cpu: cpus()[0].model,
        cores: availableParallelism(),
        node: process.versions.node,
        loadAverage: loadavg()[0],
      },
      segments,
      dimensions: [DIMENSION, DIMENSION],
      speed: [
        await benchQdrantSpeed('every segment compared', options),
        await benchQdrantSpeed('three lists', options),
      ],
    };
    console.log(JSON.stringify(figures, null, 2));
  } finally {
    await dropCollections(url, prefix);
    await rm(directory, { recursive: true, force: true });
  }
}
