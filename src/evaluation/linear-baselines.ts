import { measureFeatures, standardise } from '../head/initial-weights.ts';
import type { Modality } from '../media/media.ts';
import { createRandom } from '../shared/random.ts';
import { dot, toUnit, weightedSum } from '../shared/vector-math.ts';
import type { FeatureGallery, FeatureItem } from './baselines.ts';
import { type PrincipalAxes, principalAxes, singularVectors } from './decompositions.ts';
import type { EvaluationItem, EvaluationSet } from './items.ts';
import { mean } from './metrics.ts';

/** A pair as linear methods are fitted on it. */
export interface LinearPair {
  music: readonly Float32Array[];
  video: readonly Float32Array[];
  labels: readonly string[];
  /** Pairs of one component are never on both sides of a cross-validation. */
  componentKey: string;
}

/** Features of one segment → a vector of the common space; its length carries no meaning. */
type Projection = (features: Float32Array) => Float64Array;
export type LinearProjections = Record<Modality, Projection>;

/** Principal axes that are kept of each modality. */
const MOST_AXES = 192;
/** Added to each axis's variance; standardised features have variances around 1. */
const REGULARISATIONS = [0.03, 0.1, 0.3, 1, 3, 10];
const CCA_DIMENSIONS = [4, 8, 16, 32, 64];
const FOLDS = 5;
const LEAST_PAIRS = 4;

/** Centred scores of the rows along their principal axes, and how a new row gets there. */
interface Reduced {
  rows: Float64Array[];
  variances: number[];
  reduce(features: Float32Array): Float64Array;
}

/**
 * Canonical correlation analysis with a ridge: the directions of both modalities' standardised features that are
 * correlated most over the pairs, each weighted by the root of its correlation. Ridge and number of directions are
 * those of the best MRR in a cross-validation over components. Null for fewer than four pairs.
 */
export function fitCca(pairs: readonly LinearPair[]): LinearProjections | null {
  if (pairs.length < LEAST_PAIRS) return null;
  const grid = REGULARISATIONS.flatMap((regularisation) =>
    CCA_DIMENSIONS.map((dimension) => ({ regularisation, dimension })),
  );
  const figures = grid.map(() => [] as number[]);
  for (const { fit, held } of toFolds(pairs)) {
    const reduced = reduceBoth(fit);
    REGULARISATIONS.forEach((regularisation, r) => {
      const project = correlate(reduced, regularisation);
      CCA_DIMENSIONS.forEach((dimension, d) => {
        figures[r * CCA_DIMENSIONS.length + d].push(reciprocalRank(held, project(dimension)));
      });
    });
  }
  const { regularisation, dimension } = grid[indexOfBest(figures.map(mean))];
  return correlate(reduceBoth(pairs), regularisation)(dimension);
}

/**
 * Ridge regression of each modality's standardised features onto the labels; items are compared by their predicted
 * labels. The ridge is the one with the least squared error in a cross-validation over components. Null where fewer
 * than four pairs are labelled, or all alike.
 */
export function fitRidge(pairs: readonly LinearPair[]): LinearProjections | null {
  const labelled = pairs.filter(({ labels }) => labels.length > 0);
  const labels = [...new Set(labelled.flatMap((pair) => pair.labels))].sort();
  if (labelled.length < LEAST_PAIRS || labels.length < 2) return null;
  const targetsOf = (some: readonly LinearPair[]) =>
    some.map((pair) => labels.map((label) => (pair.labels.includes(label) ? 1 : 0)));
  const fitSide = (modality: Modality): Projection => {
    const errors = REGULARISATIONS.map(() => [] as number[]);
    for (const { fit, held } of toFolds(labelled)) {
      const reduced = reduce(rowsOf(fit, modality));
      const heldRows = rowsOf(held, modality);
      const heldTargets = targetsOf(held);
      REGULARISATIONS.forEach((regularisation, r) => {
        const predict = regress(reduced, targetsOf(fit), regularisation);
        const squares = heldRows.map((row, i) =>
          mean(predict(row).values.map((value, j) => (value - heldTargets[i][j]) ** 2)),
        );
        errors[r].push(-mean(squares));
      });
    }
    const regularisation = REGULARISATIONS[indexOfBest(errors.map(mean))];
    const predict = regress(reduce(rowsOf(labelled, modality)), targetsOf(labelled), regularisation);
    return (features) => Float64Array.from(predict(features).centred);
  };
  return { MUSIC: fitSide('MUSIC'), VIDEO: fitSide('VIDEO') };
}

/** The items in the common space. Both spaces hold the same vector, so that every α ranks alike. */
export function embedLinear(
  { tracks, videos, pairs }: FeatureGallery,
  projections: LinearProjections,
): EvaluationSet {
  const embed = (items: readonly FeatureItem[], modality: Modality): EvaluationItem[] =>
    items.map(({ features, ...item }) => ({
      ...item,
      segments: features.map((row) => {
        const vector = toUnit(projections[modality](row));
        return { ssl: vector, sup: vector };
      }),
    }));
  return { tracks: embed(tracks, 'MUSIC'), videos: embed(videos, 'VIDEO'), pairs };
}

