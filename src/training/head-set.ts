import { SPACES, type Space, type SpaceVectors } from '../head/head.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { createInitialWeights, type FeatureStatistics, standardise } from '../head/initial-weights.ts';
import { type Tensor2D, tf } from '../head/tensorflow.ts';
import { createTrainableHead, type TrainableHead } from '../head/trainable-head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import type { Random } from '../shared/random.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingPair } from './training-set.ts';

/** The four heads that make an embedder. */
export type HeadWeightsSet = Record<Modality, Record<Space, HeadWeights>>;
export type TrainableHeadSet = Record<Modality, Record<Space, TrainableHead>>;

/** Where a head's linear skip starts: x̂ ↦ x̂·weights + bias. */
export interface LinearStart {
  /** [d, o] in row-major order. */
  weights: Float32Array;
  /** [o] */
  bias: Float32Array;
}

/** Heads with seeded random weights, but for the ssl heads' linear skip where a start is given. */
export function createHeadSet(
  statistics: Record<Modality, FeatureStatistics>,
  options: Pick<TrainingOptions, 'hiddenDimension' | 'outputDimension' | 'trunk' | 'hasLinearSkip'>,
  random: Random,
  sslStart: Record<Modality, LinearStart> | null,
): TrainableHeadSet {
  const { hiddenDimension, outputDimension, trunk, hasLinearSkip } = options;
  return perModality((modality) => {
    const shape = { dimension: statistics[modality].mean.length, hiddenDimension, outputDimension };
    const initialOf = (space: Space) =>
      createInitialWeights(shape, statistics[modality], random.fork(`${modality} ${space}`));
    const initialSsl = initialOf('ssl');
    if (sslStart) {
      initialSsl.outputWeights.set(sslStart[modality].weights);
      initialSsl.outputBias.set(sslStart[modality].bias);
    }
    const ssl = createTrainableHead(initialSsl, { hasLinearSkip });
    const shared = trunk === 'shared' ? { trunk: ssl.trunk } : {};
    return { ssl, sup: createTrainableHead(initialOf('sup'), { hasLinearSkip, ...shared }) };
  });
}

export function toWeightsSet(heads: TrainableHeadSet): HeadWeightsSet {
  return perModality((modality) => perSpace((space) => heads[modality][space].toHeadWeights()));
}

export function listHeads(heads: TrainableHeadSet, spaces: readonly Space[] = SPACES): TrainableHead[] {
  return MODALITIES.flatMap((modality) => spaces.map((space) => heads[modality][space]));
}

/** Unit vectors of feature rows by the heads as they stand. */
export function projectRows(
  heads: HeadWeightsSet,
  modality: Modality,
  rows: readonly Float32Array[],
): SpaceVectors[] {
  const weights = heads[modality];
  const standardised = toMatrix(rows.map((row) => standardise(row, weights.ssl)));
  const bySpace = perSpace((space) => {
    const head = createTrainableHead(weights[space]);
    const matrix = tf.tidy(() => head.forward(standardised, null).dataSync() as Float32Array);
    head.dispose();
    return toRows(matrix, weights[space].outputDimension);
  });
  standardised.dispose();
  return rows.map((_, row) => ({ ssl: bySpace.ssl[row], sup: bySpace.sup[row] }));
}

/** Rows of one length as a tensor. */
export function toMatrix(rows: readonly Float32Array[]): Tensor2D {
  const width = rows[0].length;
  const matrix = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    matrix.set(row, index * width);
  });
  return tf.tensor2d(matrix, [rows.length, width]);
}

/** A matrix in row-major order as its rows. */
export function toRows(matrix: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: matrix.length / width }, (_, row) =>
    matrix.slice(row * width, (row + 1) * width),
  );
}

/** A pair's segments of one modality. */
export function featuresOf(pair: TrainingPair, modality: Modality): Float32Array[] {
  return modality === 'MUSIC' ? pair.music : pair.video;
}

export function perModality<T>(make: (modality: Modality) => T): Record<Modality, T> {
  return { MUSIC: make('MUSIC'), VIDEO: make('VIDEO') };
}

export function perSpace<T>(make: (space: Space) => T): Record<Space, T> {
  return { ssl: make('ssl'), sup: make('sup') };
}
