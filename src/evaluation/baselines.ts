import type { SearchDirection } from '../bundle/manifest.ts';
import { applyHead } from '../head/apply-head.ts';
import { SPACES, type SpaceVectors } from '../head/head.ts';
import { createInitialWeights, measureFeatures } from '../head/initial-weights.ts';
import type { Modality } from '../media/media.ts';
import { createRandom } from '../shared/random.ts';
import { type EvaluationItem, type EvaluationSet, eachQuery } from './items.ts';
import type { Level } from './levels.ts';
import { discountedGain, mean } from './metrics.ts';
import { ALPHAS } from './protocol.ts';
import { toSegmentQueries } from './segment-queries.ts';
import type { DirectionTables, LabelMetrics, PairMetrics, Row, Table } from './tables.ts';

/** What a random order of the gallery reaches on average; the same at every α. */
export function evaluateChance(set: EvaluationSet, level: Level = 'item'): DirectionTables {
  const toTable = (direction: SearchDirection): Table => {
    const queries = [...(level === 'segment' ? ofSegments(set, direction) : ofItems(set, direction))];
    const pair = chanceOfPairs(queries);
    const label = chanceOfLabels(queries);
    const rows = ALPHAS.map((alpha): Row => ({ alpha, pair, label, intervals: null }));
    return { WEIGHTED: rows, BLENDED: rows };
  };
  return { VIDEO_TO_MUSIC: toTable('VIDEO_TO_MUSIC'), MUSIC_TO_VIDEO: toTable('MUSIC_TO_VIDEO') };
}

/** A query as chance sees it. */
interface ChanceQuery {
  /** How many answers are ranked, and how many of them are right. */
  answers: number;
  partners: number;
  /** Null where the query is unlabelled, or nothing is there to compare with. */
  label: LabelChance | null;
}

function* ofItems(set: EvaluationSet, direction: SearchDirection): Generator<ChanceQuery> {
  for (const { gallery, partners, overlaps } of eachQuery(set, direction)) {
    const label = overlaps && chanceOfOverlaps([...overlaps.values()]);
    yield { answers: gallery.length, partners: partners.size, label };
  }
}

function* ofSegments(set: EvaluationSet, direction: SearchDirection): Generator<ChanceQuery> {
  const { gallery, each } = toSegmentQueries(set, direction);
  for (const { partners, labelled } of each()) {
    const label = labelled && chanceOfOverlaps([...labelled.overlaps]);
    yield { answers: gallery.length, partners: partners.size, label };
  }
}

/** The rank of the best of k partners among n: P(rank > r) = C(n−k, r) / C(n, r). */
function chanceOfPairs(queries: readonly ChanceQuery[]): PairMetrics | null {
  const asked = queries.filter(({ partners }) => partners > 0);
  if (asked.length === 0) return null;
  const items = asked[0].answers;
  const beyond = new Float64Array(items + 1);
  for (const { partners } of asked) {
    let chance = 1;
    for (let rank = 0; rank <= items; rank++) {
      beyond[rank] += chance / asked.length;
      chance *= Math.max(0, items - partners - rank) / Math.max(1, items - rank);
    }
  }
  const recall = (cut: number) => 1 - beyond[Math.min(cut, items)];
  const firstRank = (isReached: (share: number) => boolean) => {
    let rank = 1;
    while (rank < items && !isReached(recall(rank))) rank++;
    return rank;
  };
  const nearHalf = 1e-9;
  let mrr = 0;
  for (let rank = 1; rank <= items; rank++) mrr += (beyond[rank - 1] - beyond[rank]) / rank;
  return {
    queries: asked.length,
    recallAt1: recall(1),
    recallAt5: recall(5),
    recallAt10: recall(10),
    medianRank:
      (firstRank((share) => share >= 0.5 - nearHalf) + firstRank((share) => share > 0.5 + nearHalf)) / 2,
    mrr,
  };
}

function chanceOfLabels(queries: readonly ChanceQuery[]): LabelMetrics | null {
  const figures = queries.flatMap(({ label }) => label ?? []);
  if (figures.length === 0) return null;
  return {
    queries: figures.length,
    baseRate: mean(figures.map(({ baseRate }) => baseRate)),
    precisionAt10: mean(figures.map(({ baseRate }) => baseRate)),
    meanAveragePrecision: mean(figures.map(({ averagePrecision }) => averagePrecision)),
    ndcgAt10: mean(figures.map(({ ndcg }) => ndcg)),
  };
}

/** What labels reach on average in a random order. */
interface LabelChance {
  baseRate: number;
  averagePrecision: number;
  ndcg: number;
}

/**
 * For R relevant of n in random order: E[average precision] = H_n/n + (R−1)/(n−1) · (1 − H_n/n), with H_n = Σ 1/k, and
 * E[nDCG@10] the mean gain at each of the first ten ranks over the ideal. Null for n = 0.
 */
function chanceOfOverlaps(overlaps: readonly number[]): LabelChance | null {
  const items = overlaps.length;
  if (items === 0) return null;
  const relevant = overlaps.filter((overlap) => overlap > 0).length;
  let firstShare = 0;
  for (let rank = 1; rank <= items; rank++) firstShare += 1 / rank / items;
  const others = items > 1 ? (relevant - 1) / (items - 1) : 0;
  const depth = Math.min(10, items);
  const ideal = discountedGain([...overlaps].sort((a, b) => b - a).slice(0, depth));
  return {
    baseRate: relevant / items,
    averagePrecision: relevant > 0 ? firstShare + others * (1 - firstShare) : 0,
    ndcg: ideal > 0 ? discountedGain(new Array(depth).fill(mean(overlaps))) / ideal : 0,
  };
}

/** An item before its heads: the backbone's features of each segment, at least one. */
export interface FeatureItem extends Omit<EvaluationItem, 'segments'> {
  features: Float32Array[];
}

/** An evaluation set before its heads. */
export interface FeatureGallery extends Pick<EvaluationSet, 'pairs'> {
  tracks: FeatureItem[];
  videos: FeatureItem[];
}

export interface UntrainedOptions {
  /** The features to standardise by, as trained heads do by train's; where there are none, the items' own. */
  standardiseBy: Record<Modality, readonly Float32Array[]>;
  hiddenDimension: number;
  outputDimension: number;
  seed: number;
}

/** The same items through heads with random weights: what training has to beat. */
export function embedUntrained(
  { tracks, videos, pairs }: FeatureGallery,
  { seed, standardiseBy, ...dimensions }: UntrainedOptions,
): EvaluationSet {
  const random = createRandom(seed);
  const embed = (items: FeatureItem[], modality: Modality): EvaluationItem[] => {
    if (items.length === 0) return [];
    const others = standardiseBy[modality];
    const statistics = measureFeatures(
      others.length > 0 ? others : items.flatMap(({ features }) => features),
    );
    const shape = { dimension: statistics.mean.length, ...dimensions };
    const [ssl, sup] = SPACES.map((space) =>
      createInitialWeights(shape, statistics, random.fork(`${modality} ${space}`)),
    );
    return items.map(({ features, ...item }) => ({
      ...item,
      segments: features.map((row): SpaceVectors => ({ ssl: applyHead(ssl, row), sup: applyHead(sup, row) })),
    }));
  };
  return { tracks: embed(tracks, 'MUSIC'), videos: embed(videos, 'VIDEO'), pairs };
}
