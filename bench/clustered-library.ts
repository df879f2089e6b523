import type { SpaceVectors } from '../src/head/head.ts';
import { createRandom, type Random } from '../src/shared/random.ts';
import { dot, toUnit } from '../src/shared/vector-math.ts';
import type { ItemFilter } from '../src/store/filter.ts';
import type { ItemEntry, Scoring, VectorStore } from '../src/store/vector-store.ts';

export const DIMENSION = 256;
/** Segments of the first item, the second …; four on average. */
const SEGMENT_COUNTS = [1, 2, 4, 9];
const SEGMENTS_PER_ITEM = 4;
const CLUSTER_COUNT = 400;
const ITEMS_PER_WRITE = 100;
const BUNDLE_ID = 'bundle';

export interface LibraryOptions {
  segmentCount: number;
  seed: number;
  /** Lengths of the parts of a segment that are its item's and its own; that of its cluster is 1. */
  itemNoise: number;
  segmentNoise: number;
  /** Of an item, given its cluster in ssl, to be in the same one of sup; otherwise it is in any. */
  sameClusterShare: number;
  /** Of the items that lack one of the spaces, in turns ssl and sup. */
  lackingShare: number;
}

/** The genres of items. Those of the first two are spread over all clusters, `group` is a tenth of sup's clusters. */
export type Genre = 'one percent' | 'eight percent' | 'group';

/** Items in clusters, with segments that are alike, and what brute force finds among them. */
export interface ClusteredLibrary {
  segmentCount: number;
  itemCount: number;
  newQuery(): SpaceVectors;
  /** Fills a store, under the bundle `bundle`. */
  load(store: VectorStore): Promise<void>;
  createBruteForce(query: SpaceVectors): BruteForce;
}

export interface BruteForce {
  /** Ids of the best items in order, by float64 scores. */
  rank(ranking: { alpha: number; scoring: Scoring; genre: Genre | null; first: number }): string[];
}

interface Item {
  id: string;
  genres: Genre[];
  /** With ⟨ssl, sup⟩. */
  segments: (SpaceVectors & { cross: number })[];
}

export function createClusteredLibrary(options: LibraryOptions): ClusteredLibrary {
  const { segmentCount, seed, itemNoise, segmentNoise, lackingShare, sameClusterShare } = options;
  const random = createRandom(seed);
  const centres = { ssl: createCentres(random), sup: createCentres(random) };
  const drawClusters = () => {
    const ssl = random.integer(CLUSTER_COUNT);
    const isSame = random.uniform() < sameClusterShare;
    return { ssl, sup: isSame ? ssl : random.integer(CLUSTER_COUNT) };
  };
  const itemCount = segmentCount / SEGMENTS_PER_ITEM;
  const items = Array.from({ length: itemCount }, (_, i): Item => {
    const clusters = drawClusters();
    const own = {
      ssl: near(random, centres.ssl[clusters.ssl], itemNoise),
      sup: near(random, centres.sup[clusters.sup], itemNoise),
    };
    const isLacking = random.uniform() < lackingShare;
    const segments = Array.from({ length: SEGMENT_COUNTS[i % SEGMENT_COUNTS.length] }, () => {
      const ssl = isLacking && i % 2 === 0 ? null : near(random, own.ssl, segmentNoise);
      const sup = isLacking && i % 2 === 1 ? null : near(random, own.sup, segmentNoise);
      return { ssl, sup, cross: ssl && sup ? dot(ssl, sup) : 0 };
    });
    const genres: Genre[] = clusters.sup % 10 === 0 ? ['group'] : [];
    if (random.uniform() < 0.01) genres.push('one percent');
    if (random.uniform() < 0.08) genres.push('eight percent');
    return { id: `t${i}`, genres, segments };
  });

  return {
    segmentCount,
    itemCount,
    newQuery() {
      const clusters = drawClusters();
      return {
        ssl: near(random, centres.ssl[clusters.ssl], itemNoise + segmentNoise),
        sup: near(random, centres.sup[clusters.sup], itemNoise + segmentNoise),
      };
    },
    async load(store) {
      const writer = await store.write(BUNDLE_ID, {
        dimensions: { ssl: DIMENSION, sup: DIMENSION },
        attributes: [],
        shard: null,
        discardEdits: false,
        restore: false,
      });
      for (let start = 0; start < itemCount; start += ITEMS_PER_WRITE) {
        await writer.upsert(items.slice(start, start + ITEMS_PER_WRITE).map(toEntry));
      }
      await writer.close();
    },
    createBruteForce: (query) => createBruteForce(query, items),
  };
}

