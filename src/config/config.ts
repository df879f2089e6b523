import { availableParallelism } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../shared/errors.ts';

/** The folder that holds package.json. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

/** Set but without a key would leave the server open without a word. */
const apiKeys = z
  .string()
  .optional()
  .transform((text) => (text === undefined ? undefined : list.parse(text)))
  .refine((keys) => keys === undefined || keys.length > 0, 'It is set and holds no key.')
  .transform((keys) => keys ?? []);

const url = z
  .url({ protocol: /^https?$/ })
  .transform((text) => text.replace(/\/+$/, ''))
  .optional();

function hasUserInfo(address: string): boolean {
  const { username, password } = new URL(address);
  return username !== '' || password !== '';
}

/** False where others on the way could read along. */
function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

const environmentSchema = z
  .object({
    PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
    HOST: z.string().min(1).default('127.0.0.1'),
    DATA_DIR: z.string().min(1).default('data'),
    BUNDLE_DIR: z.string().min(1).optional(),
    STORE: z.enum(['embedded', 'qdrant']).default('embedded'),
    QDRANT_URL: url,
    QDRANT_API_KEY: z.string().min(1).optional(),
    QDRANT_PREFIX: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .default('control-mvr'),
    QDRANT_SHARDS: z.coerce.number().int().min(1).default(1),
    QDRANT_REPLICAS: z.coerce.number().int().min(1).default(1),
    QDRANT_WRITE_CONSISTENCY: z.coerce.number().int().min(1).default(1),
    QDRANT_HNSW_M: z.coerce.number().int().min(4).max(128).default(16),
    QDRANT_HNSW_EF_CONSTRUCT: z.coerce.number().int().min(4).max(2_000).default(100),
    QDRANT_QUANTIZATION: z.enum(['none', 'int8']).default('none'),
    QDRANT_VECTORS_ON_DISK: z
      .enum(['false', 'true'])
      .default('false')
      .transform((text) => text === 'true'),
    QDRANT_EXACT_BELOW: z.coerce.number().int().min(0).default(200_000),
    DEVICE: z.enum(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    INFERENCE_THREADS: z.coerce.number().int().min(1).max(256).optional(),
    INFERENCE_SESSIONS: z.coerce.number().int().min(1).max(16).default(1),
    PROFILE: z.enum(['lite', 'paper']).default('lite'),
    MODELS_URL: url.refine(
      (text) => !text || !hasUserInfo(text),
      'Use MODELS_TOKEN in place of a user and password.',
    ),
    MODELS_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'It must be printable ASCII without spaces.')
      .optional(),
    API_KEYS: apiKeys,
    PUBLIC_URL: url,
    CORS_ORIGINS: list.pipe(z.array(z.union([z.url({ protocol: /^https?$/ }), z.literal('*')]))),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    FFMPEG_PATH: z.string().min(1).optional(),
    FFPROBE_PATH: z.string().min(1).optional(),
  })
  .refine(({ STORE, QDRANT_URL }) => STORE !== 'qdrant' || QDRANT_URL !== undefined, {
    path: ['QDRANT_URL'],
    message: 'STORE=qdrant needs the address of the server, such as http://127.0.0.1:6333',
  })
  .refine((env) => env.QDRANT_WRITE_CONSISTENCY <= env.QDRANT_REPLICAS, {
    path: ['QDRANT_WRITE_CONSISTENCY'],
    message: 'No more replicas can acknowledge a write than QDRANT_REPLICAS says there are.',
  })
  .refine(({ MODELS_URL, MODELS_TOKEN }) => !MODELS_TOKEN || !MODELS_URL || isPrivate(MODELS_URL), {
    path: ['MODELS_TOKEN'],
    message: 'It is sent to https addresses and this machine alone; MODELS_URL is http.',
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
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
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
