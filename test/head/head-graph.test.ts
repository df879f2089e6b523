import { describe, expect, it } from 'vitest';
import { createSession } from '../../src/backbone/onnx/runtime.ts';
import type { Tensor } from '../../src/backbone/onnx/tensor.ts';
import { buildHeadOnnx } from '../../src/head/head-graph.ts';
import type { HeadWeights } from '../../src/head/head-weights.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';
import { dot, norm, toUnit } from '../../src/shared/vector-math.ts';

function randomHead(
  random: Random,
  dimension: number,
  hiddenDimension: number,
  outputDimension: number,
): HeadWeights {
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  return {
    dimension,
    hiddenDimension,
    outputDimension,
    mean: normals(dimension),
    deviation: Float32Array.from({ length: dimension }, () => 0.2 + random.uniform()),
    hiddenWeights: normals(dimension * hiddenDimension),
    hiddenBias: normals(hiddenDimension),
    outputWeights: normals((dimension + hiddenDimension) * outputDimension),
    outputBias: normals(outputDimension),
  };
}

/** The definition as a plain loop in float64. */
function projectByLoop(head: HeadWeights, features: Float32Array): Float32Array | null {
  const { dimension: d, hiddenDimension: h, outputDimension: o } = head;
  const column = (weights: Float32Array, width: number, index: number) =>
    Array.from({ length: weights.length / width }, (_, row) => weights[row * width + index]);
  const standardised = Array.from({ length: d }, (_, i) =>
    Math.min(4, Math.max(-4, (features[i] - head.mean[i]) / head.deviation[i])),
  );
  const hidden = Array.from({ length: h }, (_, j) =>
    Math.max(0, dot(standardised, column(head.hiddenWeights, h, j)) + head.hiddenBias[j]),
  );
  const encoded = [...standardised, ...hidden];
  return toUnit(
    Array.from({ length: o }, (_, k) => dot(encoded, column(head.outputWeights, o, k)) + head.outputBias[k]),
  );
}

async function runHeads(onnx: Uint8Array, features: Float32Array[], dimension: number) {
  const session = await createSession(onnx, { device: 'cpu' });
  const batch = Float32Array.from(features.flatMap((vector) => [...vector]));
  const outputs = await session.run({
    features: { type: 'float32', data: batch, dims: [features.length, dimension] },
  });
  await session.close();
  return outputs as Record<string, Extract<Tensor, { type: 'float32' }>>;
}

describe('buildHeadOnnx', () => {
  it('computes the definition, with clipping, in both spaces of different sizes', async () => {
    const random = createRandom(5);
    const heads = { ssl: randomHead(random, 24, 16, 8), sup: randomHead(random, 24, 10, 12) };
    const features = Array.from({ length: 7 }, (_, row) =>
      Float32Array.from({ length: 24 }, () => random.normal() * (row + 1) * 2),
    );
    const outputs = await runHeads(buildHeadOnnx({ modality: 'MUSIC', ...heads }), features, 24);
    for (const space of ['ssl', 'sup'] as const) {
      const width = heads[space].outputDimension;
      expect(outputs[space].dims).toEqual([7, width]);
      features.forEach((vector, row) => {
        const actual = outputs[space].data.subarray(row * width, (row + 1) * width);
        const expected = projectByLoop(heads[space], vector);
        expect(expected).not.toBeNull();
        expect(norm(actual)).toBeCloseTo(1, 6);
        expected?.forEach((value, i) => {
          expect(actual[i]).toBeCloseTo(value, 5);
        });
      });
    }
  });

  it('gives zeros, not NaN, where the projection is zero', async () => {
    const random = createRandom(6);
    const head = randomHead(random, 4, 3, 5);
    const silent = { ...head, outputWeights: new Float32Array(7 * 5), outputBias: new Float32Array(5) };
    const onnx = buildHeadOnnx({ modality: 'VIDEO', ssl: silent, sup: head });
    const outputs = await runHeads(onnx, [new Float32Array(4)], 4);
    expect([...outputs.ssl.data]).toEqual([0, 0, 0, 0, 0]);
    expect(norm(outputs.sup.data)).toBeCloseTo(1, 6);
  });

  it('gives the same bytes for the same weights', () => {
    const build = () =>
      buildHeadOnnx({
        modality: 'MUSIC',
        ssl: randomHead(createRandom(1), 4, 3, 5),
        sup: randomHead(createRandom(2), 4, 3, 5),
      });
    expect(Buffer.from(build()).equals(Buffer.from(build()))).toBe(true);
  });

  it('refuses weights that do not fit and names each', () => {
    const head = randomHead(createRandom(1), 4, 3, 5);
    const wrong = { ...head, mean: new Float32Array(3), deviation: new Float32Array(4) };
    expect(() => buildHeadOnnx({ modality: 'MUSIC', ssl: wrong, sup: head })).toThrow(
      /ssl.*mean has 3 elements, not 4.*deviation is not above 0/,
    );
  });
});
