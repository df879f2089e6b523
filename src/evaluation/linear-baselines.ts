import type { Modality } from '../media/media.ts';
import { createRandom } from '../shared/random.ts';
import { dot, toUnit, weightedSum } from '../shared/vector-math.ts';
import type { FeatureGallery, FeatureItem } from './baselines.ts';
import { innerProducts, outerProducts, singularVectors } from './decompositions.ts';
import type { EvaluationItem, EvaluationSet } from './items.ts';
import { mean } from './metrics.ts';
import { type Projection, type Reduction, reduce, subtract } from './reduction.ts';

/** A pair as linear methods are fitted on it. */
export interface LinearPair {
  music: readonly Float32Array[];
  video: readonly Float32Array[];
  labels: readonly string[];
  /** Pairs of one component are never on both sides of a cross-validation. */
  componentKey: string;
}

export type LinearProjections = Record<Modality, Projection>;

export interface FitHooks {
  /** Called every second or so, between two parts of the work; what it throws ends the fit. */
  onPause?: () => void;
}

/** Added to each axis's variance; standardised features have variances around 1. */
const REGULARISATIONS = [0.03, 0.1, 0.3, 1, 3, 10];
const CCA_DIMENSIONS = [4, 8, 16, 32, 64];
const FOLDS = 5;
/** Pairs that a fold is scored on; beyond, they are drawn. */
const MOST_HELD_PAIRS = 400;
const LEAST_PAIRS = 4;

/** A pair by the means of its segments. */
interface PairRow extends Record<Modality, Float32Array>, Pick<LinearPair, 'labels' | 'componentKey'> {}

/** Directions [axes] along each modality's principal axes, the most important first. */
type Directions = Record<Modality, Float64Array[]>;

/**
 * Canonical correlation analysis with a ridge: the directions of both modalities' standardised features that are
 * correlated most over the pairs, each weighted by the root of its correlation. Ridge and number of directions are
 * those of the best MRR in a cross-validation over components. Null for fewer than four pairs.
 */
export function fitCca(pairs: readonly LinearPair[], { onPause }: FitHooks = {}): LinearProjections | null {
  if (pairs.length < LEAST_PAIRS) return null;
  const rows = pairs.map(averageSegments);
  const grid = REGULARISATIONS.flatMap((regularisation) =>
    CCA_DIMENSIONS.map((dimension) => ({ regularisation, dimension })),
  );
  const figures = grid.map(() => [] as number[]);
  for (const { fit, held } of toFolds(rows)) {
    const reductions = reduceBoth(fit, onPause);
    const directionsAt = correlate(reductions);
    const scores = {
      MUSIC: reductions.MUSIC.reduce(rowsOf(held, 'MUSIC')),
      VIDEO: reductions.VIDEO.reduce(rowsOf(held, 'VIDEO')),
    };
    REGULARISATIONS.forEach((regularisation, r) => {
      onPause?.();
      const directions = directionsAt(regularisation);
      const music = innerProducts(scores.MUSIC, directions.MUSIC);
      const video = innerProducts(scores.VIDEO, directions.VIDEO);
      CCA_DIMENSIONS.forEach((dimension, d) => {
        const [first, second] = [music, video].map((all) => all.map((row) => row.subarray(0, dimension)));
        figures[r * CCA_DIMENSIONS.length + d].push(reciprocalRank(first, second));
      });
    });
  }
  const { regularisation, dimension } = grid[indexOfBest(figures.map(mean))];
  const reductions = reduceBoth(rows, onPause);
  const directions = correlate(reductions)(regularisation);
  return {
    MUSIC: reductions.MUSIC.toProjection(directions.MUSIC.slice(0, dimension)),
    VIDEO: reductions.VIDEO.toProjection(directions.VIDEO.slice(0, dimension)),
  };
}

/**
 * Ridge regression of each modality's standardised features onto the labels; items are compared by their predicted
 * labels. The ridge is the one with the least squared error in a cross-validation over components. Null where fewer
 * than four pairs are labelled, or all alike.
 */
