import type { ApolloServer } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { type Limits, loadConfig } from '../../src/config/config.ts';
import type { Embedder } from '../../src/embedding/embedding.ts';
import { type ApiServices, type Context, createRequestContext } from '../../src/graphql/context.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import type { SpaceVectors } from '../../src/head/head.ts';
import type { Modality } from '../../src/media/media.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';
import type { ClipRecord, Edition, ItemEntry, VectorStore } from '../../src/store/vector-store.ts';
import { unit } from './brute-force-store.ts';

export const BUNDLE_ID = 'b'.repeat(64);
export const DIMENSION = 8;
const BACKBONE_SHA256 = 'c'.repeat(64);
const BACKBONE_IDS = { MUSIC: 'test-audio', VIDEO: 'test-vision' } as const;
export const AWKWARD_GENRE = 'drum "n" \\bass\\ 🥁';
export const GENRES = ['ambient', 'jazz', 'rock', AWKWARD_GENRE] as const;

export function createManifest(
  changes: Partial<BundleManifest['identity']> = {},
  id = BUNDLE_ID,
): BundleManifest {
  const head = (backboneId: string) => ({
    file: 'heads.onnx',
    sha256: 'a'.repeat(64),
    backboneId,
    backboneSha256: BACKBONE_SHA256,
    featureDimension: 2 * DIMENSION,
  });
  return {
    schemaVersion: 1,
    id,
    identity: {
      heads: { MUSIC: head(BACKBONE_IDS.MUSIC), VIDEO: head(BACKBONE_IDS.VIDEO) },
      sslDimension: DIMENSION,
      supDimension: DIMENSION,
      segmentRule: { segmentSeconds: 10, hopSeconds: 10 },
      normalisation: 'unit',
      labelField: 'genres',
      ...changes,
    },
    createdAt: '2026-01-31T09:00:00.000Z',
    profile: 'lite',
    labels: [...GENRES],
    seed: 1,
    dataSha256: 'd'.repeat(64),
    splits: null,
    similarityDeviation: { ssl: 0.1, sup: 0.1 },
    balancedAlpha: 0.5,
    recommendedAlpha: 0.35,
    recommendedAlphaRule: 'balanced',
    tradeOff: [{ direction: 'VIDEO_TO_MUSIC', alpha: 0, pairRecallAt10: 0.7, labelPrecisionAt10: null }],
    training: {},
  };
}

const randomUnit = (random: Random, dimension = DIMENSION) =>
  unit(Array.from({ length: dimension }, () => random.normal()));

/** 40 tracks t00 … and 20 videos v00 … of one to three segments; every seventh shares its vectors with the one before. */
export function createEntries(seed: number, supDimension = DIMENSION): ItemEntry[] {
  const random = createRandom(seed);
  const entries: ItemEntry[] = [];
  const add = (modality: Modality, i: number) => {
    const id = `${modality === 'MUSIC' ? 't' : 'v'}${String(i).padStart(2, '0')}`;
    const twin = i % 7 === 6 ? entries.at(-1) : undefined;
    const segments =
      twin?.segments ??
      Array.from({ length: 1 + random.integer(3) }, (_, s) => ({
        startSeconds: 10 * s,
        endSeconds: 10 * (s + 1),
        ssl: randomUnit(random),
        sup: randomUnit(random, supDimension),
      }));
    entries.push({
      record: {
        id,
        modality,
        title: `${modality === 'MUSIC' ? 'Song' : 'Film'} Number ${i}`,
        artist: modality === 'MUSIC' ? `Artist ${i % 5}` : null,
        genres: i % 9 === 8 ? [] : [...new Set([GENRES[i % 4], GENRES[random.integer(4)]])],
        attributes: [
          { name: 'bpm', value: String(80 + i) },
          { name: 'mood', value: i % 2 ? 'calm' : 'tense' },
        ],
        source: `source ${i % 3}`,
        durationSeconds: 10 * segments.length,
        pairedWith: modality === 'VIDEO' && i < 10 ? `t${String(i).padStart(2, '0')}` : null,
        mediaUrl: null,
        mediaPath: `/library/${id}.wav`,
      },
      segments,
      peaks: modality === 'MUSIC' ? Uint8Array.from({ length: 200 }, (_, p) => p % 101) : null,
      thumbnail: null,
      fingerprint: id,
    });
  };
  for (let i = 0; i < 40; i++) add('MUSIC', i);
  for (let i = 0; i < 20; i++) add('VIDEO', i);
  return entries;
}

