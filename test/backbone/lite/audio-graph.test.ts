import { beforeAll, describe, expect, it } from 'vitest';
import {
  AUDIO_FEATURES,
  BIN_FREQUENCIES_HZ,
  buildAudioGraph,
  FRAME_SAMPLES,
  HOP_SAMPLES,
  MEL,
  MEL_FLOOR,
  SAMPLE_RATE_HZ,
} from '../../../src/backbone/lite/audio-graph.ts';
import { dimensionOf, rangeOf } from '../../../src/backbone/lite/feature-group.ts';
import { melEdgesHz } from '../../../src/backbone/lite/filters.ts';
import { TEMPOS_BPM } from '../../../src/backbone/lite/rhythm.ts';
import { createSession, type OnnxSession } from '../../../src/backbone/onnx/runtime.ts';
import { createRandom } from '../../../src/shared/random.ts';

const SECONDS = 10;
let session: OnnxSession;

beforeAll(async () => {
  session = await createSession(buildAudioGraph(), { device: 'cpu' });
});

/** Samples by a function of time in seconds. */
function waveform(sampleAt: (seconds: number) => number, seconds = SECONDS): Float32Array {
  return Float32Array.from({ length: seconds * SAMPLE_RATE_HZ }, (_, n) => sampleAt(n / SAMPLE_RATE_HZ));
}

const sine = (hertz: number) => (seconds: number) => 0.3 * Math.sin(2 * Math.PI * hertz * seconds);
const midi = (note: number) => 440 * 2 ** ((note - 69) / 12);
const chord = (...notes: number[]) =>
  waveform((seconds) => notes.reduce((sum, note) => sum + sine(midi(note))(seconds), 0));

/** Decaying noise bursts. */
function clicks(beatsPerMinute: number): Float32Array {
  const random = createRandom(1);
  const period = 60 / beatsPerMinute;
  return waveform(
    (seconds) => random.normal() * 0.5 * Math.exp(-40 * (seconds % period)) + random.normal() * 1e-4,
  );
}

async function featuresOf(samples: Float32Array): Promise<Float32Array> {
  const outputs = await session.run({
    waveform: { type: 'float32', data: samples, dims: [1, samples.length] },
  });
  return outputs.features.data as Float32Array;
}

async function groupOf(samples: Float32Array, name: string): Promise<number[]> {
  const { start, end } = rangeOf(AUDIO_FEATURES, name);
  return [...(await featuresOf(samples)).slice(start, end)];
}

const indexOfLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - b[i]));

/** Mean log-mel levels from the definition, in float64. */
function melMeanByDefinition(samples: Float32Array): number[] {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const power = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length;
  const window = Array.from(
    { length: FRAME_SAMPLES },
    (_, n) => Math.sin((Math.PI * n) / FRAME_SAMPLES) ** 2,
  );
  const energy = window.reduce((sum, weight) => sum + weight ** 2, 0);
  const edges = melEdgesHz(MEL);
  const frames = Math.floor((samples.length - FRAME_SAMPLES) / HOP_SAMPLES) + 1;
  const totals = new Array(MEL.bands).fill(0);
  for (let frame = 0; frame < frames; frame++) {
    const spectrum = BIN_FREQUENCIES_HZ.map((hertz) => {
      let real = 0;
      let imaginary = 0;
      for (let n = 0; n < FRAME_SAMPLES; n++) {
        const value = window[n] * (samples[frame * HOP_SAMPLES + n] - mean);
        real += value * Math.cos((2 * Math.PI * hertz * n) / SAMPLE_RATE_HZ);
        imaginary += value * Math.sin((2 * Math.PI * hertz * n) / SAMPLE_RATE_HZ);
      }
      return (real ** 2 + imaginary ** 2) / (energy * power);
    });
    for (let band = 0; band < MEL.bands; band++) {
      const weights = BIN_FREQUENCIES_HZ.map((hertz) =>
        hertz < edges[band + 1]
          ? Math.max(0, (hertz - edges[band]) / (edges[band + 1] - edges[band]))
          : Math.max(0, (edges[band + 2] - hertz) / (edges[band + 2] - edges[band + 1])),
      );
      const level = weights.reduce((sum, weight, bin) => sum + weight * spectrum[bin], 0);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      totals[band] += 10 * Math.log10(level / total + MEL_FLOOR);
    }
  }
  return totals.map((total) => total / frames);
}

