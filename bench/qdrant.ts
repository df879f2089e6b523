import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpaceVectors } from '../src/head/head.ts';
import { createRandom, type Random } from '../src/shared/random.ts';
import { dot, toUnit } from '../src/shared/vector-math.ts';
import { createQdrantStore } from '../src/store/qdrant/qdrant-store.ts';
import type { Edition, ItemEntry, SearchRequest } from '../src/store/vector-store.ts';

/** Recall@10 of items against brute force, and the median time of a search in milliseconds. */
interface Cell {
  alpha: number;
  recall: number;
  searchMs: number;
}
export interface QdrantFigures {
  segments: number;
  dimensions: [ssl: number, sup: number];
  loadSeconds: number;
  indexSeconds: number;
  exact: Cell[];
  union: Cell[];
  /** Under a filter on a genre that 8 % carry. */
  exactFiltered: Cell[];
  unionFiltered: Cell[];
}

const SEGMENTS_PER_ITEM = 4;
const DIMENSION = 256;
const CLUSTER_COUNT = 400;
const NOISE = 0.7;
const ITEMS_PER_WRITE = 100;
const QUERY_COUNT = 30;
const ALPHAS = [0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1];
const FIRST = 10;

interface Segments {
  ssl: Float32Array[];
  sup: Float32Array[];
}

/** Fills a Qdrant server with clustered segments, whose two spaces have clusters of their own, and measures it. */
export async function benchQdrant(url: string, segmentCount: number): Promise<QdrantFigures> {
  const random = createRandom(1);
  const centres = { ssl: toCentres(random), sup: toCentres(random) };
  const draw = (space: 'ssl' | 'sup') => near(random, centres[space]);
  const segments: Segments = { ssl: [], sup: [] };
  for (let i = 0; i < segmentCount; i++) {
    segments.ssl.push(draw('ssl'));
    segments.sup.push(draw('sup'));
  }
  const queries = Array.from({ length: QUERY_COUNT }, () => ({ ssl: draw('ssl'), sup: draw('sup') }));

  const options = { url, apiKey: process.env.QDRANT_API_KEY ?? null, prefix: `bench-${randomUUID()}` };
  const exactStore = createQdrantStore({
    ...options,
    exactBelow: Number.MAX_SAFE_INTEGER,
    timeoutMs: 60_000,
  });
  const unionStore = createQdrantStore({ ...options, exactBelow: 0, timeoutMs: 60_000 });
  try {
    const loadSeconds = await secondsOf(async () => {
      const writer = await exactStore.write('bundle', {
        attributes: [],
        discardEdits: false,
        restore: false,
      });
      for (let item = 0; item < segmentCount / SEGMENTS_PER_ITEM; item += ITEMS_PER_WRITE) {
        await writer.upsert(Array.from({ length: ITEMS_PER_WRITE }, (_, i) => toEntry(item + i, segments)));
      }
      await writer.close();
    });
    const indexSeconds = await secondsOf(() => waitForIndex(url, `${options.prefix}-music-bundle`));
    const exact = await exactStore.open('bundle');
    const union = await unionStore.open('bundle');
    const measure = (edition: Edition, genre: string | null) =>
      measureCells(edition, queries, segments, genre);
    return {
      segments: segmentCount,
      dimensions: [DIMENSION, DIMENSION],
      loadSeconds,
      indexSeconds,
      exact: await measure(exact, null),
      union: await measure(union, null),
      exactFiltered: await measure(exact, 'rare'),
      unionFiltered: await measure(union, 'rare'),
    };
  } finally {
    for (const name of ['items', 'meta', 'clips', 'music-bundle']) {
      await fetch(`${url}/collections/${options.prefix}-${name}`, { method: 'DELETE' });
    }
  }
}

