import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInference } from '../../src/backbone/inference-client.ts';
import { createGraphBuilder } from '../../src/backbone/onnx/graph-builder.ts';
import { zeros } from '../../src/backbone/onnx/tensor.ts';
import { createEmbedder } from '../../src/embedding/embedder.ts';
import type { HeadFile } from '../../src/embedding/open-heads.ts';
import { buildHeadOnnx } from '../../src/head/head-graph.ts';
import type { HeadWeights } from '../../src/head/head-weights.ts';
import type { Modality } from '../../src/media/media.ts';
import { IntegrityError } from '../../src/shared/errors.ts';
import { createRandom } from '../../src/shared/random.ts';
import { norm } from '../../src/shared/vector-math.ts';
import { DEVICE_UNDER_TEST } from '../support/device-under-test.ts';

const FEATURE_DIMENSIONS = { MUSIC: 6, VIDEO: 9 };
const dimensions = { ssl: 5, sup: 3 };
const inference = createInference({ device: DEVICE_UNDER_TEST });
let directory: string;
let headFiles: Record<Modality, HeadFile>;

/** Its sup projection is zero for features of zero, since its bias is. */
function randomHead(dimension: number, outputDimension: number, seed: number): HeadWeights {
  const random = createRandom(seed);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  return {
    dimension,
    hiddenDimension: 4,
    outputDimension,
    mean: new Float32Array(dimension),
    deviation: new Float32Array(dimension).fill(1),
    hiddenWeights: normals(dimension * 4),
    hiddenBias: new Float32Array(4),
    outputWeights: normals((dimension + 4) * outputDimension),
    outputBias: new Float32Array(outputDimension),
  };
}

async function writeHeads(modality: Modality): Promise<HeadFile> {
  const dimension = FEATURE_DIMENSIONS[modality];
  const onnx = buildHeadOnnx({
    modality,
    ssl: randomHead(dimension, dimensions.ssl, 1),
    sup: randomHead(dimension, dimensions.sup, 2),
  });
  return writeHeadFile(modality, onnx, dimension);
}

async function writeHeadFile(name: string, onnx: Uint8Array, featureDimension: number): Promise<HeadFile> {
  const path = join(directory, `${name}.onnx`);
  await writeFile(path, onnx);
  return { path, sha256: createHash('sha256').update(onnx).digest('hex'), featureDimension };
}

interface HeadShape {
  inputName?: string;
  /** The widths of the outputs. */
  outputs: Record<string, number>;
  /** Declares no widths; the outputs are as wide as what it is fed. */
  isOpen?: boolean;
  /** Divides the projections. */
  divisor?: number;
}

/** Projects features of 6 zeros to zeros. */
function blankHeads({ inputName = 'features', outputs, isOpen = false, divisor = 1 }: HeadShape): Uint8Array {
  const graph = createGraphBuilder('heads');
  const features = graph.input(inputName, 'float32', ['batch', isOpen ? 'width' : 6]);
  const by = graph.constant({ type: 'float32', data: Float32Array.of(divisor), dims: [] });
  for (const [name, width] of Object.entries(outputs)) {
    const weights = graph.constant(zeros('float32', [6, width]));
    const projected = isOpen ? features : graph.node('MatMul', [features, weights]);
    const dims = ['batch', isOpen ? 'width' : width];
    graph.output(graph.node('Div', [projected, by]), { name, type: 'float32', dims });
  }
  return graph.build();
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heads-'));
  headFiles = { MUSIC: await writeHeads('MUSIC'), VIDEO: await writeHeads('VIDEO') };
});
afterAll(async () => {
  await inference.close();
  await rm(directory, { recursive: true, force: true });
});

describe('createEmbedder', () => {
  it('projects each modality to unit vectors, the same alone and in a batch', async () => {
    const embedder = await createEmbedder({ bundleId: 'b', dimensions, headFiles, inference });
    const random = createRandom(3);
    for (const modality of ['MUSIC', 'VIDEO'] as const) {
      const features = Array.from({ length: 300 }, () =>
        Float32Array.from({ length: FEATURE_DIMENSIONS[modality] }, () => random.normal()),
      );
      const vectors = await embedder.project(modality, features);
      expect(vectors).toHaveLength(300);
      for (const { ssl, sup } of vectors) {
        expect(norm(ssl ?? [])).toBeCloseTo(1, 5);
        expect(norm(sup ?? [])).toBeCloseTo(1, 5);
        expect([ssl?.length, sup?.length]).toEqual([5, 3]);
      }
      const [alone] = await embedder.project(modality, [features[299]]);
      alone.ssl?.forEach((value, i) => {
        expect(value).toBeCloseTo(vectors[299].ssl?.[i] ?? Number.NaN, 5);
      });
    }
    await embedder.close();
  });

  it('gives null for a projection without direction', async () => {
    const embedder = await createEmbedder({ bundleId: 'b', dimensions, headFiles, inference });
    expect(await embedder.project('MUSIC', [new Float32Array(6)])).toEqual([{ ssl: null, sup: null }]);
    await embedder.close();
  });

  it('refuses features of the wrong length or not finite, before they reach the device', async () => {
    const embedder = await createEmbedder({ bundleId: 'b', dimensions, headFiles, inference });
    await expect(embedder.project('MUSIC', [new Float32Array(9)])).rejects.toThrow('9 dimensions');
    await expect(embedder.project('VIDEO', [new Float32Array(9).fill(Number.NaN)])).rejects.toThrow(
      'not finite',
    );
    await expect(embedder.project('VIDEO', [new Float32Array(9).fill(1)])).resolves.toHaveLength(1);
    await embedder.close();
  });

  it.each<[string, HeadShape, number, RegExp]>([
    ['another input', { inputName: 'x', outputs: dimensions }, 6, /no input features; it has x/],
    ['other features', { outputs: dimensions }, 7, /input features has a length of 6, not 7/],
    ['no sup', { outputs: { ssl: 5 } }, 6, /no output sup; it has ssl/],
    ['another width', { outputs: { ssl: 5, sup: 4 } }, 6, /output sup has a length of 4, not 3/],
    [
      'a width that only a run tells',
      { outputs: dimensions, isOpen: true },
      6,
      /gave \[1, 6\] as ssl of 1 feature vectors, not \[1, 5\]/,
    ],
    [
      'outputs that are not finite',
      { outputs: dimensions, divisor: 0 },
      6,
      /does not run on features of zeros/,
    ],
  ])('refuses heads of %s when they are opened, and leaves none open', async (_, shape, width, message) => {
    const MUSIC = await writeHeadFile('other', blankHeads(shape), width);
    const refused = createEmbedder({
      bundleId: 'b',
      dimensions,
      headFiles: { ...headFiles, MUSIC },
      inference,
    });
    await expect(refused).rejects.toThrow(IntegrityError);
    await expect(refused).rejects.toThrow(message);
    expect(inference.device()).toBeNull();
  });

  it('refuses a head file that is not the one of the bundle', async () => {
    const swapped = { ...headFiles, VIDEO: { ...headFiles.VIDEO, path: headFiles.MUSIC.path } };
    await expect(
      createEmbedder({ bundleId: 'b', dimensions, headFiles: swapped, inference }),
    ).rejects.toBeInstanceOf(IntegrityError);
  });
});
