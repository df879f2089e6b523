import { createGraphBuilder, type Value } from '../onnx/graph-builder.ts';
import { createOperators, type Operators } from '../onnx/operators.ts';
import { dimensionOf, type FeatureGroup } from './feature-group.ts';
import { hannWindow, type MelScale, matrixOf, melFilters, sinusoidKernels } from './filters.ts';
import { pulseByTempo } from './rhythm.ts';

export const SAMPLE_RATE_HZ = 24_000;
export const MEL: MelScale = { bands: 40, lowHz: 30, highHz: 11_000 };
export const FRAME_SAMPLES = 1024;
export const HOP_SAMPLES = 480;
/** The bins of the spectrum that are computed, without 0 Hz. */
export const BIN_FREQUENCIES_HZ: readonly number[] = Array.from(
  { length: Math.floor((MEL.highHz * FRAME_SAMPLES) / SAMPLE_RATE_HZ) },
  (_, i) => ((i + 1) * SAMPLE_RATE_HZ) / FRAME_SAMPLES,
);
/** Added to a band's power, where white noise as loud as the segment has 1: −60 dB. */
export const MEL_FLOOR = 1e-6;

const FRAMES_PER_SECOND = SAMPLE_RATE_HZ / HOP_SAMPLES;
const PITCH_CLASSES = 12;
const CHROMA = {
  lowestMidiNote: 48,
  octaves: 4,
  frameSamples: 8192,
  hopSamples: 2400,
  shortestFrameSamples: 1024,
};
const CHROMA_HARMONICS = 6;

/** The dimensions in order. Levels are relative to the segment's own loudness, except `loudness`. */
export const AUDIO_FEATURES: readonly FeatureGroup[] = [
  { name: 'melMean', length: MEL.bands, meaning: 'log-mel spectrum, mean over time, dB' },
  { name: 'melDeviation', length: MEL.bands, meaning: 'log-mel spectrum, standard deviation over time, dB' },
  {
    name: 'melChange',
    length: MEL.bands,
    meaning: 'log-mel change from frame to frame, standard deviation, dB',
  },
  { name: 'onset', length: 3, meaning: 'onset strength: mean and standard deviation, dB; onsets per second' },
  { name: 'onsetPulse', length: 29, meaning: 'autocorrelation of onset strength at 60, 65 … 200 BPM' },
  {
    name: 'harmony',
    length: CHROMA_HARMONICS,
    meaning: 'magnitudes 1 … 6 of the Fourier transform of chroma, mean over time (invariant to key)',
  },
  {
    name: 'mode',
    length: 2,
    meaning:
      'real and imaginary part of the product of transforms 3, 4 and 5 (invariant to key, tells major from minor)',
  },
  { name: 'centroid', length: 2, meaning: 'spectral centroid: mean and standard deviation, kHz' },
  { name: 'bandwidth', length: 1, meaning: 'spectral bandwidth, mean over time, kHz' },
  { name: 'flatness', length: 2, meaning: 'spectral flatness: mean and standard deviation, dB' },
  { name: 'bass', length: 1, meaning: 'share of the power under 250 Hz' },
  { name: 'loudness', length: 1, meaning: 'root mean square of the segment, dB of full scale' },
  {
    name: 'dynamics',
    length: 3,
    meaning: 'frame loudness: standard deviation and range from 10th to 90th percentile; peak over RMS; dB',
  },
];

/**
 * The lite audio backbone: `waveform` float32 [batch, samples], mono at 24 kHz, to `features` float32
 * [batch, 170] (AUDIO_FEATURES). At least 5 s of samples. Silence gives finite features.
 */
export function buildAudioGraph(): Uint8Array {
  const graph = createGraphBuilder('lite-audio');
  const on = createOperators(graph);
  const waveform = graph.input('waveform', 'float32', ['batch', 'samples']);

  const centred = on.subtract(waveform, on.mean(waveform, [1]));
  const power = on.mean(on.square(centred), [1]);
  const level = on.divide(centred, on.maximum(on.squareRoot(power), 1e-5));

  const spectrum = powerSpectrum(on, level);
  const filters = melFilters(MEL, BIN_FREQUENCIES_HZ);
  const mel = on.matrixProduct(on.matrix(filters.values, filters.dims), spectrum);

  const features = on.concatenate(
    [
      ...timbre(on, mel),
      ...rhythm(on, mel),
      ...harmony(on, level),
      ...shape(on, spectrum, mel),
      ...loudness(on, power, level, spectrum),
    ],
    1,
  );
  graph.output(features, { name: 'features', type: 'float32', dims: ['batch', dimensionOf(AUDIO_FEATURES)] });
  return graph.build();
}

