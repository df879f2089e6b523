import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import type { FeatureKey } from '../../src/embedding/feature-cache.ts';
import { projectAll } from '../../src/embedding/project-all.ts';
import { type EvaluationSet, SEARCH_DIRECTIONS, toQueries } from '../../src/evaluation/items.ts';
import { rankGallery } from '../../src/evaluation/protocol.ts';
import type { Library, LibraryItem } from '../../src/library/library.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import type { MediaReader } from '../../src/media/media.ts';
import { ingest } from '../../src/retrieval/ingest.ts';
import type { FeatureTools } from '../../src/retrieval/library-features.ts';
import { createServices, featureToolsOf, loadBundle, type Services } from '../../src/services.ts';
import { createRandom, hashString } from '../../src/shared/random.ts';
import { featureLibrary, toGallery } from '../../src/training/featured-library.ts';
import { embedGallery } from '../../src/training/to-evaluation-set.ts';
import { createItem } from '../library/support.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';
import { ask } from './support/requests.ts';

const TEST_PAIRS = 26;
const TRAIN_PAIRS = 20;
const QUERIES_PER_DIRECTION = 25;
const ALPHAS = [0, 0.1, 0.35, 0.5, 0.8, 1];
const SCORINGS = ['WEIGHTED', 'BLENDED'] as const;
const DIMENSION = 16;
/** Both sides add the same float32 vectors up in float64, each in its own order. */
const TOLERANCE = 1e-12;

/** Pairs of both splits, and among test's a track that is there twice: the two tie in every search. */
function planItems(folder: string): LibraryItem[] {
  const splits = [
    ...Array.from({ length: TEST_PAIRS }, () => 'test' as const),
    ...Array.from({ length: TRAIN_PAIRS }, () => 'train' as const),
  ];
  const pairs = splits.flatMap((split, i) => [
    createItem({ id: `t${i}`, path: join(folder, `t${i}`), split }),
    createItem({ id: `v${i}`, path: join(folder, `v${i}`), split, modality: 'VIDEO', pairedWith: `t${i}` }),
  ]);
  return [...pairs, createItem({ id: 'twin', path: join(folder, 't3'), split: 'test' })];
}

/** Features of one to four segments that depend on the file's bytes alone; nothing is decoded. */
async function makeUpFeatures({ contentHash, backbone }: FeatureKey, dimensions: Record<string, number>) {
  const random = createRandom(hashString(`${contentHash} ${backbone.id}`));
  const segments = Array.from({ length: 1 + random.integer(4) }, (_, at) => ({
    modality: 'MUSIC' as const,
    backboneId: backbone.id,
    span: { startSeconds: 10 * at, endSeconds: 10 * (at + 1) },
    features: Float32Array.from({ length: dimensions[backbone.id] }, random.normal),
  }));
  return { segments, peaks: null, isSilent: false };
}

const READER = {
  probe: async () => ({ container: 'none', durationSeconds: 40, audio: null, video: null, tags: {} }),
  readThumbnail: async () => new Uint8Array(),
} as Partial<MediaReader> as MediaReader;

describe('what evaluation ranks is what the server returns', () => {
  let directory: string;
  let services: Services;
  let server: RunningServer;
  let set: EvaluationSet;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-ranking-'));
    const environment = { DATA_DIR: directory, PORT: '0', DEVICE: 'cpu', LOG_LEVEL: 'silent' };
    services = createServices(loadConfig(environment));
    const items = planItems(directory);
    for (const { path } of items) await writeFile(path, path);
    const library: Library = { folder: directory, items, attributes: [], unreadable: [] };

    const loaded = await loadBundle(await writeRandomBundle(services, DIMENSION), services);
    const dimensions = Object.fromEntries(
      Object.values(loaded.backbones).map(({ id, dimension }) => [id, dimension]),
    );
    const tools: FeatureTools = {
      ...featureToolsOf(loaded, services),
      reader: READER,
      cache: { remember: (key) => makeUpFeatures(key, dimensions) },
    };
    const featured = await featureLibrary(library, { labelField: 'genres' }, tools);
    set = await embedGallery(toGallery(featured, 'test'), (modality, features) =>
      projectAll(loaded.embedder, modality, features),
    );
    const options = { shard: null, soundtracks: false, discardEdits: false, restore: false };
    const store = await services.openStore();
    const { indexed } = await ingest(library, options, { ...tools, embedder: loaded.embedder, store });
    expect(indexed).toBe(items.length);
    await loaded.embedder.close();
    server = await startServer(services);
  });
  afterAll(async () => {
    await server.close();
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Ids and scores of everything in the gallery, best first, for each query. */
  async function search(
    direction: (typeof SEARCH_DIRECTIONS)[number],
    ids: readonly string[],
    variables: { alpha: number; scoring: string; filter: object },
  ): Promise<{ id: string; score: number }[][]> {
    const type = direction === 'VIDEO_TO_MUSIC' ? 'Music' : 'Videos';
    const result = type === 'Music' ? 'MusicSearch' : 'VideoSearch';
    const aliases = ids.map(
      (id, at) => `q${at}: search${type}(query: { media: { id: "${id}" } },
        alpha: $alpha, scoring: $scoring, filter: $filter) { ...Ranked }`,
    );
    const answer = await ask(
      server.url,
      `query Ranked($alpha: Float!, $scoring: Scoring!, $filter: ItemFilterInput!) { ${aliases.join('\n')} }
       fragment Ranked on ${result} { hits(first: 100) { edges { score node { id } } } }`,
      variables,
    );
    return ids.map((_, at) =>
      answer[`q${at}`].hits.edges.map(({ score, node }: { score: number; node: { id: string } }) => ({
        id: node.id,
        score,
      })),
    );
  }

  it.each(SEARCH_DIRECTIONS)(
    `for ${QUERIES_PER_DIRECTION} queries, ids and scores: %s`,
    async (direction) => {
      const queries = toQueries(set, direction).slice(0, QUERIES_PER_DIRECTION);
      const ids = queries.map(({ item }) => item.id);
      const filter = { ids: { any: queries[0].gallery.map(({ id }) => id) } };
      expect(ids).toHaveLength(QUERIES_PER_DIRECTION);
      for (const scoring of SCORINGS) {
        for (const alpha of ALPHAS) {
          const served = await search(direction, ids, { alpha, scoring, filter });
          queries.forEach((query, at) => {
            const evaluated = rankGallery(query, alpha, scoring);
            expect(served[at].map(({ id }) => id)).toEqual(evaluated.map(({ itemId }) => itemId));
            const gaps = evaluated.map(({ score }, rank) => Math.abs(score - served[at][rank].score));
            expect(Math.max(...gaps)).toBeLessThanOrEqual(TOLERANCE);
          });
        }
      }
    },
  );

  it('has ties, several segments, and a store that holds more than the split', () => {
    expect([set.tracks.length, set.videos.length]).toEqual([TEST_PAIRS + 1, TEST_PAIRS]);
    const [twin, original] = ['twin', 't3'].map((id) => set.tracks.find((track) => track.id === id));
    expect(twin?.segments).toEqual(original?.segments);
    expect(new Set(set.tracks.map(({ segments }) => segments.length))).toEqual(new Set([1, 2, 3, 4]));
  });
});