/** Both modalities whitened, the cross-covariance decomposed; then any number of directions can be had. */
function correlate(
  { MUSIC: music, VIDEO: video }: Record<Modality, Reduced>,
  regularisation: number,
): (dimension: number) => LinearProjections {
  const whiten = ({ variances }: Reduced) =>
    variances.map((variance) => 1 / Math.sqrt(variance + regularisation));
  const [musicScales, videoScales] = [whiten(music), whiten(video)];
  const cross = musicScales.map((musicScale, i) =>
    videoScales.map((videoScale, j) => {
      let sum = 0;
      for (let row = 0; row < music.rows.length; row++) sum += music.rows[row][i] * video.rows[row][j];
      return (musicScale * videoScale * sum) / music.rows.length;
    }),
  );
  const { left, values, right } = singularVectors(cross);
  const projectOn =
    ({ reduce }: Reduced, scales: readonly number[], directions: readonly Float64Array[], count: number) =>
    (features: Float32Array) => {
      const whitened = reduce(features).map((value, i) => value * scales[i]);
      return Float64Array.from(
        { length: Math.min(count, directions.length) },
        (_, i) => Math.sqrt(values[i]) * dot(whitened, directions[i]),
      );
    };
  return (dimension) => ({
    MUSIC: projectOn(music, musicScales, left, dimension),
    VIDEO: projectOn(video, videoScales, right, dimension),
  });
}

/** Predicted targets of a row, and how they differ from the mean ones. */
function regress({ rows, variances, reduce }: Reduced, targets: readonly number[][], regularisation: number) {
  const means = targets[0].map((_, label) => mean(targets.map((row) => row[label])));
  const coefficients = means.map((average, label) =>
    variances.map(
      (variance, axis) =>
        mean(rows.map((row, i) => row[axis] * (targets[i][label] - average))) / (variance + regularisation),
    ),
  );
  return (features: Float32Array): { values: number[]; centred: number[] } => {
    const scores = reduce(features);
    const centred = coefficients.map((ofLabel) => dot(scores, ofLabel));
    return { centred, values: centred.map((value, label) => value + means[label]) };
  };
}

function reduceBoth(pairs: readonly LinearPair[]): Record<Modality, Reduced> {
  return { MUSIC: reduce(rowsOf(pairs, 'MUSIC')), VIDEO: reduce(rowsOf(pairs, 'VIDEO')) };
}

function reduce(rows: readonly Float32Array[]): Reduced {
  const statistics = measureFeatures(rows);
  const standardised = rows.map((row) => standardise(row, statistics));
  const centre = weightedSum(standardised, new Array(rows.length).fill(1 / rows.length));
  const centred = standardised.map((row) => subtract(row, centre));
  const { axes, variances }: PrincipalAxes = principalAxes(centred, MOST_AXES);
  const alongAxes = (row: Float64Array) => Float64Array.from(axes, (axis) => dot(axis, row));
  return {
    rows: centred.map(alongAxes),
    variances,
    reduce: (features) => alongAxes(subtract(standardise(features, statistics), centre)),
  };
}

function subtract(row: ArrayLike<number>, centre: ArrayLike<number>): Float64Array {
  return Float64Array.from(row, (value, i) => value - centre[i]);
}

/** One row for each pair: the mean of its segments. */
function rowsOf(pairs: readonly LinearPair[], modality: Modality): Float32Array[] {
  return pairs.map((pair) => {
    const segments = modality === 'MUSIC' ? pair.music : pair.video;
    return Float32Array.from(weightedSum(segments, new Array(segments.length).fill(1 / segments.length)));
  });
}

/** Up to five parts of whole components, each held out once; nothing is held out of a single component. */
function toFolds(pairs: readonly LinearPair[]): { fit: LinearPair[]; held: LinearPair[] }[] {
  const components = createRandom(1).shuffled([...new Set(pairs.map(({ componentKey }) => componentKey))]);
  const count = Math.min(FOLDS, components.length);
  if (count < 2) return [{ fit: [...pairs], held: [...pairs] }];
  const foldOf = new Map(components.map((key, i) => [key, i % count]));
  return Array.from({ length: count }, (_, fold) => ({
    fit: pairs.filter(({ componentKey }) => foldOf.get(componentKey) !== fold),
    held: pairs.filter(({ componentKey }) => foldOf.get(componentKey) === fold),
  }));
}

/** Mean over both directions of 1 / rank of the own pair. */
function reciprocalRank(pairs: readonly LinearPair[], projections: LinearProjections): number {
  const [music, video] = (['MUSIC', 'VIDEO'] as const).map((modality) =>
    rowsOf(pairs, modality).map((row) => toUnit(projections[modality](row))),
  );
  const cosine = (i: number, j: number) => {
    const [a, b] = [video[i], music[j]];
    return a && b ? dot(a, b) : 0;
  };
  const ranks = pairs.flatMap((_, own) => {
    const score = cosine(own, own);
    const asVideo = pairs.filter((_, other) => cosine(own, other) >= score).length;
    const asMusic = pairs.filter((_, other) => cosine(other, own) >= score).length;
    return [asVideo, asMusic];
  });
  return mean(ranks.map((rank) => 1 / rank));
}

function indexOfBest(figures: readonly number[]): number {
  return figures.indexOf(Math.max(...figures));
}
