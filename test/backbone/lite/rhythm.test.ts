import { describe, expect, it } from 'vitest';
import { autocorrelation, lagCount, TEMPOS_BPM, tempoWeights } from '../../../src/backbone/lite/rhythm.ts';
import { createGraphBuilder } from '../../../src/backbone/onnx/graph-builder.ts';
import { createOperators } from '../../../src/backbone/onnx/operators.ts';
import { createSession } from '../../../src/backbone/onnx/runtime.ts';
import { createRandom } from '../../../src/shared/random.ts';

async function autocorrelationByGraph(signals: number[][], lags: number, floor: number): Promise<number[][]> {
  const graph = createGraphBuilder('autocorrelation');
  const signal = graph.input('signal', 'float32', ['batch', 'frames']);
  const result = autocorrelation(createOperators(graph), signal, lags, floor);
  graph.output(result, { name: 'byLag', type: 'float32', dims: ['batch', lags] });
  const session = await createSession(graph.build(), { device: 'cpu' });
  const dims = [signals.length, signals[0].length];
  const outputs = await session.run({
    signal: { type: 'float32', data: Float32Array.from(signals.flat()), dims },
  });
  await session.close();
  const values = [...(outputs.byLag.data as Float32Array)];
  return signals.map((_, row) => values.slice(row * lags, (row + 1) * lags));
}

/** The cosine of the signal's first part with itself `lag` later, around the signal's mean, in float64. */
function autocorrelationByDefinition(signal: number[], lags: number, floor: number): number[] {
  const mean = signal.reduce((sum, value) => sum + value, 0) / signal.length;
  const frames = signal.length - lags + 1;
  const part = (lag: number) => signal.slice(lag, lag + frames).map((value) => value - mean);
  const meanProduct = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0) / frames;
  return Array.from({ length: lags }, (_, lag) => {
    const scale = Math.sqrt(meanProduct(part(0), part(0)) * meanProduct(part(lag), part(lag)));
    return meanProduct(part(0), part(lag)) / (scale + floor ** 2);
  });
}

describe('autocorrelation', () => {
  it('is the definition, row by row, and 0 for what stands still', async () => {
    const random = createRandom(1);
    const signals = [
      Array.from({ length: 200 }, () => random.normal()),
      Array.from({ length: 200 }, (_, t) => 5 + Math.sin(t / 3) + 0.1 * random.normal()),
      new Array(200).fill(3),
    ];
    const actual = await autocorrelationByGraph(signals, 40, 0.05);
    signals.forEach((signal, row) => {
      autocorrelationByDefinition(signal, 40, 0.05).forEach((value, lag) => {
        expect(actual[row][lag]).toBeCloseTo(value, 4);
      });
    });
    expect(Math.max(...actual[2].map(Math.abs))).toBeLessThan(1e-3);
  });
});

describe('tempoWeights', () => {
  it.each([12, 50])(
    'averages the lag of each tempo and half its double at %d frames a second',
    (framesPerSecond) => {
      const { values, dims } = tempoWeights(framesPerSecond);
      expect(dims).toEqual([lagCount(framesPerSecond), TEMPOS_BPM.length]);
      TEMPOS_BPM.forEach((beatsPerMinute, tempo) => {
        const column = Array.from({ length: dims[0] }, (_, lag) => values[lag * dims[1] + tempo]);
        expect(column.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1.5, 9);
        expect(Math.min(...column)).toBeGreaterThanOrEqual(0);
        const lag = (60 * framesPerSecond) / beatsPerMinute;
        expect(column[Math.round(lag)]).toBeGreaterThan(0);
        expect(column[Math.round(2 * lag)]).toBeGreaterThan(0);
      });
    },
  );
});
