import { PROFILES } from '../../src/backbone/registry.ts';
import { createIdentity } from '../../src/bundle/identity.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { buildHeadOnnx } from '../../src/head/head-graph.ts';
import type { HeadWeights } from '../../src/head/head-weights.ts';
import type { Modality } from '../../src/media/media.ts';
import { SEGMENT_RULE, type Services } from '../../src/services.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';

/**
 * Writes a bundle whose heads were never trained, on the built-in backbones: everything runs as with a trained
 * one, and what it finds means nothing. Returns its id.
 */
export async function writeRandomBundle(
  { config, backbones }: Pick<Services, 'config' | 'backbones'>,
  dimension: number,
): Promise<string> {
  const random = createRandom(1);
  const createHeads = async (modality: Modality) => {
    const backbone = await backbones.open(PROFILES.lite[modality]);
    const onnx = buildHeadOnnx({
      modality,
      ssl: randomHead(backbone.dimension, dimension, random),
      sup: randomHead(backbone.dimension, dimension, random),
    });
    return {
      onnx,
      backboneId: backbone.id,
      backboneSha256: backbone.sha256,
      featureDimension: backbone.dimension,
    };
  };
  const heads = { MUSIC: await createHeads('MUSIC'), VIDEO: await createHeads('VIDEO') };
  const { id } = await writeBundle(config.directories.bundles, {
    identity: createIdentity(heads, {
      sslDimension: dimension,
      supDimension: dimension,
      segmentRule: SEGMENT_RULE,
      normalisation: 'unit',
      labelField: 'genres',
    }),
    heads: { MUSIC: heads.MUSIC.onnx, VIDEO: heads.VIDEO.onnx },
    description: {
      createdAt: '2026-01-31T09:00:00.000Z',
      profile: 'lite',
      labels: [],
      seed: 1,
      dataSha256: 'd'.repeat(64),
      splits: null,
      similarityDeviation: { ssl: 1, sup: 1 },
      balancedAlpha: 0.5,
      recommendedAlpha: 0.5,
      recommendedAlphaRule: 'balanced',
      tradeOff: [],
      training: {},
    },
    reports: {},
  });
  return id;
}

function randomHead(dimension: number, outputDimension: number, random: Random): HeadWeights {
  const hiddenDimension = 16;
  const normals = (length: number) => Float32Array.from({ length }, random.normal);
  return {
    dimension,
    hiddenDimension,
    outputDimension,
    mean: new Float32Array(dimension),
    deviation: new Float32Array(dimension).fill(1),
    hiddenWeights: normals(dimension * hiddenDimension),
    hiddenBias: normals(hiddenDimension),
    outputWeights: normals((dimension + hiddenDimension) * outputDimension),
    outputBias: normals(outputDimension),
  };
}
