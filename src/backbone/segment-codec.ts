import { MediaError } from '../shared/errors.ts';
import { isFiniteVector } from '../shared/vector-math.ts';
import type { BackboneInput } from './backbone.ts';
import type { BackboneManifest, FramesInput, WaveformInput } from './manifest.ts';
import type { Tensor } from './onnx/tensor.ts';
import { leastUnits, toWindowRule, type WindowRule, windowsOf } from './windows.ts';

/** The samples or pixel bytes of one row of a batch, and the share of its segment that it counts by. */
export interface Window {
  elements: Float32Array | Uint8Array;
  weight: number;
}

/** Turns callers' segments into windows, and windows into batches. */
export interface SegmentCodec {
  /**
   * A segment's windows by the manifest's rule; their weights add up to 1. RangeError for what is no segment of this
   * kind, MediaError for one that is too short.
   */
  cut(this: void, segment: BackboneInput): Window[];
  /** The shortest segment that the graph takes, of zeros. */
  blank(): BackboneInput;
  /** Windows of equal length as one tensor, as `prepareInput` takes it. */
  toTensor(windows: readonly Window[]): Tensor;
}

export function createSegmentCodec(id: string, input: BackboneManifest['input']): SegmentCodec {
  return input.kind === 'waveform' ? createWaveformCodec(id, input) : createFrameCodec(id, input);
}

function createWaveformCodec(id: string, input: WaveformInput): SegmentCodec {
  const rule = toWindowRule(input);
  return {
    cut(segment) {
      if (!('samples' in segment) || segment.samples.length === 0) {
        throw new RangeError(`The backbone ${id} takes waveforms of at least one sample.`);
      }
      if (!isFiniteVector(segment.samples))
        throw new RangeError('A segment has samples that are not finite.');
      const samples = lengthen(segment.samples, 1, rule, () => {
        const seconds = leastUnits(rule) / input.sampleRateHz;
        return new MediaError(
          'NO_AUDIO',
          `The sound is shorter than the ${seconds.toFixed(2)} s that ${id} needs.`,
        );
      });
      return cutWindows(samples, 1, rule);
    },
    blank: () => ({ samples: new Float32Array(leastUnits(rule)) }),
    toTensor: (windows) => ({
      type: 'float32',
      data: join(windows, new Float32Array(windows.length * windows[0].elements.length)),
      dims: [windows.length, windows[0].elements.length],
    }),
  };
}

function createFrameCodec(id: string, input: FramesInput): SegmentCodec {
  const { heightPixels, widthPixels } = input;
  const frameBytes = heightPixels * widthPixels * 3;
  const rule = toWindowRule(input);
  return {
    cut(segment) {
      const isWhole =
        'pixels' in segment && segment.count > 0 && segment.pixels.length === segment.count * frameBytes;
      if (!isWhole) {
        throw new RangeError(
          `The backbone ${id} takes one or more frames of ${widthPixels} × ${heightPixels} pixels.`,
        );
      }
      const pixels = lengthen(segment.pixels, frameBytes, rule, () => {
        const seconds = leastUnits(rule) / input.framesPerSecond;
        return new MediaError(
          'NO_VIDEO',
          `The pictures last less than the ${seconds.toFixed(2)} s that ${id} needs.`,
        );
      });
      return cutWindows(pixels, frameBytes, rule);
    },
    blank: () => ({ pixels: new Uint8Array(leastUnits(rule) * frameBytes), count: leastUnits(rule) }),
    toTensor: (windows) => ({
      type: 'uint8',
      data: join(windows, new Uint8Array(windows.length * windows[0].elements.length)),
      dims: [windows.length, windows[0].elements.length / frameBytes, heightPixels, widthPixels, 3],
    }),
  };
}

/** Repeats a segment end to end until it is long enough, or throws `tooShort`. */
function lengthen<S extends Float32Array | Uint8Array>(
  segment: S,
  unitLength: number,
  rule: WindowRule,
  tooShort: () => MediaError,
): S {
  const minLength = leastUnits(rule) * unitLength;
  if (segment.length >= minLength) return segment;
  if (rule.shorterSegments === 'refuse') throw tooShort();
  const longer = newLike(segment, minLength);
  for (let start = 0; start < minLength; start += segment.length) {
    longer.set(segment.subarray(0, minLength - start), start);
  }
  return longer;
}

function cutWindows(segment: Float32Array | Uint8Array, unitLength: number, rule: WindowRule): Window[] {
  const windows = windowsOf(segment.length / unitLength, rule);
  const countedUnits = windows.reduce((sum, { ownUnits }) => sum + ownUnits, 0);
  return windows.map(({ startUnit, units, ownUnits }) => {
    const start = startUnit * unitLength;
    const elements = segment.subarray(start, start + units * unitLength);
    const isWhole = elements.length === units * unitLength;
    return {
      elements: isWhole ? elements : pad(elements, units * unitLength),
      weight: ownUnits / countedUnits,
    };
  });
}

function pad<S extends Float32Array | Uint8Array>(elements: S, length: number): S {
  const padded = newLike(elements, length);
  padded.set(elements);
  return padded;
}

function newLike<S extends Float32Array | Uint8Array>(elements: S, length: number): S {
  return new (elements.constructor as new (length: number) => S)(length);
}

function join<S extends Float32Array | Uint8Array>(windows: readonly Window[], joined: S): S {
  windows.forEach(({ elements }, i) => {
    joined.set(elements, i * elements.length);
  });
  return joined;
}
