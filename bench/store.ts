import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbeddedStore } from '../src/store/embedded/embedded-store.ts';
import type { Edition, SearchRequest } from '../src/store/vector-store.ts';
import { after, createLoopDelay, mediansOf, secondsOf, timed } from './measure.ts';
import {
  createBareScan,
  DIMENSION,
  ITEM_COUNT,
  RARE_GENRE,
  type RandomLibrary,
  SEGMENT_COUNT,
  toRequest,
} from './random-library.ts';

/** The embedded store beside the bare scan that it stands on. Times are medians in milliseconds. */
export interface StoreFigures {
  segments: number;
  items: number;
  dimensions: [ssl: number, sup: number];
  loadSeconds: number;
  openSeconds: number;
  /** Two matrix products by onnxruntime over the same vectors. */
  bareScanMs: number;
  searchMs: number;
  newAlphaMs: number;
  blendedMs: number;
  newAlphaBlendedMs: number;
  bareBatchOf8Ms: number;
  batchOf8Ms: number;
  /** Under a filter that lets 8 % through, each time with a new query. */
  filteredMs: number;
  eventLoopDelayP99Ms: { idle: number; searching: number };
}

export interface StoreBench {
  directory: string;
  bundleId: string;
  library: RandomLibrary;
  threads: number;
}

const ROUNDS = 40;

/** Fills an empty store with the library, and measures it. */
export async function benchStore({
  directory,
  bundleId,
  library,
  threads,
}: StoreBench): Promise<StoreFigures> {
  const loader = await createEmbeddedStore({ directory, threads });
  const loadSeconds = await secondsOf(() => library.load(loader, bundleId));
  await loader.close();

  const store = await createEmbeddedStore({ directory, threads });
  let edition!: Edition;
  const openSeconds = await secondsOf(async () => {
    edition = await store.open(bundleId);
  });
  const { newQuery } = library;
  const bareScan = await createBareScan(library, threads);
  const search = (...requests: SearchRequest[]) => edition.search(requests);
  const blended = (request: SearchRequest) => search({ ...request, scoring: 'BLENDED' });
  const eight = <Value>(create: () => Value) => Array.from({ length: 8 }, create);

  const single = await mediansOf(ROUNDS, {
    bareScanMs: timed(() => bareScan([newQuery()])),
    searchMs: timed(() => search(toRequest(newQuery(), 0.5))),
    newAlphaMs: after(
      newQuery,
      (query) => search(toRequest(query, 0.2)),
      (query) => search(toRequest(query, 0.7)),
    ),
    blendedMs: timed(() => blended(toRequest(newQuery(), 0.5))),
    newAlphaBlendedMs: after(
      newQuery,
      (query) => blended(toRequest(query, 0.2)),
      (query) => blended(toRequest(query, 0.7)),
    ),
  });
  const batched = await mediansOf(ROUNDS, {
    bareBatchOf8Ms: timed(() => bareScan(eight(newQuery))),
    batchOf8Ms: timed(() => search(...eight(() => toRequest(newQuery(), 0.5)))),
    filteredMs: timed(() =>
      search({ ...toRequest(newQuery(), 0.5), filter: { op: 'in', field: 'genres', values: [RARE_GENRE] } }),
    ),
  });
  const idle = createLoopDelay();
  await idle.during(() => sleep(2_000));
  const searching = createLoopDelay();
  await searching.during(async () => {
    for (let i = 0; i < 100; i++) await search(toRequest(newQuery(), 0.5));
  });
  await store.close();

  return {
    segments: SEGMENT_COUNT,
    items: ITEM_COUNT,
    dimensions: [DIMENSION, DIMENSION],
    loadSeconds,
    openSeconds,
    ...single,
    ...batched,
    eventLoopDelayP99Ms: { idle: idle.p99Ms(), searching: searching.p99Ms() },
  };
}