export interface RecordingEmbedder extends Embedder {
  /** The number of feature vectors of every call. */
  batchSizes: number[];
}

/** Heads that split features in two halves and normalise each: honest, and easy to foretell. */
export function createHalvingEmbedder(bundleId = BUNDLE_ID): RecordingEmbedder {
  const batchSizes: number[] = [];
  return {
    bundleId,
    dimensions: { ssl: DIMENSION, sup: DIMENSION },
    batchSizes,
    project: async (_modality, features) => {
      batchSizes.push(features.length);
      // Longer than the reads of an indexed item take.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return features.map(
        (vector): SpaceVectors => ({
          ssl: unit([...vector.subarray(0, DIMENSION)]),
          sup: unit([...vector.subarray(DIMENSION)]),
        }),
      );
    },
  };
}

export function createClip(id: string, seed: number, changes: Partial<ClipRecord> = {}): ClipRecord {
  const random = createRandom(seed);
  const features = (['VIDEO', 'MUSIC'] as const).flatMap((modality) =>
    [0, 10, 20].map((startSeconds) => ({
      modality,
      span: { startSeconds, endSeconds: startSeconds + 10 },
      backboneId: BACKBONE_IDS[modality],
      backboneSha256: BACKBONE_SHA256,
      features: Float32Array.from([...randomUnit(random), ...randomUnit(random)]),
    })),
  );
  return {
    id,
    state: { status: 'READY' },
    durationSeconds: 30,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    features,
    ...changes,
  };
}

interface ApiResult {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selects.
  data: any;
  errors: readonly GraphQLFormattedError[];
  status: number | undefined;
}

export interface Api {
  execute(query: string, variables?: Record<string, unknown>): Promise<ApiResult>;
  /** What was logged as unexpected. */
  faults: { details: object; message: string }[];
  server: ApolloServer<Context>;
  stop(): Promise<void>;
}

export interface ApiParts {
  store: VectorStore;
  edition: Edition;
  embedder?: Embedder;
  manifest?: BundleManifest;
  limits?: Partial<Limits>;
}

/** The whole API over a store, without HTTP. */
export async function startApi({
  store,
  edition,
  embedder = createHalvingEmbedder(),
  manifest = createManifest(),
  limits,
}: ApiParts): Promise<Api> {
  const faults: Api['faults'] = [];
  const services: ApiServices = {
    serving: () => ({ manifest, backboneIds: BACKBONE_IDS, embedder, edition }),
    store,
    clips: store.clips,
    deviceReport: () => ({ requested: 'auto', used: 'CPU', name: null }),
    limits: { ...loadConfig({}).limits, ...limits },
    mediaUrls: {
      mediaUrl: ({ id }) => `/media/${id}`,
      thumbnailUrl: ({ id, hasThumbnail }) => (hasThumbnail ? `/media/${id}/thumbnail` : null),
    },
    version: '1.2.3',
    log: { error: (details, message) => faults.push({ details, message }), warn: () => {} },
  };
  const server = createGraphqlServer(services);
  await server.start();
  return {
    execute: async (query, variables) => {
      const contextValue = createRequestContext(services, { requestId: 'request-1' });
      const { body, http } = await server.executeOperation({ query, variables }, { contextValue });
      if (body.kind !== 'single') throw new Error('The API answers in one piece.');
      // As JSON, which is what a caller gets.
      const { data, errors } = JSON.parse(JSON.stringify(body.singleResult));
      return { data, errors: errors ?? [], status: http.status };
    },
    faults,
    server,
    stop: () => server.stop(),
  };
}
