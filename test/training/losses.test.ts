import { beforeAll, describe, expect, it } from 'vitest';
import { type Scalar, startTensorFlow, type Tensor2D, tf } from '../../src/head/tensorflow.ts';
import { createRandom } from '../../src/shared/random.ts';
import {
  type ContrastiveTargets,
  contrastiveLoss,
  type PairTraits,
  toSslTargets,
  toSupTargets,
} from '../../src/training/losses.ts';

const TEMPERATURE = 0.3;
const WIDTH = 4;

type Matrix = number[][];

const logSumExp = (values: number[]) => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
};
const average = (values: number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
const inner = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const together = (a: PairTraits, b: PairTraits) =>
  a.trackId === b.trackId || (a.source !== null && a.source === b.source);

/** L_ssl by its definition, in float64. */
function sslReference(video: Matrix, music: Matrix, pairs: PairTraits[]): number {
  const oneWay = (from: Matrix, to: Matrix) =>
    average(
      from.map((row, i) => {
        const negatives = to.filter((_, j) => i !== j && !together(pairs[i], pairs[j]));
        const own = inner(row, to[i]) / TEMPERATURE;
        return logSumExp([own, ...negatives.map((other) => inner(row, other) / TEMPERATURE)]) - own;
      }),
    );
  return (oneWay(video, music) + oneWay(music, video)) / 2;
}

/** L_sup by its definition, in float64. */
function supReference(video: Matrix, music: Matrix, pairs: PairTraits[], excludeOwnPair: boolean): number {
  const labelled = pairs.flatMap(({ labels }, i) => (labels.length > 0 ? [i] : []));
  if (labelled.length < 2) return 0;
  const weight = (i: number, j: number) => {
    if (excludeOwnPair && i === j) return 0;
    const shared = pairs[i].labels.filter((label) => pairs[j].labels.includes(label)).length;
    return shared / new Set([...pairs[i].labels, ...pairs[j].labels]).size;
  };
  const oneWay = (from: Matrix, to: Matrix) =>
    average(
      labelled.flatMap((i) => {
        const total = labelled.reduce((sum, j) => sum + weight(i, j), 0);
        if (total === 0) return [];
        const logits = labelled.map((k) => inner(from[i], to[k]) / TEMPERATURE);
        const normaliser = logSumExp(logits);
        return -labelled.reduce((sum, j, at) => sum + weight(i, j) * (logits[at] - normaliser), 0) / total;
      }),
    );
  return (oneWay(video, music) + oneWay(music, video)) / 2;
}

/** Unit rows, exactly representable in float32. */
function unitRows(count: number, seed: number): Matrix {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const row = Array.from({ length: WIDTH }, () => random.normal());
    const length = Math.sqrt(inner(row, row));
    return row.map((value) => Math.fround(value / length));
  });
}

function numericalGradient(matrix: Matrix, loss: (matrix: Matrix) => number): number[] {
  const step = 1e-5;
  return matrix.flatMap((row, i) =>
    row.map((_, k) => {
      const moved = (by: number) => matrix.map((r, at) => (at === i ? r.with(k, r[k] + by) : r));
      return (loss(moved(step)) - loss(moved(-step))) / (2 * step);
    }),
  );
}

function inTensorFlow(video: Matrix, music: Matrix, targets: ContrastiveTargets) {
  const logTemperature = tf.scalar(Math.log(TEMPERATURE));
  const loss = (v: Tensor2D, m: Tensor2D, t: Scalar) => contrastiveLoss(v, m, t, targets);
  const { value, grads } = tf.valueAndGrads(loss as never)([
    tf.tensor2d(video),
    tf.tensor2d(music),
    logTemperature,
  ]);
  const [ofVideo, ofMusic, ofLogTemperature] = grads.map((gradient) => [...gradient.dataSync()]);
  return { value: value.dataSync()[0], ofVideo, ofMusic, ofLogTemperature: ofLogTemperature[0] };
}

