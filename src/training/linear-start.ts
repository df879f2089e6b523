import { type FitHooks, fitCca } from '../evaluation/linear-baselines.ts';
import type { Modality } from '../media/media.ts';
import { featuresOf, type LinearStart, perModality } from './head-set.ts';
import { tiedSpaces } from './objective.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingPair } from './training-set.ts';

/** Projections start this many times as long as random ones, so that a step of AdamW turns them that much less. */
const LENGTH = 6;

/** True where these options have the ssl heads start from a canonical correlation analysis. */
export function startsFromCca(options: TrainingOptions): boolean {
  const { linearStart, hasLinearSkip } = options;
  return linearStart === 'cca' && hasLinearSkip && tiedSpaces(options).flat().includes('ssl');
}

/**
 * The directions of a canonical correlation analysis of these pairs of standardised features, with their ridge and
 * number chosen by cross-validation; columns beyond them are 0. Null where there is too little to correlate. Takes some
 * 20 s for 1,200 pairs of 768 and 512 features.
 */
export function fitLinearStart(
  pairs: readonly TrainingPair[],
  outputDimension: number,
  hooks: FitHooks = {},
): Record<Modality, LinearStart> | null {
  const projections = fitCca(pairs, hooks);
  if (!projections) return null;
  const starts = perModality((modality) => {
    const rows = pairs.flatMap((pair) => featuresOf(pair, modality));
    const project = (row: Float32Array) => projections[modality](row).subarray(0, outputDimension);
    const squares = rows.flatMap((row) => [...project(row)]).reduce((sum, value) => sum + value ** 2, 0);
    const factor = LENGTH * Math.sqrt((outputDimension * rows.length) / squares);
    return Number.isFinite(factor) ? toAffineMap(project, rows[0].length, outputDimension, factor) : null;
  });
  const { MUSIC, VIDEO } = starts;
  return MUSIC && VIDEO && { MUSIC, VIDEO };
}

/** An affine map times a factor, as what it makes of the origin and of the unit vectors says. */
function toAffineMap(
  project: (row: Float32Array) => Float64Array,
  dimension: number,
  outputDimension: number,
  factor: number,
): LinearStart {
  const origin = project(new Float32Array(dimension));
  const weights = new Float32Array(dimension * outputDimension);
  for (let i = 0; i < dimension; i++) {
    const image = project(new Float32Array(dimension).fill(1, i, i + 1));
    weights.set(
      image.map((value, k) => factor * (value - origin[k])),
      i * outputDimension,
    );
  }
  const bias = new Float32Array(outputDimension);
  bias.set(origin.map((value) => factor * value));
  return { weights, bias };
}
