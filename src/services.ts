import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Backbone } from './backbone/backbone.ts';
import { requireBackbones } from './backbone/hub/require-backbones.ts';
import { createInference, type Inference } from './backbone/inference-client.ts';
import { type BackboneRegistry, createBackboneRegistry } from './backbone/registry.ts';
import { readCurrentBundle } from './bundle/current-bundle.ts';
import { type Bundle, MANIFEST_FILE, readBundle } from './bundle/read-bundle.ts';
import type { Config, Limits, StoreConfig } from './config/config.ts';
import { createEmbedder, type OpenEmbedder } from './embedding/embedder.ts';
import { createFeatureCache, type FeatureCache } from './embedding/feature-cache.ts';
import {
  type MediaLimits,
  type MediaReader,
  MODALITIES,
  type Modality,
  type SegmentRule,
} from './media/media.ts';
import { createMediaReader } from './media/media-reader.ts';
import { DURATION_SLACK_SECONDS } from './retrieval/embed-clip.ts';
import type { FeatureTools } from './retrieval/library-features.ts';
import { IntegrityError, UsageError } from './shared/errors.ts';
import { createLog, type Log } from './shared/log.ts';
import { createMetrics, type Metrics } from './shared/metrics.ts';
import type { CopyableStore } from './store/copyable-store.ts';
import { createEmbeddedStore } from './store/embedded/embedded-store.ts';
import { createQdrantStore } from './store/qdrant/qdrant-store.ts';
import type { VectorStore } from './store/vector-store.ts';

/** What a new bundle cuts media by. */
export const SEGMENT_RULE: SegmentRule = { segmentSeconds: 10, hopSeconds: 10 };

/** Bounds of one file that an operator brings. */
const LIBRARY_LIMITS: MediaLimits = {
  maxDurationSeconds: 6 * 3600,
  maxFrameSidePixels: 4096,
  timeoutMs: 10 * 60_000,
  memoryBytes: 2 * 1024 ** 3,
};

/** Bounds of one upload: anyone may bring it, and several are read at once. */
const toClipLimits = ({ maxClipSeconds }: Limits): MediaLimits => ({
  maxDurationSeconds: maxClipSeconds + DURATION_SLACK_SECONDS,
  maxFrameSidePixels: 4096,
  timeoutMs: 2 * 60_000,
  memoryBytes: 1024 ** 3,
});

/** The long-lived services that the server and the commands are built from. Wired here and nowhere else. */
export interface Services {
  config: Config;
  log: Log;
  metrics: Metrics;
  /** For the files of a library. */
  reader: MediaReader;
  /** For uploads. */
  clipReader: MediaReader;
  inference: Inference;
  backbones: BackboneRegistry;
  featureCache: FeatureCache;
  /** Opens the store that is served, once. */
  openStore(): Promise<VectorStore>;
  /** Opens a store of either kind, once. UsageError for Qdrant where it has no address. */
  openStoreOf(kind: StoreConfig['kind']): Promise<CopyableStore>;
  close(): Promise<void>;
}

/** A bundle that was verified, with the backbones it was trained on and its heads loaded. */
export interface LoadedBundle {
  bundle: Bundle;
  backbones: Record<Modality, Backbone>;
  embedder: OpenEmbedder;
}

export function createServices(config: Config): Services {
  const log = createLog(config.logLevel);
  const metrics = createMetrics();
  const inference = createInference({
    device: config.device,
    ...config.inference,
    log,
    onLoss: metrics.countDeviceLoss,
  });
  const backbones = createBackboneRegistry({ directory: config.directories.backbones, inference });
  const createReader = (limits: MediaLimits) =>
    createMediaReader({ ffmpegPath: config.ffmpegPath, ffprobePath: config.ffprobePath, limits });
  const reader = createReader(LIBRARY_LIMITS);
  const clipReader = createReader(toClipLimits(config.limits));
  const stores = new Map<StoreConfig['kind'], Promise<CopyableStore>>();
  const openStoreOf = (kind: StoreConfig['kind']) => {
    const store = stores.get(kind) ?? createStore(kind, config, log);
    stores.set(kind, store);
    return store;
  };
  return {
    config,
    log,
    metrics,
    reader,
    clipReader,
    inference,
    backbones,
    featureCache: createFeatureCache({ directory: config.directories.features, log }),
    openStore: () => openStoreOf(config.store.kind),
    openStoreOf,
    async close() {
      await using closing = new AsyncDisposableStack();
      closing.defer(inference.close);
      closing.defer(reader.close);
      closing.defer(clipReader.close);
      closing.defer(backbones.close);
      for (const store of stores.values()) closing.defer(async () => (await store).close());
    },
  };
}