/** [batch, samples] to power [batch, bins, frames], where white noise of unit variance has 1 everywhere. */
function powerSpectrum(on: Operators, waveform: Value): Value {
  const hann = hannWindow(FRAME_SAMPLES);
  const scale = Math.sqrt(hann.reduce((sum, weight) => sum + weight ** 2, 0));
  const window = hann.map((weight) => weight / scale);
  const frequencies = BIN_FREQUENCIES_HZ.map((hertz) => hertz / SAMPLE_RATE_HZ);
  const kernels = sinusoidKernels(frequencies, FRAME_SAMPLES, () => window);
  return sumOfSquares(
    on,
    transform(on, waveform, kernels.values, FRAME_SAMPLES, HOP_SAMPLES),
    frequencies.length,
  );
}

function transform(
  on: Operators,
  waveform: Value,
  kernels: Float64Array,
  length: number,
  hop: number,
): Value {
  const filters = on.matrix(kernels, [kernels.length / length, 1, length]);
  return on.convolve(on.reshape(waveform, [0, 1, -1]), filters, [hop]);
}

/** The first half of the channels squared plus the second half squared. */
function sumOfSquares(on: Operators, channels: Value, half: number): Value {
  const real = on.slice(channels, 1, 0, half);
  const imaginary = on.slice(channels, 1, half, 2 * half);
  return on.add(on.square(real), on.square(imaginary));
}

function decibels(on: Operators, power: Value, floor: number): Value {
  return on.multiply(on.logarithm(on.add(power, floor)), 10 / Math.LN10);
}

/** [batch, …, 1] and the like to [batch, length]. */
function flat(on: Operators, value: Value, length: number): Value {
  return on.reshape(value, [0, length]);
}

function changeOverTime(on: Operators, frames: Value): Value {
  return on.subtract(on.slice(frames, 2, 1, null), on.slice(frames, 2, 0, -1));
}

function timbre(on: Operators, mel: Value): Value[] {
  const logMel = decibels(on, mel, MEL_FLOOR);
  return [on.mean(logMel, [2]), on.deviation(logMel, [2]), on.deviation(changeOverTime(on, logMel), [2])].map(
    (value) => flat(on, value, MEL.bands),
  );
}

function rhythm(on: Operators, mel: Value): Value[] {
  // A higher floor than timbre's: what is 30 dB under the segment's level is no onset that anyone hears.
  const rises = on.rectify(changeOverTime(on, decibels(on, mel, 1e-3)));
  const smoothing = on.matrix([0.25, 0.5, 0.25], [1, 1, 3]);
  const strength = on.convolve(on.mean(rises, [1]), smoothing, [1]);
  const mean = on.mean(strength, [2]);
  const deviation = on.deviation(strength, [2]);

  const inner = on.slice(strength, 2, 1, -1);
  const threshold = on.add(mean, on.maximum(deviation, 0.5));
  const peaks = [
    on.isGreater(inner, on.slice(strength, 2, 0, -2)),
    on.isGreater(inner, on.slice(strength, 2, 2, null)),
    on.isGreater(inner, threshold),
  ].reduce((all, condition) => on.multiply(all, condition));
  const onsetsPerSecond = on.multiply(on.mean(peaks, [2]), FRAMES_PER_SECOND);

  return [
    ...[mean, deviation, onsetsPerSecond].map((value) => flat(on, value, 1)),
    pulseByTempo(on, on.reshape(strength, [0, -1]), FRAMES_PER_SECOND, 0.1),
  ];
}

