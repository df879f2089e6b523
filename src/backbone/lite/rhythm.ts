import type { Value } from '../onnx/graph-builder.ts';
import type { Operators } from '../onnx/operators.ts';
import { type Matrix, matrixOf, normaliseRows, triangle } from './filters.ts';

/** The tempos at which periodicity is measured: 60, 65 … 200 beats per minute. */
export const TEMPOS_BPM: readonly number[] = Array.from({ length: 29 }, (_, i) => 60 + 5 * i);

const TEMPO_STEP_BPM = 5;
const HALF_TEMPO_WEIGHT = 0.5;

/** How many lags, from 0, the autocorrelation at every tempo needs. */
export function lagCount(framesPerSecond: number): number {
  const slowest = TEMPOS_BPM[0] - TEMPO_STEP_BPM;
  return Math.ceil((2 * 60 * framesPerSecond) / slowest) + 1;
}

/**
 * Weights from autocorrelation by lag to strength by tempo: at a tempo's lag, plus half of that at twice the
 * lag, each averaged over a triangle that reaches to the neighbouring tempos' lags (at least one frame), so
 * that a tempo between two of the grid, or one that wavers, is seen: [lags, tempos].
 */
export function tempoWeights(framesPerSecond: number): Matrix {
  const lags = lagCount(framesPerSecond);
  const framesAt = (bpm: number) => (60 * framesPerSecond) / bpm;
  const around = (multiple: number) =>
    normaliseRows(
      matrixOf(TEMPOS_BPM.length, lags, (tempo, lag) => {
        const bpm = TEMPOS_BPM[tempo];
        const peak = multiple * framesAt(bpm);
        const low = Math.min(peak - 1, multiple * framesAt(bpm + TEMPO_STEP_BPM));
        const high = Math.max(peak + 1, multiple * framesAt(bpm - TEMPO_STEP_BPM));
        return triangle(lag, low, peak, high);
      }),
    ).values;
  const single = around(1);
  const double = around(2);
  return matrixOf(lags, TEMPOS_BPM.length, (lag, tempo) => {
    const index = tempo * lags + lag;
    return single[index] + HALF_TEMPO_WEIGHT * double[index];
  });
}

/**
 * The autocorrelation of a signal [batch, frames] at lags 0 … `lags` − 1: [batch, lags], each the cosine of the
 * signal with its delayed self over the same number of frames. `floor` is the deviation under which a signal
 * counts as still: its correlations shrink to 0 rather than measure noise.
 */
export function autocorrelation(on: Operators, signal: Value, lags: number, floor: number): Value {
  const centred = on.subtract(signal, on.mean(signal, [1]));
  const identity = matrixOf(lags, lags, (row, column) => (row === column ? 1 : 0));
  // A convolution with the identity lays the delayed copies side by side: [batch, lags, frames − lags + 1].
  const kernels = on.matrix(identity.values, [lags, 1, lags]);
  const delayed = on.convolve(on.reshape(centred, [0, 1, -1]), kernels, [1]);
  const undelayed = on.slice(delayed, 1, 0, 1);
  const products = on.mean(on.multiply(delayed, undelayed), [2]);
  const energies = on.mean(on.square(delayed), [2]);
  const scale = on.squareRoot(on.multiply(energies, on.slice(energies, 1, 0, 1)));
  return on.reshape(on.divide(products, on.add(scale, floor ** 2)), [0, lags]);
}

/** The strength of a signal's pulse at each of TEMPOS_BPM: [batch, frames] to [batch, 29]. */
export function pulseByTempo(on: Operators, signal: Value, framesPerSecond: number, floor: number): Value {
  const weights = tempoWeights(framesPerSecond);
  const byLag = autocorrelation(on, signal, lagCount(framesPerSecond), floor);
  return on.matrixProduct(byLag, on.matrix(weights.values, weights.dims));
}