async function measureCells(
  edition: Edition,
  queries: readonly SpaceVectors[],
  segments: Segments,
  genre: string | null,
): Promise<Cell[]> {
  const cells = ALPHAS.map((alpha) => ({ alpha, found: 0, times: [] as number[] }));
  for (const query of queries) {
    const products = {
      ssl: segments.ssl.map((vector) => dot(query.ssl as Float32Array, vector)),
      sup: segments.sup.map((vector) => dot(query.sup as Float32Array, vector)),
    };
    for (const cell of cells) {
      const expected = bestItems(products, cell.alpha, genre);
      const startedMs = performance.now();
      const [page] = await edition.search([toRequest(query, cell.alpha, genre)]);
      cell.times.push(performance.now() - startedMs);
      cell.found += page.hits.filter(({ itemId }) => expected.has(itemId)).length;
    }
  }
  return cells.map(({ alpha, found, times }) => ({
    alpha,
    recall: found / (FIRST * queries.length),
    searchMs: times.sort((a, b) => a - b)[times.length >> 1],
  }));
}

function bestItems(products: { ssl: number[]; sup: number[] }, alpha: number, genre: string | null) {
  const best = new Map<number, number>();
  products.ssl.forEach((ssl, segment) => {
    const item = Math.floor(segment / SEGMENTS_PER_ITEM);
    if (genre !== null && genreOf(item) !== genre) return;
    const score = (1 - alpha) * ssl + alpha * products.sup[segment];
    if (score > (best.get(item) ?? -2)) best.set(item, score);
  });
  const ranked = [...best].sort((a, b) => b[1] - a[1]).slice(0, FIRST);
  return new Set(ranked.map(([item]) => `t${item}`));
}

function toRequest(query: SpaceVectors, alpha: number, genre: string | null): SearchRequest {
  return {
    target: 'MUSIC',
    query,
    alpha,
    scoring: 'WEIGHTED',
    filter: genre === null ? null : { op: 'in', field: 'genres', values: [genre] },
    excludeIds: [],
    minScore: null,
    first: FIRST,
    after: null,
  };
}

/** 8 % of the items are rare. */
function genreOf(item: number): string {
  return item % 25 < 2 ? 'rare' : 'common';
}

function toEntry(item: number, { ssl, sup }: Segments): ItemEntry {
  const id = `t${item}`;
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: `Track ${item}`,
      artist: null,
      genres: [genreOf(item)],
      attributes: [],
      source: null,
      durationSeconds: 10 * SEGMENTS_PER_ITEM,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}`,
    },
    segments: Array.from({ length: SEGMENTS_PER_ITEM }, (_, i) => ({
      startSeconds: 10 * i,
      endSeconds: 10 * i + 10,
      ssl: ssl[item * SEGMENTS_PER_ITEM + i],
      sup: sup[item * SEGMENTS_PER_ITEM + i],
    })),
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}

function toCentres(random: Random): Float32Array[] {
  return Array.from({ length: CLUSTER_COUNT }, () => toUnit(randomNormal(random)) as Float32Array);
}

function near(random: Random, centres: Float32Array[]): Float32Array {
  const centre = centres[Math.floor(random.uniform() * centres.length)];
  const noise = toUnit(randomNormal(random)) as Float32Array;
  return toUnit(centre.map((value, i) => value + NOISE * noise[i])) as Float32Array;
}

function randomNormal(random: Random): Float64Array {
  return Float64Array.from({ length: DIMENSION }, random.normal);
}

/** Until every segment is in its graph. */
async function waitForIndex(url: string, collection: string): Promise<void> {
  for (let greens = 0; greens < 3; ) {
    await sleep(1_000);
    const { result } = (await (await fetch(`${url}/collections/${collection}`)).json()) as {
      result: { status: string };
    };
    greens = result.status === 'green' ? greens + 1 : 0;
  }
}

async function secondsOf(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return (performance.now() - startedMs) / 1_000;
}

if (import.meta.main) {
  const url = process.env.QDRANT_URL;
  if (!url) throw new Error('Set QDRANT_URL to a server that may be filled.');
  const figures = await benchQdrant(url, Number(process.env.BENCH_SEGMENTS ?? 100_000));
  console.log(JSON.stringify(figures, null, 2));
}
