import { weightedSum } from '../shared/vector-math.ts';
import type { Backbone, FrameFormat, WaveformFormat } from './backbone.ts';
import { createBatcher } from './batcher.ts';
import type { GraphFile, Inference } from './inference-client.ts';
import type { BackboneManifest } from './manifest.ts';
import type { GraphSlots } from './onnx/tensor.ts';
import { prepareInput } from './prepare-input.ts';
import { createSegmentCodec, type Window } from './segment-codec.ts';
import { explainRefusal, verifyGraph } from './verify-graph.ts';

/** How much may wait before a backbone: some 70 segments of 10 s of sound, or 400 frames of 224 × 224. */
const MAX_QUEUED_BYTES = 64 * 1024 ** 2;

export interface OpenBackbone extends Backbone {
  close(): Promise<void>;
}

export interface BackboneOptions {
  manifest: BackboneManifest;
  /** backbone.onnx with the weights beside it. */
  file: GraphFile;
  /** As in `Backbone`. */
  sha256: string;
  inference: Inference;
}

/**
 * Loads a backbone, checks that its graph is what the manifest says, and runs it once. IntegrityError that names what
 * differs, DeviceError where the device refuses the graph.
 */
export async function openBackbone({
  manifest,
  file,
  sha256,
  inference,
}: BackboneOptions): Promise<OpenBackbone> {
  const { id, modality, input, output, maxBatch } = manifest;
  const codec = createSegmentCodec(id, input);
  const shortest = codec.cut(codec.blank());
  const verify = (slots: GraphSlots) => verifyGraph(manifest, file.path, slots);
  const options = {
    warmUpFeeds: { [input.name]: prepareInput(codec.toTensor(shortest), input) },
    stages: { input, output },
    sessions: inference.sessions,
  };
  const graph = await inference.open(file, options).catch((error) => explainRefusal(error, verify));
  const run = async (windows: readonly Window[]): Promise<Float32Array[]> => {
    const { [output.name]: features } = await graph.run({ [input.name]: codec.toTensor(windows) });
    const rows = features.data as Float32Array;
    return windows.map((_, row) => rows.slice(row * output.dimension, (row + 1) * output.dimension));
  };
  try {
    verify(graph);
    // What the graph leaves open about its output, only a run tells.
    await run(shortest);
  } catch (error) {
    await graph.close();
    throw error;
  }
  const batcher = createBatcher<Window, Float32Array>({
    maxBatch,
    maxQueued: Math.ceil(MAX_QUEUED_BYTES / largestWindowBytes(input)),
    maxRunning: inference.sessions,
    keyOf: ({ elements }) => String(elements.length),
    run,
  });
  return {
    id,
    sha256,
    modality,
    input: toFormat(input),
    dimension: output.dimension,
    async extract(segments, signal) {
      const windows = segments.map(codec.cut);
      const features = await batcher.submit(windows.flat(), signal);
      let end = 0;
      return windows.map((own) => {
        const start = end;
        end += own.length;
        return poolWindows(own, features.slice(start, end));
      });
    },
    close: graph.close,
  };
}

/** The mean over a segment's windows, each by its weight. */
function poolWindows(windows: readonly Window[], features: readonly Float32Array[]): Float32Array {
  if (windows.length === 1) return features[0];
  return Float32Array.from(
    weightedSum(
      features,
      windows.map(({ weight }) => weight),
    ),
  );
}

/** A segment is taken for 10 s where it is not cut into windows. */
function largestWindowBytes(input: BackboneManifest['input']): number {
  const usualSeconds = 10;
  if (input.kind === 'waveform') {
    const samples = input.window?.samples ?? usualSeconds * input.sampleRateHz;
    return samples * Float32Array.BYTES_PER_ELEMENT;
  }
  const frames =
    input.window?.frames ?? (input.layout.includes('frames') ? usualSeconds * input.framesPerSecond : 1);
  return frames * input.widthPixels * input.heightPixels * 3;
}

function toFormat(input: BackboneManifest['input']): WaveformFormat | FrameFormat {
  if (input.kind === 'waveform') return { kind: input.kind, sampleRateHz: input.sampleRateHz };
  const { kind, framesPerSecond, widthPixels, heightPixels, resize } = input;
  return { kind, framesPerSecond, widthPixels, heightPixels, resize };
}
