import { availableParallelism } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../shared/errors.ts';
import { toPlainText } from '../shared/plain-text.ts';
import { address, addressWithoutUser, choice, keys, origins, token, wholeNumber } from './setting-kinds.ts';

/** The folder that holds package.json. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

/** Settings are compared with each other unless one of them is at fault by itself, whatever else is. */
const areWell =
  (...names: string[]) =>
  ({ issues }: z.core.ParsePayload) =>
    !issues.some(({ path }) => names.includes(String(path?.[0])));

/** False where others on the way could read along. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

const environmentSchema = z
  .object({
    PORT: wholeNumber(0, 65_535).default(4000),
    HOST: z.string().min(1).default('127.0.0.1'),
    DATA_DIR: z.string().min(1).default('data'),
    BUNDLE_DIR: z.string().min(1).optional(),
    STORE: choice('embedded', 'qdrant').default('embedded'),
    QDRANT_URL: address.optional(),
    QDRANT_API_KEY: token.optional(),
    QDRANT_PREFIX: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'It must be 1 to 64 letters, digits, _ and -.' })
      .default('control-mvr'),
    QDRANT_SHARDS: wholeNumber(1).default(1),
    QDRANT_REPLICAS: wholeNumber(1).default(1),
    QDRANT_WRITE_CONSISTENCY: wholeNumber(1).default(1),
    QDRANT_HNSW_M: wholeNumber(4, 128).default(16),
    QDRANT_HNSW_EF_CONSTRUCT: wholeNumber(4, 2_000).default(100),
    QDRANT_QUANTIZATION: choice('none', 'int8').default('none'),
    QDRANT_VECTORS_ON_DISK: choice('false', 'true')
      .default('false')
      .transform((text) => text === 'true'),
    QDRANT_EXACT_BELOW: wholeNumber(0).default(200_000),
    DEVICE: choice('auto', 'cuda', 'webgpu', 'cpu').default('auto'),
    INFERENCE_THREADS: wholeNumber(1, 256).optional(),
    INFERENCE_SESSIONS: wholeNumber(1, 16).default(1),
    INFERENCE_TIMEOUT_SECONDS: wholeNumber(1, 86_400).default(600),
    PROFILE: choice('lite', 'paper').default('lite'),
    MODELS_URL: addressWithoutUser('MODELS_TOKEN').optional(),
    MODELS_TOKEN: token.optional(),
    API_KEYS: keys.default([]),
    PUBLIC_URL: address.optional(),
    CORS_ORIGINS: origins.default([]),
    LOG_LEVEL: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
    FFMPEG_PATH: z.string().min(1).optional(),
    FFPROBE_PATH: z.string().min(1).optional(),
  })
  .refine(({ STORE, QDRANT_URL }) => STORE !== 'qdrant' || QDRANT_URL !== undefined, {
    path: ['QDRANT_URL'],
    message: 'STORE=qdrant needs the address of the server, such as http://127.0.0.1:6333.',
    when: areWell('STORE', 'QDRANT_URL'),
  })
  .refine((env) => env.QDRANT_WRITE_CONSISTENCY <= env.QDRANT_REPLICAS, {
    path: ['QDRANT_WRITE_CONSISTENCY'],
    message: 'No more replicas can acknowledge a write than QDRANT_REPLICAS says there are.',
    when: areWell('QDRANT_WRITE_CONSISTENCY', 'QDRANT_REPLICAS'),
  })
  .refine(({ MODELS_URL, MODELS_TOKEN }) => !MODELS_TOKEN || !MODELS_URL || isPrivate(MODELS_URL), {
    path: ['MODELS_TOKEN'],
    message: 'It is sent to https addresses and this machine alone; MODELS_URL is http.',
    when: areWell('MODELS_URL', 'MODELS_TOKEN'),
  });

/** Where backbones are published. */
const PUBLIC_HUB_URL = 'https://huggingface.co';

/** Everything that an operator can set, parsed. */
export interface Config {
  http: {
    /** 0 takes a free one. */
    port: number;
    host: string;
    /** Without a trailing slash; media URLs are absolute where it is set. */
    publicUrl: string | null;
    corsOrigins: string[];
    /** Empty: no key is needed. */
    apiKeys: string[];
  };
  directories: {
    data: string;
    /** Parent of the bundles' folders. */
    bundles: string;
    features: string;
    backbones: string;
    demo: string;
    /** Of training runs that were broken off. */
    checkpoints: string;
    store: string;
    /** Uploads while they are read. */
    uploads: string;
  };
  store: StoreConfig;
  /** Whichever store is served; null without QDRANT_URL. */
  qdrant: QdrantConfig | null;
  device: 'auto' | 'cuda' | 'webgpu' | 'cpu';
  inference: {
    /** Of each session, on the CPU. */
    threads: number;
    /** Of each backbone. */
    sessions: number;
    /** A session that is loaded, or runs, for longer hangs. */
    runTimeoutMs: number;
  };
  profile: 'lite' | 'paper';
  models: {
    /** Where `models pull` downloads from; without a trailing slash. */
    url: string;
    /** False on the public hub. */
    isMirror: boolean;
    token: string | null;
  };
  ffmpegPath: string | null;
  ffprobePath: string | null;
  logLevel: z.infer<typeof environmentSchema>['LOG_LEVEL'];
  limits: Limits;
}