export function toItemFilter(genre: Genre | null): ItemFilter | null {
  return genre === null ? null : { op: 'in', field: 'genres', values: [genre] };
}

/** Multiplies once; each ranking is then sums of products, straight from the definitions of the two scorings. */
function createBruteForce(query: SpaceVectors, items: readonly Item[]): BruteForce {
  const { ssl: sslQuery, sup: supQuery } = query as { ssl: Float32Array; sup: Float32Array };
  const queryCross = dot(sslQuery, supQuery);
  const of = (a: Float32Array, b: Float32Array | null) => (b ? dot(a, b) : 0);
  const products = items.map(({ segments }) =>
    segments.map(({ ssl, sup, cross }) => ({
      hasSsl: ssl !== null,
      hasSup: sup !== null,
      ssl: of(sslQuery, ssl),
      sup: of(supQuery, sup),
      sslBySup: of(sslQuery, sup),
      supBySsl: of(supQuery, ssl),
      cross,
    })),
  );
  type Products = (typeof products)[number][number];
  const weighted = ({ ssl, sup }: Products, alpha: number) => (1 - alpha) * ssl + alpha * sup;
  const lengthOf = (alpha: number, cross: number) =>
    Math.sqrt((1 - alpha) ** 2 + alpha ** 2 + 2 * alpha * (1 - alpha) * cross);
  const blended = ({ ssl, sup, sslBySup, supBySsl, cross }: Products, alpha: number) => {
    const product = (1 - alpha) ** 2 * ssl + alpha ** 2 * sup + alpha * (1 - alpha) * (sslBySup + supBySsl);
    return product / (lengthOf(alpha, cross) * lengthOf(alpha, queryCross));
  };
  return {
    rank({ alpha, scoring, genre, first }) {
      const score = scoring === 'WEIGHTED' || alpha === 0 || alpha === 1 ? weighted : blended;
      const ranked: { id: string; score: number }[] = [];
      items.forEach(({ id, genres }, i) => {
        if (genre !== null && !genres.includes(genre)) return;
        let best = -2;
        for (const segment of products[i]) {
          if ((alpha === 0 && !segment.hasSsl) || (alpha === 1 && !segment.hasSup)) continue;
          best = Math.max(best, score(segment, alpha));
        }
        ranked.push({ id, score: best });
      });
      ranked.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
      return ranked.slice(0, first).map(({ id }) => id);
    },
  };
}

function toEntry({ id, genres, segments }: Item): ItemEntry {
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: `Track ${id}`,
      artist: null,
      genres,
      attributes: [],
      source: null,
      durationSeconds: 10 * segments.length,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}`,
    },
    segments: segments.map(({ ssl, sup }, i) => ({
      startSeconds: 10 * i,
      endSeconds: 10 * i + 10,
      ssl,
      sup,
    })),
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}

function createCentres(random: Random): Float32Array[] {
  return Array.from({ length: CLUSTER_COUNT }, () => randomUnit(random));
}

function near(random: Random, centre: Float32Array, noise: number): Float32Array {
  const direction = randomUnit(random);
  return toUnit(centre.map((value, i) => value + noise * direction[i])) as Float32Array;
}

function randomUnit(random: Random): Float32Array {
  return toUnit(Float64Array.from({ length: DIMENSION }, random.normal)) as Float32Array;
}
