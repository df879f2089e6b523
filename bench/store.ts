import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpaceVectors } from '../src/head/head.ts';
import { createRandom, type Random } from '../src/shared/random.ts';
import { toUnit } from '../src/shared/vector-math.ts';
import { createEmbeddedStore } from '../src/store/embedded/embedded-store.ts';
import { createMatrixScan } from '../src/store/embedded/scan.ts';
import type { Edition, ItemEntry, SearchRequest, VectorStore } from '../src/store/vector-store.ts';

/** The embedded store beside the bare scan that it stands on. Times are medians in milliseconds. */
export interface StoreFigures {
  segments: number;
  items: number;
  dimensions: [ssl: number, sup: number];
  threads: number;
  loadSeconds: number;
  openSeconds: number;
  /** Two matrix products by onnxruntime over the same vectors. */
  rawScanMs: number;
  searchMs: number;
  ratio: number;
  newAlphaMs: number;
  blendedMs: number;
  newAlphaBlendedMs: number;
  rawBatchOf8Ms: number;
  batchOf8Ms: number;
  /** Under a filter that lets 8 % through, each time with a new query. */
  filteredMs: number;
  eventLoopDelayP99Ms: { idle: number; searching: number };
}

const ITEM_COUNT = 25_000;
const SEGMENTS_PER_ITEM = 4;
const SEGMENT_COUNT = ITEM_COUNT * SEGMENTS_PER_ITEM;
const DIMENSION = 256;
const ITEMS_PER_WRITE = 1_000;
const ROUNDS = 40;
const BUNDLE_ID = 'bench';

/** Fills a store with 100,000 random segments and measures it. Needs some 600 MB of memory and of disk. */
export async function benchStore(): Promise<StoreFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-bench-'));
  const threads = availableParallelism();
  const random = createRandom(1);
  const matrices = { ssl: randomRows(random), sup: randomRows(random) };
  try {
    const loader = await createEmbeddedStore({ directory, threads });
    const loadSeconds = await secondsOf(() => load(loader, matrices));
    await loader.close();

    const store = await createEmbeddedStore({ directory, threads });
    let edition!: Edition;
    const openSeconds = await secondsOf(async () => {
      edition = await store.open(BUNDLE_ID);
    });
    const scan = await createMatrixScan(threads);
    const scanBoth = async (queries: SpaceVectors[]) => {
      for (const space of ['ssl', 'sup'] as const) {
        const vectors = queries.map((query) => query[space] as Float32Array);
        await scan.products(matrices[space], SEGMENT_COUNT, DIMENSION, vectors);
      }
    };
    const newQuery = (): SpaceVectors => ({ ssl: randomUnit(random), sup: randomUnit(random) });
    const search = (...requests: SearchRequest[]) => edition.search(requests);

    // Interleaved, so that a slow moment of the machine falls on both.
    const [rawScanMs, searchMs, newAlphaMs, blendedMs, newAlphaBlendedMs] = await mediansOf([
      () => scanBoth([newQuery()]),
      () => search(toRequest(newQuery(), 0.5)),
      after(
        newQuery,
        (query) => search(toRequest(query, 0.2)),
        (query) => search(toRequest(query, 0.7)),
      ),
      () => search({ ...toRequest(newQuery(), 0.5), scoring: 'BLENDED' }),
      after(
        newQuery,
        (query) => search({ ...toRequest(query, 0.2), scoring: 'BLENDED' }),
        (query) => search({ ...toRequest(query, 0.7), scoring: 'BLENDED' }),
      ),
    ]);
    const [rawBatchOf8Ms, batchOf8Ms, filteredMs] = await mediansOf([
      () => scanBoth(Array.from({ length: 8 }, newQuery)),
      () => search(...Array.from({ length: 8 }, () => toRequest(newQuery(), 0.5))),
      () =>
        search({ ...toRequest(newQuery(), 0.5), filter: { op: 'in', field: 'genres', values: ['rare'] } }),
    ]);
    const idle = await eventLoopDelayP99(() => sleep(2_000));
    const searching = await eventLoopDelayP99(async () => {
      for (let i = 0; i < 100; i++) await search(toRequest(newQuery(), 0.5));
    });
    await store.close();

    return {
      segments: SEGMENT_COUNT,
      items: ITEM_COUNT,
      dimensions: [DIMENSION, DIMENSION],
      threads,
      loadSeconds,
      openSeconds,
      rawScanMs,
      searchMs,
      ratio: searchMs / rawScanMs,
      newAlphaMs,
      blendedMs,
      newAlphaBlendedMs,
      rawBatchOf8Ms,
      batchOf8Ms,
      filteredMs,
      eventLoopDelayP99Ms: { idle, searching },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Measured = () => Promise<unknown>;
type Prepared = { prepare: () => Promise<Measured> };

/** A measurement whose first call on a query is not timed. */
function after<Query>(
  newQuery: () => Query,
  first: (query: Query) => Promise<unknown>,
  timed: (query: Query) => Promise<unknown>,
): Prepared {
  return {
    async prepare() {
      const query = newQuery();
      await first(query);
      return () => timed(query);
    },
  };
}

async function mediansOf(measurements: readonly (Measured | Prepared)[]): Promise<number[]> {
  const times = measurements.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, measurement] of measurements.entries()) {
      const run = typeof measurement === 'function' ? measurement : await measurement.prepare();
      const startedMs = performance.now();
      await run();
      times[i].push(performance.now() - startedMs);
    }
  }
  return times.map((values) => values.sort((a, b) => a - b)[values.length >> 1]);
}

