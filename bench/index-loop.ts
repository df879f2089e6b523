import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DevicePlacement } from '../src/backbone/device.ts';
import type { FeatureCache } from '../src/embedding/feature-cache.ts';
import type { Library } from '../src/library/library.ts';
import { ingest } from '../src/retrieval/ingest.ts';
import { featureToolsOf, loadBundle, type Services } from '../src/services.ts';
import { createRandom } from '../src/shared/random.ts';
import { createItem } from '../test/library/support.ts';
import { toWav } from '../test/media/make-media.ts';
import { writeRandomBundle } from '../test/support/random-bundle.ts';

/** Memory over an indexing loop that decodes, embeds and writes the same library again and again. */
export interface IndexLoopFigures {
  rounds: number;
  seconds: number;
  itemsPerSecond: number;
  /** What the backbones really ran on. */
  device: DevicePlacement;
  /** Whether garbage was collected before each measurement: with `node --expose-gc`. */
  collectsGarbage: boolean;
  memory: Record<MemoryKind, MemoryFigures>;
}

/** `rss` is of the process, the others of this thread: the workers' heaps show in `rss` alone. */
export const MEMORY_KINDS = ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];

export interface MemoryFigures {
  /** At the end of the first third, from which the slope is taken. */
  startMiB: number;
  endMiB: number;
  slopeMiBPerHour: number;
}

interface MemorySample {
  atSeconds: number;
  bytes: Record<MemoryKind, number>;
}

const ITEM_COUNT = 12;
const ITEM_SECONDS = 30;
const SAMPLE_RATE_HZ = 44_100;
const DIMENSION = 64;

export async function benchIndexLoop(
  services: Services,
  { directory, seconds }: { directory: string; seconds: number },
): Promise<IndexLoopFigures> {
  const loaded = await loadBundle(await writeRandomBundle(services, DIMENSION), services);
  const store = await services.openStore();
  // Nothing is remembered, so that every round does the whole work.
  const cache: FeatureCache = { ...services.featureCache, remember: (_key, extract) => extract() };
  const tools = { ...featureToolsOf(loaded, services), cache, embedder: loaded.embedder, store };
  const items = await writeSounds(directory);
  const options = { shard: null, soundtracks: false, discardEdits: false, restore: false };
  const samples: MemorySample[] = [];
  const startedMs = performance.now();
  const elapsedSeconds = () => (performance.now() - startedMs) / 1000;
  let rounds = 0;
  try {
    while (elapsedSeconds() < seconds) {
      const title = `Round ${rounds++}`;
      const library: Library = { ...items, items: items.items.map((item) => ({ ...item, title })) };
      await ingest(library, options, tools);
      globalThis.gc?.();
      samples.push({ atSeconds: elapsedSeconds(), bytes: process.memoryUsage() });
    }
  } finally {
    await loaded.embedder.close();
  }
  const steady = samples.slice(Math.floor(samples.length / 3));
  return {
    rounds,
    seconds: elapsedSeconds(),
    itemsPerSecond: (rounds * ITEM_COUNT) / elapsedSeconds(),
    device: services.inference.device() as DevicePlacement,
    collectsGarbage: globalThis.gc !== undefined,
    memory: Object.fromEntries(MEMORY_KINDS.map((kind) => [kind, toFigures(steady, kind)])) as Record<
      MemoryKind,
      MemoryFigures
    >,
  };
}

function toFigures(samples: readonly MemorySample[], kind: MemoryKind): MemoryFigures {
  const sizes = samples.map(({ atSeconds, bytes }) => ({ atSeconds, mebibytes: bytes[kind] / 1024 ** 2 }));
  return {
    startMiB: sizes[0].mebibytes,
    endMiB: sizes[sizes.length - 1].mebibytes,
    slopeMiBPerHour: slopeOf(sizes) * 3600,
  };
}

async function writeSounds(folder: string): Promise<Library> {
  const random = createRandom(4);
  const items = [];
  for (let i = 0; i < ITEM_COUNT; i++) {
    const channel = Float32Array.from(
      { length: ITEM_SECONDS * SAMPLE_RATE_HZ },
      () => random.uniform() - 0.5,
    );
    const path = join(folder, `${i}.wav`);
    await writeFile(path, toWav({ sampleRateHz: SAMPLE_RATE_HZ, channels: [channel] }));
    items.push(createItem({ id: `sound-${i}`, path }));
  }
  return { folder, items, attributes: [], unreadable: [] };
}

/** Mebibytes a second, by least squares. */
function slopeOf(samples: readonly { atSeconds: number; mebibytes: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const atMean = mean(samples.map(({ atSeconds }) => atSeconds));
  const mebibytesMean = mean(samples.map(({ mebibytes }) => mebibytes));
  let covariance = 0;
  let variance = 0;
  for (const { atSeconds, mebibytes } of samples) {
    covariance += (atSeconds - atMean) * (mebibytes - mebibytesMean);
    variance += (atSeconds - atMean) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
