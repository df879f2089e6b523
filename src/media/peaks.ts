import type { WaveformSegment } from './media.ts';

const QUIETEST_DECIBELS = -60;
const BINS_PER_SECOND = 20;

/** Follows the loudness of a piece of music as its segments come; needs 0.6 MB for an hour. */
export interface PeakMeter {
  /** Segments in order; where they overlap, what was counted before is not counted again. */
  add(segment: WaveformSegment): void;
  /**
   * The loudness of `count` equal parts of what was added, 0 to 100: the root mean square in decibels, linear
   * from 0 at −60 dB of full scale and below (so for silence) to 100 at 0 dB.
   */
  read(count: number): Uint8Array;
}

/** `startSeconds` is where in the file the item starts. */
export function createPeakMeter(sampleRateHz: number, startSeconds = 0): PeakMeter {
  const samplesPerBin = Math.max(1, Math.round(sampleRateHz / BINS_PER_SECOND));
  const powerSums: number[] = [];
  let countedSamples = 0;
  return {
    add({ span, samples }) {
      const offset = Math.round((span.startSeconds - startSeconds) * sampleRateHz);
      const end = offset + samples.length;
      for (let position = Math.max(offset, countedSamples); position < end; position++) {
        const sample = samples[position - offset] as number;
        const bin = Math.floor(position / samplesPerBin);
        powerSums[bin] = (powerSums[bin] ?? 0) + sample * sample;
      }
      countedSamples = Math.max(countedSamples, end);
    },
    read(count) {
      const meanPower = (bin: number) =>
        (powerSums[bin] ?? 0) / Math.min(samplesPerBin, countedSamples - bin * samplesPerBin);
      return Uint8Array.from(meansOf(meanPower, countedSamples / samplesPerBin, count), toLevel);
    },
  };
}

/** Peaks as `PeakMeter.read` gives them, in another number of parts; each is the mean power of what it covers. */
export function resamplePeaks(peaks: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from(
    meansOf((index) => toPower(peaks[index] ?? 0), peaks.length, count),
    toLevel,
  );
}

/** Means over `count` equal parts of [0, length) of a function that is constant on [i, i + 1). */
function meansOf(valueAt: (index: number) => number, length: number, count: number): number[] {
  return Array.from({ length: count }, (_, part) => {
    const start = (part * length) / count;
    const end = ((part + 1) * length) / count;
    let sum = 0;
    for (let index = Math.floor(start); index < end; index++) {
      sum += valueAt(index) * (Math.min(end, index + 1) - Math.max(start, index));
    }
    return end > start ? sum / (end - start) : 0;
  });
}

function toLevel(power: number): number {
  if (power <= 0) return 0;
  const level = 100 * (1 - (10 * Math.log10(power)) / QUIETEST_DECIBELS);
  return Math.round(Math.min(100, Math.max(0, level)));
}

function toPower(level: number): number {
  return level === 0 ? 0 : 10 ** ((QUIETEST_DECIBELS * (1 - level / 100)) / 10);
}