export function fitRidge(pairs: readonly LinearPair[], { onPause }: FitHooks = {}): LinearProjections | null {
  const labelled = pairs.filter(({ labels }) => labels.length > 0).map(averageSegments);
  const labels = [...new Set(labelled.flatMap((pair) => pair.labels))].sort();
  if (labelled.length < LEAST_PAIRS || labels.length < 2) return null;
  const targetsOf = (some: readonly PairRow[]) =>
    some.map((pair) => Float64Array.from(labels, (label) => (pair.labels.includes(label) ? 1 : 0)));
  const fitSide = (modality: Modality): Projection => {
    const errors = REGULARISATIONS.map(() => [] as number[]);
    for (const { fit, held } of toFolds(labelled)) {
      onPause?.();
      const reduction = reduce(rowsOf(fit, modality));
      const { means, directionsAt } = regress(reduction, targetsOf(fit));
      const scores = reduction.reduce(rowsOf(held, modality));
      const differences = targetsOf(held).map((row) => subtract(row, means));
      REGULARISATIONS.forEach((regularisation, r) => {
        onPause?.();
        const predicted = innerProducts(scores, directionsAt(regularisation));
        errors[r].push(meanSquare(predicted.map((row, i) => subtract(row, differences[i]))));
      });
    }
    const regularisation = REGULARISATIONS[indexOfBest(errors.map((ofFolds) => -mean(ofFolds)))];
    onPause?.();
    const reduction = reduce(rowsOf(labelled, modality));
    return reduction.toProjection(regress(reduction, targetsOf(labelled)).directionsAt(regularisation));
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

/** Both modalities whitened, the cross-covariance decomposed. */
function correlate({
  MUSIC: music,
  VIDEO: video,
}: Record<Modality, Reduction>): (regularisation: number) => Directions {
  const products = outerProducts(music.scores, video.scores);
  return (regularisation) => {
    const [musicScales, videoScales] = [music, video].map(({ variances }) =>
      variances.map((variance) => 1 / Math.sqrt(variance + regularisation)),
    );
    const whitened = products.map((row, i) =>
      row.map((sum, j) => (musicScales[i] * videoScales[j] * sum) / music.scores.length),
    );
    const { left, values, right } = singularVectors(whitened);
    const weigh = (vectors: readonly Float64Array[], scales: readonly number[]) =>
      vectors
        .slice(0, Math.max(...CCA_DIMENSIONS))
        .map((vector, at) => vector.map((value, i) => Math.sqrt(values[at]) * scales[i] * value));
    return { MUSIC: weigh(left, musicScales), VIDEO: weigh(right, videoScales) };
  };
}

/** The targets' means, and the directions whose products with scores predict how targets differ from them. */
function regress({ scores, variances }: Reduction, targets: readonly Float64Array[]) {
  const means = weightedSum(targets, new Array(targets.length).fill(1 / targets.length));
  const centred = targets.map((row) => subtract(row, means));
  const products = outerProducts(centred, scores);
  const directionsAt = (regularisation: number) =>
    products.map((row) =>
      row.map((product, axis) => product / scores.length / (variances[axis] + regularisation)),
    );
  return { means, directionsAt };
}

function reduceBoth(rows: readonly PairRow[], onPause: FitHooks['onPause']): Record<Modality, Reduction> {
  const reduceOne = (modality: Modality) => {
    onPause?.();
    return reduce(rowsOf(rows, modality));
  };
  return { MUSIC: reduceOne('MUSIC'), VIDEO: reduceOne('VIDEO') };
}

function averageSegments({ music, video, labels, componentKey }: LinearPair): PairRow {
  const average = (segments: readonly Float32Array[]) =>
    Float32Array.from(weightedSum(segments, new Array(segments.length).fill(1 / segments.length)));
  return { MUSIC: average(music), VIDEO: average(video), labels, componentKey };
}

function rowsOf(rows: readonly PairRow[], modality: Modality): Float32Array[] {
  return rows.map((row) => row[modality]);
}

/** Up to five parts of whole components, each held out once; nothing is held out of a single component. */
function toFolds(rows: readonly PairRow[]): { fit: PairRow[]; held: PairRow[] }[] {
  const random = createRandom(1);
  const components = random.shuffled([...new Set(rows.map(({ componentKey }) => componentKey))]);
  const bound = (held: PairRow[]) =>
    held.length > MOST_HELD_PAIRS ? random.shuffled(held).slice(0, MOST_HELD_PAIRS) : held;
  const count = Math.min(FOLDS, components.length);
  if (count < 2) return [{ fit: [...rows], held: bound([...rows]) }];
  const foldOf = new Map(components.map((key, i) => [key, i % count]));
  return Array.from({ length: count }, (_, fold) => ({
    fit: rows.filter(({ componentKey }) => foldOf.get(componentKey) !== fold),
    held: bound(rows.filter(({ componentKey }) => foldOf.get(componentKey) === fold)),
  }));
}

/** Mean over both directions of 1 / rank of the own pair, by the cosines of both sides' rows. */
function reciprocalRank(music: readonly Float64Array[], video: readonly Float64Array[]): number {
  const toUnits = (rows: readonly Float64Array[]) => rows.map((row) => toUnit(row) ?? row.map(() => 0));
  const cosines = innerProducts(toUnits(video), toUnits(music));
  const own = cosines.map((row, i) => row[i]);
  const asVideo = new Uint32Array(own.length);
  const asMusic = new Uint32Array(own.length);
  cosines.forEach((row, i) => {
    row.forEach((cosine, j) => {
      if (cosine >= own[i]) asVideo[i]++;
      if (cosine >= own[j]) asMusic[j]++;
    });
  });
  return mean([...asVideo, ...asMusic].map((rank) => 1 / rank));
}

function meanSquare(rows: readonly Float64Array[]): number {
  return mean(rows.map((row) => dot(row, row) / row.length));
}

function indexOfBest(figures: readonly number[]): number {
  return figures.indexOf(Math.max(...figures));
}