function expectClose(actual: number[], expected: number[]) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `element ${i}`).toBeLessThan(1e-4);
  });
}

const pair = (trackId: string, labels: string[] = [], source: string | null = null): PairTraits => ({
  trackId,
  labels,
  source,
});

const CASES: Record<string, PairTraits[]> = {
  'labels that overlap in part, some unlabelled': [
    pair('a', ['jazz', 'blues']),
    pair('b', ['jazz']),
    pair('c', []),
    pair('d', ['rock', 'blues', 'jazz']),
    pair('e', ['rock']),
    pair('f', []),
  ],
  'one label for all': [pair('a', ['x']), pair('b', ['x']), pair('c', ['x']), pair('d', ['x'])],
  'no positives but the own pair': [pair('a', ['x']), pair('b', ['y']), pair('c', ['z']), pair('d', [])],
  'one labelled pair': [pair('a', ['x']), pair('b'), pair('c')],
  'all unlabelled': [pair('a'), pair('b'), pair('c')],
  'a source and a track that come twice': [
    pair('a', ['x'], 's'),
    pair('b', ['x'], 's'),
    pair('c', ['y'], 't'),
    pair('c', ['y'], null),
    pair('d', ['y'], null),
  ],
  'nothing but one source': [pair('a', ['x'], 's'), pair('b', ['y'], 's')],
};

describe('contrastive losses', () => {
  beforeAll(async () => {
    await startTensorFlow();
  });

  for (const [name, pairs] of Object.entries(CASES)) {
    const video = unitRows(pairs.length, 1);
    const music = unitRows(pairs.length, 2);
    const losses = {
      ssl: { targets: () => toSslTargets(pairs), reference: sslReference },
      sup: {
        targets: () => toSupTargets(pairs, false),
        reference: (v: Matrix, m: Matrix, p: PairTraits[]) => supReference(v, m, p, false),
      },
      'sup without the own pair': {
        targets: () => toSupTargets(pairs, true),
        reference: (v: Matrix, m: Matrix, p: PairTraits[]) => supReference(v, m, p, true),
      },
    };
    for (const [loss, { targets, reference }] of Object.entries(losses)) {
      it(`${loss} has the value and the gradient of its definition: ${name}`, () => {
        const actual = inTensorFlow(video, music, targets());
        expect(actual.value).toBeCloseTo(reference(video, music, pairs), 5);
        expectClose(
          actual.ofVideo,
          numericalGradient(video, (moved) => reference(moved, music, pairs)),
        );
        expectClose(
          actual.ofMusic,
          numericalGradient(music, (moved) => reference(video, moved, pairs)),
        );
      });
    }
  }

  it('is exactly 0, with no gradient, where fewer than two pairs are labelled', () => {
    for (const pairs of [CASES['one labelled pair'], CASES['all unlabelled']]) {
      const actual = inTensorFlow(unitRows(3, 1), unitRows(3, 2), toSupTargets(pairs, false));
      expect(Math.abs(actual.value)).toBe(0);
      expect(actual.ofVideo.every((slope) => Math.abs(slope) === 0)).toBe(true);
    }
  });

  it('has the gradient of the temperature', () => {
    const pairs = CASES['labels that overlap in part, some unlabelled'];
    const [video, music] = [unitRows(pairs.length, 1), unitRows(pairs.length, 2)];
    const { ofLogTemperature } = inTensorFlow(video, music, toSslTargets(pairs));
    const step = 1e-4;
    // A temperature times e^h is the same as similarities divided by e^h.
    const scaled = (by: number) => video.map((row) => row.map((value) => value * Math.exp(-by)));
    const expected =
      (sslReference(scaled(step), music, pairs) - sslReference(scaled(-step), music, pairs)) / (2 * step);
    expect(ofLogTemperature).toBeCloseTo(expected, 4);
  });
});