async function eventLoopDelayP99(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

function randomUnit(random: Random): Float32Array {
  return toUnit(Float64Array.from({ length: DIMENSION }, random.normal)) as Float32Array;
}

function randomRows(random: Random): Float32Array {
  const rows = new Float32Array(SEGMENT_COUNT * DIMENSION);
  for (let row = 0; row < SEGMENT_COUNT; row++) rows.set(randomUnit(random), row * DIMENSION);
  return rows;
}

async function load(store: VectorStore, matrices: Record<'ssl' | 'sup', Float32Array>): Promise<void> {
  const writer = await store.write(BUNDLE_ID, { attributes: [], discardEdits: false, restore: false });
  const keepIds = new Set<string>();
  for (let start = 0; start < ITEM_COUNT; start += ITEMS_PER_WRITE) {
    const entries = Array.from({ length: ITEMS_PER_WRITE }, (_, i) => toEntry(start + i, matrices));
    for (const { record } of entries) keepIds.add(record.id);
    await writer.upsert(entries);
  }
  await writer.finish({ keepIds });
  await writer.close();
}

function toEntry(item: number, { ssl, sup }: Record<'ssl' | 'sup', Float32Array>): ItemEntry {
  const id = `track-${item}`;
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: `Track ${item}`,
      artist: `Artist ${item % 500}`,
      genres: [item % 25 < 2 ? 'rare' : 'common'],
      attributes: [{ name: 'bpm', value: String(60 + (item % 120)) }],
      source: null,
      durationSeconds: 10 * SEGMENTS_PER_ITEM,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}.flac`,
    },
    segments: Array.from({ length: SEGMENTS_PER_ITEM }, (_, ordinal) => {
      const start = (item * SEGMENTS_PER_ITEM + ordinal) * DIMENSION;
      return {
        startSeconds: 10 * ordinal,
        endSeconds: 10 * ordinal + 10,
        ssl: ssl.slice(start, start + DIMENSION),
        sup: sup.slice(start, start + DIMENSION),
      };
    }),
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}

function toRequest(query: SpaceVectors, alpha: number): SearchRequest {
  return {
    target: 'MUSIC',
    query,
    alpha,
    scoring: 'WEIGHTED',
    filter: null,
    excludeIds: [],
    minScore: null,
    first: 10,
    after: null,
  };
}

if (import.meta.main) console.log(await benchStore());