/** Chroma from filters a semitone wide, then its Fourier transform over pitch classes. */
function harmony(on: Operators, waveform: Value): Value[] {
  const { lowestMidiNote, octaves, frameSamples, hopSamples } = CHROMA;
  const notes = octaves * PITCH_CLASSES;
  const frequencies = Array.from(
    { length: notes },
    (_, i) => (440 * 2 ** ((lowestMidiNote + i - 69) / 12)) / SAMPLE_RATE_HZ,
  );
  const kernels = sinusoidKernels(frequencies, frameSamples, noteWindow);
  const channels = transform(on, waveform, kernels.values, frameSamples, hopSamples);
  const magnitudes = on.squareRoot(sumOfSquares(on, channels, notes));
  const chroma = on.reshape(on.sum(on.reshape(magnitudes, [0, octaves, PITCH_CLASSES, -1]), [1]), [
    0,
    PITCH_CLASSES,
    -1,
  ]);
  const shares = on.divide(chroma, on.add(on.sum(chroma, [1]), 0.01));

  const fourier = matrixOf(2 * CHROMA_HARMONICS, PITCH_CLASSES, (row, pitch) => {
    const angle = (2 * Math.PI * ((row % CHROMA_HARMONICS) + 1) * pitch) / PITCH_CLASSES;
    return row < CHROMA_HARMONICS ? Math.cos(angle) : -Math.sin(angle);
  });
  const transformed = on.matrixProduct(on.matrix(fourier.values, fourier.dims), shares);
  const coefficient = (harmonic: number) => ({
    real: on.slice(transformed, 1, harmonic - 1, harmonic),
    imaginary: on.slice(transformed, 1, CHROMA_HARMONICS + harmonic - 1, CHROMA_HARMONICS + harmonic),
  });
  // 3 + 4 + 5 = 12: a change of key turns the three phases by a whole circle, so their product stays.
  const mode = [3, 4, 5].map(coefficient).reduce((a, b) => ({
    real: on.subtract(on.multiply(a.real, b.real), on.multiply(a.imaginary, b.imaginary)),
    imaginary: on.add(on.multiply(a.real, b.imaginary), on.multiply(a.imaginary, b.real)),
  }));
  return [
    flat(on, on.mean(on.squareRoot(sumOfSquares(on, transformed, CHROMA_HARMONICS)), [2]), CHROMA_HARMONICS),
    flat(on, on.mean(mode.real, [2]), 1),
    flat(on, on.mean(mode.imaginary, [2]), 1),
  ];
}

/** A Hann window as long as makes the neighbouring semitone its first zero; gives a full-scale sine 1. */
function noteWindow(frequency: number): Float64Array {
  const semitone = frequency * (2 ** (1 / 12) - 1);
  const length = Math.round(
    Math.min(CHROMA.frameSamples, Math.max(CHROMA.shortestFrameSamples, 2 / semitone)),
  );
  return hannWindow(length).map((weight) => (weight * 4) / length);
}

function shape(on: Operators, spectrum: Value, mel: Value): Value[] {
  const kilohertz = BIN_FREQUENCIES_HZ.map((hertz) => hertz / 1000);
  const bins = kilohertz.length;
  const moments = matrixOf(3, bins, (power, bin) => kilohertz[bin] ** power);
  const sums = on.matrixProduct(on.matrix(moments.values, moments.dims), on.squareRoot(spectrum));
  const total = on.add(on.slice(sums, 1, 0, 1), 1e-3);
  const centroid = on.divide(on.slice(sums, 1, 1, 2), total);
  const spread = on.subtract(on.divide(on.slice(sums, 1, 2, 3), total), on.square(centroid));
  const bandwidth = on.squareRoot(on.rectify(spread));

  const logMean = on.mean(decibels(on, mel, MEL_FLOOR), [1]);
  const flatness = on.subtract(logMean, decibels(on, on.mean(mel, [1]), MEL_FLOOR));

  const bassBins = BIN_FREQUENCIES_HZ.filter((hertz) => hertz < 250).length;
  const bass = on.sum(on.slice(spectrum, 1, 0, bassBins), [1, 2]);
  const bassShare = on.divide(bass, on.add(on.sum(spectrum, [1, 2]), 1e-3));
  return [
    on.mean(centroid, [2]),
    on.deviation(centroid, [2]),
    on.mean(bandwidth, [2]),
    on.mean(flatness, [2]),
    on.deviation(flatness, [2]),
    bassShare,
  ].map((value) => flat(on, value, 1));
}

function loudness(on: Operators, power: Value, level: Value, spectrum: Value): Value[] {
  const frames = decibels(on, on.mean(spectrum, [1]), 1e-4);
  const range = on.subtract(on.quantile(frames, 0.9), on.quantile(frames, 0.1));
  const peak = on.square(on.largest(on.absolute(level), [1]));
  return [decibels(on, power, 1e-10), on.deviation(frames, [2]), range, decibels(on, peak, 1e-2)].map(
    (value) => flat(on, value, 1),
  );
}
