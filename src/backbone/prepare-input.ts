import type { BackboneManifest, FramesInput, WaveformInput } from './manifest.ts';
import type { Tensor } from './onnx/tensor.ts';

/**
 * Turns a batch of windows into what the graph takes. Windows of sound are float32 [batch, samples], of frames uint8
 * [batch, frames, height, width, 3]; a frame that is a row by itself is a window of one.
 */
export function prepareInput(windows: Tensor, input: BackboneManifest['input']): Tensor {
  return input.kind === 'waveform' ? prepareWaveforms(windows, input) : prepareFrames(windows, input);
}

function prepareWaveforms({ data, dims }: Tensor, { layout, normalisation }: WaveformInput): Tensor {
  const [batch, samples] = dims;
  const rows = data as Float32Array;
  if (normalisation.kind === 'zero-mean-unit-variance') {
    for (let row = 0; row < batch; row++) {
      standardise(rows.subarray(row * samples, (row + 1) * samples), normalisation.epsilon);
    }
  }
  return {
    type: 'float32',
    data: rows,
    dims: layout === 'batch-samples' ? [batch, samples] : [batch, 1, samples],
  };
}

/** (x − mean) / √(variance + epsilon) in place, summed in float64. Silence stays exact zeros. */
function standardise(samples: Float32Array, epsilon: number): void {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  const mean = sum / samples.length;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) squares += (samples[i] - mean) ** 2;
  const deviation = Math.sqrt(squares / samples.length + epsilon);
  // A constant without epsilon has no deviation to divide by.
  const scale = deviation > 0 ? 1 / deviation : 0;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] - mean) * scale;
}

function prepareFrames({ data, dims }: Tensor, { layout, pixels }: FramesInput): Tensor {
  const bytes = data as Uint8Array;
  const [batch, frames, height, width] = dims;
  const isChannelsFirst = layout === 'batch-frames-rgb-height-width' || layout === 'batch-rgb-height-width';
  const hasFrames = layout === 'batch-frames-height-width-rgb' || layout === 'batch-frames-rgb-height-width';
  const picture = isChannelsFirst ? [3, height, width] : [height, width, 3];
  const fedDims = [batch, ...(hasFrames ? [frames] : []), ...picture];
  const place: Placement = { pictureBytes: height * width * 3, isChannelsFirst };
  if (pixels.type === 'float32') {
    const tables = pixels.mean.map((mean, channel) => toTable(mean, pixels.deviation[channel]));
    const values = new Float32Array(bytes.length);
    placePixels(bytes, values, tables, place);
    return { type: 'float32', data: values, dims: fedDims };
  }
  if (!isChannelsFirst) return { type: 'uint8', data: bytes, dims: fedDims };
  const placed = new Uint8Array(bytes.length);
  placePixels(bytes, placed, [IDENTITY, IDENTITY, IDENTITY], place);
  return { type: 'uint8', data: placed, dims: fedDims };
}

interface Placement {
  pictureBytes: number;
  isChannelsFirst: boolean;
}

/** What every byte becomes. */
function toTable(mean: number, deviation: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / deviation);
}

const IDENTITY = Float32Array.from({ length: 256 }, (_, byte) => byte);

/** Maps every channel by its table and moves it to its place. */
function placePixels(
  bytes: Uint8Array,
  values: Float32Array | Uint8Array,
  [reds, greens, blues]: readonly Float32Array[],
  { pictureBytes, isChannelsFirst }: Placement,
): void {
  const planeLength = pictureBytes / 3;
  const pixelStep = isChannelsFirst ? 1 : 3;
  const channelStep = isChannelsFirst ? planeLength : 1;
  for (let start = 0; start < bytes.length; start += pictureBytes) {
    let from = start;
    let to = start;
    for (let pixel = 0; pixel < planeLength; pixel++) {
      values[to] = reds[bytes[from]];
      values[to + channelStep] = greens[bytes[from + 1]];
      values[to + 2 * channelStep] = blues[bytes[from + 2]];
      from += 3;
      to += pixelStep;
    }
  }
}
