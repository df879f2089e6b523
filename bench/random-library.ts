import type { Space, SpaceVectors } from '../src/head/head.ts';
import { createRandom } from '../src/shared/random.ts';
import { toUnit } from '../src/shared/vector-math.ts';
import { createMatrixScan } from '../src/store/embedded/scan.ts';
import type { ItemEntry, SearchRequest, VectorStore } from '../src/store/vector-store.ts';

export const ITEM_COUNT = 25_000;
export const SEGMENTS_PER_ITEM = 4;
export const SEGMENT_COUNT = ITEM_COUNT * SEGMENTS_PER_ITEM;
export const DIMENSION = 256;
const ITEMS_PER_WRITE = 1_000;
/** 8 % of the items carry it. */
export const RARE_GENRE = 'rare';

export const trackId = (item: number) => `track-${item}`;

/** Tracks with random vectors: the worst case for an index, and no case at all for an exact scan. */
export interface RandomLibrary {
  itemCount: number;
  /** Row by row, as they are loaded. */
  matrices: Record<Space, Float32Array>;
  newQuery(): SpaceVectors;
  load(store: VectorStore, bundleId: string): Promise<void>;
}

export function createRandomLibrary(itemCount = ITEM_COUNT): RandomLibrary {
  const segmentCount = itemCount * SEGMENTS_PER_ITEM;
  const random = createRandom(1);
  const randomUnit = () => toUnit(Float64Array.from({ length: DIMENSION }, random.normal)) as Float32Array;
  const randomRows = () => {
    const rows = new Float32Array(segmentCount * DIMENSION);
    for (let row = 0; row < segmentCount; row++) rows.set(randomUnit(), row * DIMENSION);
    return rows;
  };
  const matrices = { ssl: randomRows(), sup: randomRows() };
  return {
    itemCount,
    matrices,
    newQuery: () => ({ ssl: randomUnit(), sup: randomUnit() }),
    async load(store, bundleId) {
      const writer = await store.write(bundleId, {
        dimensions: { ssl: DIMENSION, sup: DIMENSION },
        attributes: [],
        shard: null,
        discardEdits: false,
        restore: false,
      });
      const keepIds = new Set(Array.from({ length: itemCount }, (_, item) => trackId(item)));
      for (let start = 0; start < itemCount; start += ITEMS_PER_WRITE) {
        const length = Math.min(ITEMS_PER_WRITE, itemCount - start);
        await writer.upsert(Array.from({ length }, (_, i) => toEntry(start + i, matrices)));
      }
      await writer.finish({ keepIds });
      await writer.close();
    },
  };
}

/** What every search comes down to: the products of queries with both matrices, by the engine alone. */
export async function createBareScan({ matrices }: RandomLibrary, threads: number) {
  const scan = await createMatrixScan(threads);
  return async (queries: SpaceVectors[]) => {
    for (const space of ['ssl', 'sup'] as const) {
      const vectors = queries.map((query) => query[space] as Float32Array);
      await scan.products(matrices[space], SEGMENT_COUNT, DIMENSION, vectors);
    }
  };
}

export function toRequest(query: SpaceVectors, alpha: number): SearchRequest {
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

function toEntry(item: number, { ssl, sup }: Record<Space, Float32Array>): ItemEntry {
  const id = trackId(item);
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: `Track ${item}`,
      artist: `Artist ${item % 500}`,
      genres: [item % 25 < 2 ? RARE_GENRE : 'common'],
      attributes: [{ name: 'bpm', value: String(60 + (item % 120)) }],
      source: null,
      durationSeconds: 10 * SEGMENTS_PER_ITEM,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/nowhere/${id}.flac`,
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