describe('the lite audio graph', () => {
  it('gives 170 features in named groups', async () => {
    expect(dimensionOf(AUDIO_FEATURES)).toBe(170);
    expect(await featuresOf(clicks(100))).toHaveLength(170);
  });

  it('computes the log-mel spectrum of the definition', async () => {
    const random = createRandom(4);
    // The shortest length the graph takes, of which the definition sees the same frames.
    const samples = waveform(
      (seconds) => sine(300 + 400 * seconds)(seconds) + 0.02 * random.normal() + 0.05,
      5,
    );
    const [actual, expected] = [await groupOf(samples, 'melMean'), melMeanByDefinition(samples)];
    actual.forEach((level, band) => {
      expect(level).toBeCloseTo(expected[band], 2);
    });
  });

  it.each([110, 440, 3000])('lights the mel band of a sine of %d Hz', async (hertz) => {
    const band = indexOfLargest(await groupOf(waveform(sine(hertz)), 'melMean'));
    const edges = melEdgesHz(MEL);
    expect(hertz).toBeGreaterThan(edges[band]);
    expect(hertz).toBeLessThan(edges[band + 2]);
  });

  it.each([75, 90, 120, 150])('finds the tempo of clicks at %d BPM', async (beatsPerMinute) => {
    const pulse = await groupOf(clicks(beatsPerMinute), 'onsetPulse');
    expect(TEMPOS_BPM[indexOfLargest(pulse)]).toBe(beatsPerMinute);
  });

  it('counts onsets per second', async () => {
    const [, , onsetsPerSecond] = await groupOf(clicks(120), 'onset');
    expect(onsetsPerSecond).toBeGreaterThan(1.7);
    expect(onsetsPerSecond).toBeLessThan(2.3);
  });

  it('hears chords alike in every key, and major unlike minor', async () => {
    const harmonyOf = async (...notes: number[]) => [
      ...(await groupOf(chord(...notes), 'harmony')),
      ...(await groupOf(chord(...notes), 'mode')),
    ];
    const major = await harmonyOf(60, 64, 67);
    for (const shift of [1, 3, 6]) {
      expect(distance(major, await harmonyOf(60 + shift, 64 + shift, 67 + shift))).toBeLessThan(0.05);
    }
    const minor = await harmonyOf(60, 63, 67);
    const [, majorImaginary] = major.slice(-2);
    const [, minorImaginary] = minor.slice(-2);
    expect(Math.abs(majorImaginary - minorImaginary)).toBeGreaterThan(0.05);
    expect(majorImaginary).toBeCloseTo(-minorImaginary, 1);
    expect(distance(major, await harmonyOf(60, 61, 62))).toBeGreaterThan(0.2);
  });

  it('measures loudness in one dimension and leaves the others alone', async () => {
    const quiet = clicks(120).map((sample) => sample / 8);
    const [loudFeatures, quietFeatures] = [await featuresOf(clicks(120)), await featuresOf(quiet)];
    const { start: loudness } = rangeOf(AUDIO_FEATURES, 'loudness');
    expect(loudFeatures[loudness] - quietFeatures[loudness]).toBeCloseTo(20 * Math.log10(8), 2);
    loudFeatures.forEach((value, i) => {
      if (i !== loudness) expect(quietFeatures[i]).toBeCloseTo(value, 2);
    });
  });

  it('tells bright from dark, noisy from tonal and deep from high', async () => {
    const random = createRandom(2);
    const noise = waveform(() => random.normal() * 0.1);
    const [darkCentroid, brightCentroid] = [
      await groupOf(waveform(sine(200)), 'centroid'),
      await groupOf(waveform(sine(4000)), 'centroid'),
    ];
    expect(darkCentroid[0]).toBeLessThan(0.5);
    expect(brightCentroid[0]).toBeGreaterThan(3);
    expect((await groupOf(noise, 'flatness'))[0]).toBeGreaterThan(
      (await groupOf(waveform(sine(440)), 'flatness'))[0] + 10,
    );
    expect((await groupOf(waveform(sine(80)), 'bass'))[0]).toBeGreaterThan(0.95);
    expect((await groupOf(waveform(sine(800)), 'bass'))[0]).toBeLessThan(0.05);
  });

  it.each([
    ['silence', () => 0],
    ['a constant', () => 0.5],
    [
      'the smallest noise',
      (seconds: number) => (Math.round(seconds * SAMPLE_RATE_HZ) % 7 === 0 ? 2 ** -15 : 0),
    ],
    ['full scale', (seconds: number) => (seconds % 0.01 < 0.005 ? 1 : -1)],
  ])('gives finite features for %s', async (_, sampleAt) => {
    const features = await featuresOf(waveform(sampleAt));
    expect(features.every(Number.isFinite)).toBe(true);
    expect(Math.max(...features.map(Math.abs))).toBeLessThan(1000);
  });
});
