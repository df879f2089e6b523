import { PROFILES } from '../../src/backbone/registry.ts';
import { createIdentity } from '../../src/bundle/identity.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { buildHeadOnnx } from '../../src/head/head-graph.ts';
import type { HeadWeights } from '../../src/head/head-weights.ts';
import type { Modality } from '../../src/media/media.ts';
import { SEGMENT_RULE, type Services } from '../../src/services.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';

/**
 * Writes a bundle whose heads were never trained, on the built-in backbones or on others: everything runs as with a
 * trained one, and what it finds means nothing. It reads texts where the video backbone does. Returns its id.
 */
export async function writeRandomBundle(
  { config, backbones }: Pick<Services, 'config' | 'backbones'>,
  dimension: number,
  backboneIds: Record<Modality, string> = PROFILES.lite,
): Promise<string> {
  const random = createRandom(1);
  const toOnnx = (modality: Modality | 'TEXT', featureDimension: number) =>
    buildHeadOnnx({
      modality,
      ssl: randomHead(featureDimension, dimension, random),
      sup: randomHead(featureDimension, dimension, random),
    });
  const createHeads = async (modality: Modality) => {
    const backbone = await backbones.open(backboneIds[modality]);
    return {
      onnx: toOnnx(modality, backbone.dimension),
      backboneId: backbone.id,
      backboneSha256: backbone.sha256,
      featureDimension: backbone.dimension,
    };
  };
  const heads = { MUSIC: await createHeads('MUSIC'), VIDEO: await createHeads('VIDEO') };
  const reader = await backbones.openText(backboneIds.VIDEO);
  const text = reader && {
    onnx: toOnnx('TEXT', heads.VIDEO.featureDimension),
    towerSha256: reader.sha256,
    tokenizerSha256: reader.tokenizerSha256,
    gapClosing: 'centring' as const,
  };
  const identity = createIdentity(
    heads,
    {
      sslDimension: dimension,
      supDimension: dimension,
      segmentRule: SEGMENT_RULE,
      normalisation: 'unit',
      labelField: 'genres',
    },
    text,
  );
  const { id } = await writeBundle(config.directories.bundles, {
    identity,
    heads: { MUSIC: heads.MUSIC.onnx, VIDEO: heads.VIDEO.onnx },
    textHeads: text?.onnx ?? null,
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
