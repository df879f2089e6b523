import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackboneInput } from '../src/backbone/backbone.ts';
import { createInference } from '../src/backbone/inference-client.ts';
import { CLIP_VIT_B32, MERT_V1_95M, type PaperManifest } from '../src/backbone/paper-backbones.ts';
import { prepareInput } from '../src/backbone/prepare-input.ts';
import { createBackboneRegistry } from '../src/backbone/registry.ts';
import { createSegmentCodec } from '../src/backbone/segment-codec.ts';
import { createRandom } from '../src/shared/random.ts';
import { createWorkerClient } from '../src/shared/worker-client.ts';
import { installBackbone } from '../test/support/install-backbone.ts';
import { createLoopDelay, timed } from './measure.ts';
import { buildClipGraph, buildMertGraph } from './paper-graphs.ts';
import type { RawSessionHandlers } from './raw-session.worker.ts';

/** A backbone's windows a second through the service's path, beside the bare runtime on the same inputs. */
export interface ThroughputFigures {
  backboneId: string;
  layers: number;
  threads: number;
  windows: number;
  maxBatch: number;
  byCallers: { callers: number; perSecond: number; rawBatch: number; rawPerSecond: number }[];
  eventLoopDelayP99Ms: { idle: number; loaded: number };
}

const CALLERS = [1, 8, 32];
const IDLE_MS = 3_000;

export interface ThroughputOptions {
  /** Of windows, each a caller's segment. */
  windows: number;
  /** Of the transformer; the paper's have 12. */
  layers: number;
  threads: number;
  directory: string;
}

export function benchClip(options: ThroughputOptions): Promise<ThroughputFigures> {
  const random = createRandom(2);
  const { widthPixels, heightPixels } = CLIP_VIT_B32.input as { widthPixels: number; heightPixels: number };
  const toFrame = () => ({
    pixels: Uint8Array.from({ length: widthPixels * heightPixels * 3 }, () => random.integer(256)),
    count: 1,
  });
  return benchBackbone(CLIP_VIT_B32, buildClipGraph(options.layers), toFrame, options);
}

export function benchMert(options: ThroughputOptions): Promise<ThroughputFigures> {
  const random = createRandom(3);
  const { window } = MERT_V1_95M.input as { window: { samples: number } };
  const toSound = () => ({
    samples: Float32Array.from({ length: window.samples }, () => random.uniform() - 0.5),
  });
  const layers = Array.from({ length: options.layers + 1 }, (_, layer) => layer);
  const manifest = { ...MERT_V1_95M, output: { ...MERT_V1_95M.output, layers } };
  return benchBackbone(manifest, buildMertGraph(options.layers), toSound, options);
}

async function benchBackbone(
  manifest: PaperManifest,
  onnx: Uint8Array,
  toSegment: () => BackboneInput,
  { windows, layers, threads, directory }: ThroughputOptions,
): Promise<ThroughputFigures> {
  installBackbone(directory, manifest, onnx);
  const segments = Array.from({ length: windows }, toSegment);
  const inference = createInference({ device: 'cpu', threads });
  const registry = createBackboneRegistry({ directory, inference });
  const raw = createWorkerClient<RawSessionHandlers>(
    new URL('./raw-session.worker.ts', import.meta.url),
    null,
  );
  try {
    const backbone = await registry.open(manifest.id);
    await raw.call('open', { path: join(directory, manifest.id, 'backbone.onnx'), threads });

    const extractAll = (callers: number) => async () => {
      const waiting = segments.values();
      const call = async () => {
        for (const segment of waiting) await backbone.extract([segment]);
      };
      await Promise.all(Array.from({ length: callers }, call));
    };
    const { input } = await registry.readManifest(manifest.id);
    const codec = createSegmentCodec(manifest.id, input);
    const toBatches = (size: number) =>
      Array.from({ length: Math.ceil(windows / size) }, (_, i) => {
        const cut = segments.slice(i * size, (i + 1) * size).flatMap((segment) => codec.cut(segment));
        return { [input.name]: prepareInput(codec.toTensor(cut), input) };
      });

    const idle = createLoopDelay();
    await idle.during(() => sleep(IDLE_MS));
    const loaded = createLoopDelay();
    const perSecondOf = (ms: number) => (windows * 1000) / ms;
    const byCallers = [];
    for (const callers of CALLERS) {
      // The largest batch that so many callers can make.
      const rawBatch = Math.min(callers, manifest.maxBatch);
      const rawMs = await raw.call('run', toBatches(rawBatch));
      const ms = await loaded.during(timed(extractAll(callers)));
      byCallers.push({ callers, perSecond: perSecondOf(ms), rawBatch, rawPerSecond: perSecondOf(rawMs) });
    }
    return {
      backboneId: manifest.id,
      layers,
      threads,
      windows,
      maxBatch: manifest.maxBatch,
      byCallers,
      eventLoopDelayP99Ms: { idle: idle.p99Ms(), loaded: loaded.p99Ms() },
    };
  } finally {
    await raw.close();
    await registry.close();
    await inference.close();
  }
}
