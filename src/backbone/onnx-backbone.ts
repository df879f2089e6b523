import { DeviceError, IntegrityError } from '../shared/errors.ts';
import { isFiniteVector } from '../shared/vector-math.ts';
import type { Backbone, BackboneInput, FrameFormat, WaveformFormat } from './backbone.ts';
import { createBatcher } from './batcher.ts';
import type { GraphFile, Inference, InferenceGraph } from './inference-client.ts';
import type { BackboneManifest } from './manifest.ts';
import type { Tensor } from './onnx/tensor.ts';

/** How many segments may wait before a backbone; some 80 MB of waveforms of 10 s. */
const MAX_QUEUED_SEGMENTS = 64;

export interface OpenBackbone extends Backbone {
  close(): Promise<void>;
}

/** Loads a backbone and checks that its graph is what the manifest says. */
export async function openBackbone(
  manifest: BackboneManifest,
  file: GraphFile,
  inference: Inference,
): Promise<OpenBackbone> {
  const { input, output } = manifest;
  const segments = input.kind === 'waveform' ? waveformSegments(input) : frameSegments(input);
  const graph = await inference.open(file, { [input.name]: segments.toTensor([segments.blank()]) });
  try {
    verifyGraph(manifest, file, graph);
  } catch (error) {
    await graph.close();
    throw error;
  }
  const batcher = createBatcher<Segment, Float32Array>({
    maxBatch: manifest.maxBatch,
    maxQueued: MAX_QUEUED_SEGMENTS,
    keyOf: (segment) => String(segment.length),
    async run(batch) {
      const outputs = await graph.run({ [input.name]: segments.toTensor(batch) });
      return splitFeatures(outputs[output.name], batch.length, manifest);
    },
  });
  return {
    id: manifest.id,
    sha256: manifest.sha256,
    modality: manifest.modality,
    input: toFormat(input),
    dimension: output.dimension,
    extract: async (inputs, signal) => {
      const features = await batcher.submit(inputs.map(segments.parse), signal);
      if (features.every(isFiniteVector)) return features;
      throw new DeviceError(`The backbone ${manifest.id} gave features that are not finite.`);
    },
    close: graph.close,
  };
}

/** A segment's samples or pixel bytes, at least as many as the graph needs. */
type Segment = Float32Array | Uint8Array;

interface SegmentCodec {
  /** Checks a caller's segment and lengthens it by the backbone's rule. */
  parse(this: void, input: BackboneInput): Segment;
  /** A segment of the shortest length, for a warm-up. */
  blank(): Segment;
  toTensor(batch: readonly Segment[]): Tensor;
}

function waveformSegments(input: Extract<BackboneManifest['input'], { kind: 'waveform' }>): SegmentCodec {
  return {
    parse(segment) {
      if (!('samples' in segment) || segment.samples.length === 0) {
        throw new RangeError('A waveform backbone takes segments of at least one sample.');
      }
      if (!isFiniteVector(segment.samples))
        throw new RangeError('A segment has samples that are not finite.');
      return lengthen(segment.samples, input.minSamples, input.shorterSegments);
    },
    blank: () => new Float32Array(input.minSamples),
    toTensor: (batch) => ({
      type: 'float32',
      data: join(batch, new Float32Array(batch.length * batch[0].length)),
      dims: [batch.length, batch[0].length],
    }),
  };
}

function frameSegments(input: Extract<BackboneManifest['input'], { kind: 'frames' }>): SegmentCodec {
  const { heightPixels, widthPixels } = input;
  const frameBytes = heightPixels * widthPixels * 3;
  return {
    parse(segment) {
      if (
        !('pixels' in segment) ||
        segment.count < 1 ||
        segment.pixels.length !== segment.count * frameBytes
      ) {
        throw new RangeError(
          `A frame backbone takes one or more frames of ${widthPixels} × ${heightPixels} pixels.`,
        );
      }
      return lengthen(segment.pixels, input.minFrames * frameBytes, input.shorterSegments);
    },
    blank: () => new Uint8Array(input.minFrames * frameBytes),
    toTensor: (batch) => ({
      type: 'uint8',
      data: join(batch, new Uint8Array(batch.length * batch[0].length)),
      dims: [batch.length, batch[0].length / frameBytes, heightPixels, widthPixels, 3],
    }),
  };
}

/** Repeats a segment end to end until it is long enough. */
function lengthen<S extends Segment>(segment: S, minLength: number, rule: 'repeat' | 'refuse'): S {
  if (segment.length >= minLength) return segment;
  if (rule === 'refuse') {
    throw new RangeError(
      `A segment has ${segment.length} values, fewer than the ${minLength} that are needed.`,
    );
  }
  const longer = new (segment.constructor as new (length: number) => S)(minLength);
  for (let start = 0; start < minLength; start += segment.length) {
    longer.set(segment.subarray(0, minLength - start), start);
  }
  return longer;
}

function join<S extends Segment>(batch: readonly Segment[], joined: S): S {
  batch.forEach((segment, i) => {
    joined.set(segment, i * segment.length);
  });
  return joined;
}

function splitFeatures(tensor: Tensor, count: number, { id, output }: BackboneManifest): Float32Array[] {
  if (tensor?.type !== 'float32' || tensor.data.length !== count * output.dimension) {
    throw new IntegrityError(
      `The backbone ${id} gave ${tensor?.type} [${tensor?.dims}] in place of its features.`,
    );
  }
  const { data } = tensor;
  return Array.from({ length: count }, (_, i) =>
    data.slice(i * output.dimension, (i + 1) * output.dimension),
  );
}

function toFormat(input: BackboneManifest['input']): WaveformFormat | FrameFormat {
  if (input.kind === 'waveform') return { kind: input.kind, sampleRateHz: input.sampleRateHz };
  const { kind, framesPerSecond, widthPixels, heightPixels } = input;
  return { kind, framesPerSecond, widthPixels, heightPixels };
}

function verifyGraph({ input, output }: BackboneManifest, file: GraphFile, graph: InferenceGraph): void {
  const faults: string[] = [];
  if (graph.inputs.length !== 1 || graph.inputs[0].name !== input.name) {
    faults.push(`its inputs are ${graph.inputs.map(({ name }) => name).join(', ')}, not ${input.name} alone`);
  }
  const slot = graph.outputs.find(({ name }) => name === output.name);
  if (!slot) faults.push(`it has no output ${output.name}`);
  else if (typeof slot.dims.at(-1) === 'number' && slot.dims.at(-1) !== output.dimension) {
    faults.push(`its output ${output.name} has dimension ${slot.dims.at(-1)}, not ${output.dimension}`);
  }
  if (faults.length > 0)
    throw new IntegrityError(`${file.path} is not as its manifest says: ${faults.join('; ')}.`);
}