async function createStore(
  kind: StoreConfig['kind'],
  { qdrant, directories }: Config,
  log: Log,
): Promise<CopyableStore> {
  if (kind === 'embedded') return createEmbeddedStore({ directory: directories.store });
  if (!qdrant) throw new UsageError('Set QDRANT_URL to the address of the Qdrant server.');
  return createQdrantStore({ ...qdrant, log });
}

/**
 * Reads a bundle, by its id or the absolute path of its folder, opens its backbones and loads its heads. IntegrityError
 * where a hash differs or a file holds other heads, UsageError where a backbone is missing.
 */
export async function loadBundle(idOrFolder: string, services: Services): Promise<LoadedBundle> {
  const bundle = await readBundle(resolve(services.config.directories.bundles, idOrFolder));
  const bundleId = bundle.id;
  const { heads, sslDimension, supDimension } = bundle.manifest.identity;
  const backboneIds = MODALITIES.map((modality) => heads[modality].backboneId);
  await requireBackbones(backboneIds, services.backbones, services.config.directories.backbones);
  const open = async (modality: Modality) => {
    const { backboneId, backboneSha256 } = heads[modality];
    const backbone = await services.backbones.open(backboneId);
    if (backbone.sha256 !== backboneSha256) {
      throw new IntegrityError(
        `Bundle ${bundleId} was trained on another build of the backbone ${backboneId}.`,
      );
    }
    return backbone;
  };
  const headFile = (modality: Modality) => ({
    path: join(bundle.directory, heads[modality].file),
    sha256: heads[modality].sha256,
    featureDimension: heads[modality].featureDimension,
  });
  const backbones = { MUSIC: await open('MUSIC'), VIDEO: await open('VIDEO') };
  const embedder = await createEmbedder({
    bundleId,
    dimensions: { ssl: sslDimension, sup: supDimension },
    headFiles: { MUSIC: headFile('MUSIC'), VIDEO: headFile('VIDEO') },
    text: await openTextHeads(bundle, services),
    inference: services.inference,
  });
  return { bundle, backbones, embedder };
}

/** The text tower that a bundle was trained with, and its heads for texts; null where it reads none. */
async function openTextHeads({ id, directory, manifest }: Bundle, { backbones }: Services) {
  const { heads, text } = manifest.identity;
  if (!text) return null;
  const { backboneId, featureDimension } = heads.VIDEO;
  const reader = await backbones.openText(backboneId);
  if (reader?.sha256 !== text.towerSha256 || reader.tokenizerSha256 !== text.tokenizerSha256) {
    throw new IntegrityError(
      `Bundle ${id} was trained with another text tower of the backbone ${backboneId}.`,
    );
  }
  const { file, sha256 } = text;
  return { reader, headFile: { path: join(directory, file), sha256, featureDimension } };
}

/** What reads media the way a bundle was trained on it. */
export function featureToolsOf({ bundle, backbones }: LoadedBundle, services: Services): FeatureTools {
  const rule = bundle.manifest.identity.segmentRule;
  return { reader: services.reader, backbones, cache: services.featureCache, rule };
}

/**
 * The bundle that an operator means, as `loadBundle` takes it: a whole id or the start of one, or a path, which holds
 * a slash; without any, the current bundle. UsageError where there is none or several.
 */
export async function findBundleId(named: string | undefined, { directories }: Config): Promise<string> {
  if (named === undefined) {
    const current = await readCurrentBundle(directories.data);
    if (current) return current;
    throw new UsageError('There is no bundle yet. Make one with: bin/control-mvr train LIBRARY');
  }
  if (named === '') throw new UsageError('An empty name names no bundle.');
  if (named.includes('/')) {
    const folder = resolve(named);
    if (existsSync(join(folder, MANIFEST_FILE))) return folder;
    throw new UsageError(`There is no bundle in ${folder}: it has no ${MANIFEST_FILE}.`);
  }
  const ids = await readdir(directories.bundles).catch(() => []);
  const matches = ids.filter((id) => /^[0-9a-f]{64}$/.test(id) && id.startsWith(named));
  if (matches.length === 1) return matches[0];
  const found = matches.length === 0 ? 'No bundle starts' : `${matches.length} bundles start`;
  throw new UsageError(`${found} with "${named}" in ${directories.bundles}.`);
}
