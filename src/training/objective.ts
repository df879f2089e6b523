import { SPACES, type Space } from '../head/head.ts';
import { add, scale, toUnitRows } from '../head/operations.ts';
import type { Scalar, Tensor, Tensor2D } from '../head/tensorflow.ts';
import type { Modality } from '../media/media.ts';
import { perModality } from './head-set.ts';
import { type ContrastiveTargets, contrastiveLoss } from './losses.ts';
import type { LossWeights, TrainingOptions } from './options.ts';

/** The batch's unit rows [n, d], of the spaces that are trained. */
export type BatchRows = Partial<Record<Space, Record<Modality, Tensor2D>>>;

/** One part of the loss, before its weight. */
export interface LossPart {
  name: keyof LossWeights;
  value: Scalar;
}

/** The spaces that a loss reaches, those together that share parameters or a loss. */
export function tiedSpaces({
  lossWeights: { ssl, sup, joint },
  trunk,
}: Pick<TrainingOptions, 'lossWeights' | 'trunk'>): Space[][] {
  const isTrained = { ssl: ssl > 0 || joint > 0, sup: sup > 0 || joint > 0 };
  const trained = SPACES.filter((space) => isTrained[space]);
  return trunk === 'shared' || joint > 0 ? [trained] : trained.map((space) => [space]);
}

/** The parts of the loss whose weight is not 0, of the spaces in `rows`; `alpha` is this step's for the joint part. */
export function lossParts(
  rows: BatchRows,
  targets: Record<Space, ContrastiveTargets>,
  weights: LossWeights,
  alpha: number,
  logTemperatures: Record<Space, Scalar>,
): LossPart[] {
  const lossOf = ({ VIDEO, MUSIC }: Record<Modality, Tensor2D>, space: Space) =>
    contrastiveLoss(VIDEO, MUSIC, logTemperatures[space], targets[space]);
  const { ssl, sup } = rows;
  const parts: LossPart[] = [];
  if (ssl && weights.ssl > 0) parts.push({ name: 'ssl', value: lossOf(ssl, 'ssl') });
  if (sup && weights.sup > 0) parts.push({ name: 'sup', value: lossOf(sup, 'sup') });
  if (ssl && sup && weights.joint > 0) {
    const z = perModality((modality) => toUnitRows(blend(ssl[modality], sup[modality], alpha)));
    parts.push({ name: 'joint', value: blend(lossOf(z, 'ssl'), lossOf(z, 'sup'), alpha) });
  }
  return parts;
}

/** Σ weight · part. */
export function totalLoss(parts: readonly LossPart[], weights: LossWeights): Scalar {
  return parts.map(({ name, value }) => scale(value, weights[name])).reduce((sum, part) => add(sum, part));
}

/** (1−α)·a + α·b. */
function blend<Shape extends Tensor>(a: Shape, b: Shape, alpha: number): Shape {
  return add(scale(a, 1 - alpha), scale(b, alpha));
}
