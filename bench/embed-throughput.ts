import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackboneInput } from '../src/backbone/backbone.ts';
import type { DevicePlacement } from '../src/backbone/device.ts';
import { createInference } from '../src/backbone/inference-client.ts';
import type { DeviceChoice } from '../src/backbone/onnx/runtime.ts';
import { CLIP_VIT_B32, MERT_V1_95M, type PaperManifest } from '../src/backbone/paper-backbones.ts';
import { prepareInput } from '../src/backbone/prepare-input.ts';
import { createBackboneRegistry } from '../src/backbone/registry.ts';
import { createSegmentCodec } from '../src/backbone/segment-codec.ts';
import { createRandom } from '../src/shared/random.ts';
import { createWorkerClient } from '../src/shared/worker-client.ts';
import { installBackbone } from '../test/support/install-backbone.ts';
import { createLoopDelay, median, mediansOf, type Timed, timed } from './measure.ts';
import { buildClipGraph, buildMertGraph } from './paper-graphs.ts';
import type { RawSessionHandlers } from './raw-session.worker.ts';

/** A backbone's windows a second through the service's path, beside the bare runtime on the same inputs. */
export interface ThroughputFigures {
  backboneId: string;
  layers: number;
  threads: number;
  /** What the service, and the bare runtime, really ran on. */
  device: DevicePlacement;
  rawDevice: DevicePlacement;
  maxBatch: number;
  /** Medians over the rounds. */
  byCallers: CallerFigures[];
  /** What the service does for a window that the bare runtime is spared: its inputs are prepared beforehand. */
  prepareMs: number;
  eventLoopDelayP99Ms: { idle: number; loaded: number };
}

export interface CallerFigures {
  callers: number;
  perSecond: number;
  /** The largest batch that so many callers can make, which the bare runtime is given. */
  rawBatch: number;
  rawPerSecond: number;
  /** Processor time of all threads for a window: other work on the machine hardly shows in it. */
  cpuMs: number;
  rawCpuMs: number;
}

const IDLE_MS = 3_000;
const PREPARE_ROUNDS = 9;

export interface ThroughputOptions {
  /** Of windows in a round, each a caller's segment; one for each caller at least. */
  windows: number;
  /** The service and the bare runtime take turns. */
  rounds: number;
  /** How many callers wait for a window each at a time. */
  callers: readonly number[];
  /** Of the transformer; the paper's have 12. */
  layers: number;
  device: DeviceChoice;
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
  { windows, rounds, callers: callerCounts, layers, device, threads, directory }: ThroughputOptions,
): Promise<ThroughputFigures> {
  installBackbone(directory, manifest, onnx);
  const segments = Array.from({ length: Math.max(windows, ...callerCounts) }, toSegment);
  const inference = createInference({ device, threads });
  const registry = createBackboneRegistry({ directory, inference });
  const raw = createWorkerClient<RawSessionHandlers>(
    new URL('./raw-session.worker.ts', import.meta.url),
    null,
  );
  try {
    const backbone = await registry.open(manifest.id);
    const path = join(directory, manifest.id, 'backbone.onnx');
    const rawDevice = await raw.call('open', { path, device, threads });

    const countFor = (callers: number) => Math.max(windows, callers);
    const extractAll = (callers: number) => async () => {
      const waiting = segments.values().take(countFor(callers));
      const call = async () => {
        for (const segment of waiting) await backbone.extract([segment]);
      };
      await Promise.all(Array.from({ length: callers }, call));
    };
    const { input } = await registry.readManifest(manifest.id);
    const codec = createSegmentCodec(manifest.id, input);
    const toBatches = (count: number, size: number) =>
      Array.from({ length: Math.ceil(count / size) }, (_, i) => {
        const own = segments.slice(i * size, Math.min(count, (i + 1) * size));
        const cut = own.flatMap((segment) => codec.cut(segment));
        return { [input.name]: prepareInput(codec.toTensor(cut), input) };
      });

    const idle = createLoopDelay();
    await idle.during(() => sleep(IDLE_MS));
    const byCallers: CallerFigures[] = [];
    for (const callers of callerCounts) {
      const count = countFor(callers);
      const rawBatch = Math.min(callers, manifest.maxBatch);
      const [cpu, rawCpu] = [createCpuMeter(), createCpuMeter()];
      const { rawMs, ms } = await mediansOf(rounds, {
        rawMs() {
          const batches = toBatches(count, rawBatch);
          const buffers = batches.map((feeds) => feeds[input.name].data.buffer as ArrayBuffer);
          return rawCpu.during(() => raw.call('run', batches, buffers));
        },
        ms: () => cpu.during(timed(extractAll(callers))),
      });
      byCallers.push({
        callers,
        perSecond: (count * 1000) / ms,
        rawBatch,
        rawPerSecond: (count * 1000) / rawMs,
        cpuMs: cpu.medianMs() / count,
        rawCpuMs: rawCpu.medianMs() / count,
      });
    }
    // By itself: the clock of the loop ticks every millisecond, which takes a tenth of the processor time of a window.
    const loaded = createLoopDelay();
    await loaded.during(extractAll(Math.max(...callerCounts)));
    const { prepareMs } = await mediansOf(PREPARE_ROUNDS, {
      prepareMs: timed(async () => toBatches(manifest.maxBatch, manifest.maxBatch)),
    });
    return {
      backboneId: manifest.id,
      layers,
      threads,
      device: inference.device() as DevicePlacement,
      rawDevice,
      maxBatch: manifest.maxBatch,
      byCallers,
      prepareMs: prepareMs / manifest.maxBatch,
      eventLoopDelayP99Ms: { idle: idle.p99Ms(), loaded: loaded.p99Ms() },
    };
  } finally {
    await raw.close();
    await registry.close();
    await inference.close();
  }
}

/** Processor time of the whole process while work goes on. */
function createCpuMeter() {
  const spentMs: number[] = [];
  return {
    async during(measure: Timed): Promise<number> {
      const before = process.cpuUsage();
      const ms = await measure();
      const { user, system } = process.cpuUsage(before);
      spentMs.push((user + system) / 1000);
      return ms;
    },
    medianMs: () => median(spentMs),
  };
}