export type StoreConfig = { kind: 'embedded' } | QdrantConfig;

export interface QdrantConfig {
  kind: 'qdrant';
  /** Without a trailing slash. */
  url: string;
  apiKey: string | null;
  /** Of the collections' names. */
  prefix: string;
  /** Counts when a collection is made. */
  layout: {
    shards: number;
    replicas: number;
    /** How many replicas must have a write before it is acknowledged. */
    writeConsistency: number;
    /** HNSW's m and ef_construct. */
    hnswLinks: number;
    hnswCandidates: number;
    quantization: 'none' | 'int8';
    vectorsOnDisk: boolean;
  };
  /** Up to how many segments a search compares all of them. */
  exactBelow: number;
}

/** Bounds of one request; the API reports them in `system.limits`. */
export interface Limits {
  maxFirst: number;
  maxRank: number;
  maxSpaceRank: number;
  maxSeeds: number;
  maxSearchesPerRequest: number;
  maxUploadBytes: number;
  maxClipSeconds: number;
  clipLifetimeHours: number;
}

const LIMITS: Limits = {
  maxFirst: 100,
  maxRank: 10_000,
  maxSpaceRank: 1_000,
  maxSeeds: 16,
  maxSearchesPerRequest: 64,
  maxUploadBytes: 200 * 1024 * 1024,
  maxClipSeconds: 600,
  clipLifetimeHours: 24,
};

/**
 * Reads the environment; the one place that does. Relative folders count from the project's root.
 * Throws a UsageError that lists every fault at once.
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `  ${describeSetting(name, set[name])}: ${message}`;
    });
    throw new UsageError(`The environment has faults:\n${faults.join('\n')}`);
  }
  const env = parsed.data;
  const fromRoot = (path: string) => (isAbsolute(path) ? path : join(PROJECT_ROOT, path));
  const data = fromRoot(env.DATA_DIR);
  const qdrant = toQdrantConfig(env);
  return {
    http: {
      port: env.PORT,
      host: env.HOST,
      publicUrl: env.PUBLIC_URL ?? null,
      corsOrigins: env.CORS_ORIGINS,
      apiKeys: env.API_KEYS,
    },
    directories: {
      data,
      bundles: env.BUNDLE_DIR ? fromRoot(env.BUNDLE_DIR) : join(data, 'bundles'),
      features: join(data, 'features'),
      backbones: join(data, 'backbones'),
      demo: join(data, 'demo'),
      checkpoints: join(data, 'checkpoints'),
      store: join(data, 'store'),
      uploads: join(data, 'uploads'),
    },
    store: env.STORE === 'qdrant' && qdrant ? qdrant : { kind: 'embedded' },
    qdrant,
    device: env.DEVICE,
    inference: {
      threads: env.INFERENCE_THREADS ?? defaultThreads(env.INFERENCE_SESSIONS),
      sessions: env.INFERENCE_SESSIONS,
      runTimeoutMs: 1000 * env.INFERENCE_TIMEOUT_SECONDS,
    },
    profile: env.PROFILE,
    models: {
      url: env.MODELS_URL ?? PUBLIC_HUB_URL,
      isMirror: env.MODELS_URL !== undefined && env.MODELS_URL !== PUBLIC_HUB_URL,
      token: env.MODELS_TOKEN ?? null,
    },
    ffmpegPath: env.FFMPEG_PATH ?? null,
    ffprobePath: env.FFPROBE_PATH ?? null,
    logLevel: env.LOG_LEVEL,
    limits: LIMITS,
  };
}

/** With its value, unless that is or may hold a secret. */
function describeSetting(name: string, value: string | undefined): string {
  const isSecret = /_(KEYS?|TOKEN)$/.test(name) || value?.includes('@');
  return value === undefined || isSecret ? name : `${name}=${toPlainText(value)}`;
}

/** All cores between the sessions of two backbones, which run side by side. */
function defaultThreads(sessions: number): number {
  return Math.max(1, Math.floor(availableParallelism() / (2 * sessions)));
}

function toQdrantConfig(env: z.infer<typeof environmentSchema>): QdrantConfig | null {
  if (env.QDRANT_URL === undefined) return null;
  return {
    kind: 'qdrant',
    url: env.QDRANT_URL,
    apiKey: env.QDRANT_API_KEY ?? null,
    prefix: env.QDRANT_PREFIX,
    layout: {
      shards: env.QDRANT_SHARDS,
      replicas: env.QDRANT_REPLICAS,
      writeConsistency: env.QDRANT_WRITE_CONSISTENCY,
      hnswLinks: env.QDRANT_HNSW_M,
      hnswCandidates: env.QDRANT_HNSW_EF_CONSTRUCT,
      quantization: env.QDRANT_QUANTIZATION,
      vectorsOnDisk: env.QDRANT_VECTORS_ON_DISK,
    },
    exactBelow: env.QDRANT_EXACT_BELOW,
  };
}
