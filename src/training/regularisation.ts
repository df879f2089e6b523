import { type Tensor2D, tf } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import type { Random } from '../shared/random.ts';
import { featuresOf, toMatrix } from './head-set.ts';
import type { TrainingOptions } from './options.ts';
import type { BatchEntry } from './sampler.ts';

/** The batch's standardised features of one modality, each number that heads look at with its own noise. */
export function toNoisyInput(
  batch: readonly BatchEntry[],
  modality: Modality,
  { featureNoise, ignoredFeatures }: Pick<TrainingOptions, 'featureNoise' | 'ignoredFeatures'>,
  noise: Random,
): Tensor2D {
  const rows = batch.map(({ pair, musicSegment, videoSegment }) => {
    const segment = modality === 'MUSIC' ? musicSegment : videoSegment;
    const row = featuresOf(pair, modality)[segment].map((value) => value + featureNoise * noise.normal());
    for (const { start, end } of ignoredFeatures[modality]) row.fill(0, start, end);
    return row;
  });
  return toMatrix(rows);
}

/** 0 for a dropped unit, else 1 / (1 − rate), so that the mean stays. */
export function toDropoutMask(
  rows: number,
  { dropout, hiddenDimension }: Pick<TrainingOptions, 'dropout' | 'hiddenDimension'>,
  noise: Random,
): Tensor2D | null {
  if (dropout === 0) return null;
  const mask = Float32Array.from({ length: rows * hiddenDimension }, () =>
    noise.uniform() < dropout ? 0 : 1 / (1 - dropout),
  );
  return tf.tensor2d(mask, [rows, hiddenDimension]);
}
