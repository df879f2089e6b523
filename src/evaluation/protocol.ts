import type { SearchDirection } from '../bundle/manifest.ts';
import { SPACES, type SpaceVectors } from '../head/head.ts';
import { meanUnit } from '../shared/vector-math.ts';
import { type RankedItem, rankItems } from '../store/ranking.ts';
import type { Scoring } from '../store/vector-store.ts';
import { type Bootstrap, createBootstrap } from './bootstrap.ts';
import {
  type EvaluationItem,
  type EvaluationQuery,
  type EvaluationSet,
  SEARCH_DIRECTIONS,
  toQueries,
} from './items.ts';
import { type LabelFigures, labelFigures, mean, median, pairRank } from './metrics.ts';
import type { DirectionTables, LabelMetrics, PairMetrics, Row, Table } from './tables.ts';

/** 0, 0.1 … 1. */
export const ALPHAS = Array.from({ length: 11 }, (_, step) => step / 10);

/** What one query's ranking came to; null where it has no partner, or no labelled company. */
export interface QueryOutcome {
  rank: number | null;
  label: LabelFigures | null;
}

export interface RankHooks {
  /** Called every now and then, between two parts of the work; what it throws ends it. */
  onProgress?: (done: number, total: number) => void;
}

/** Both directions, both scorings, every α, with intervals. */
export function evaluateSet(set: EvaluationSet, { onProgress }: RankHooks = {}): DirectionTables {
  const scorings = scoringsOf(set);
  const total = SEARCH_DIRECTIONS.length * scorings.length * ALPHAS.length;
  let done = 0;
  const evaluateDirection = (direction: SearchDirection): Table => {
    const queries = toQueries(set, direction);
    const bootstrap = createBootstrap(queries.map(({ item }) => item.resampleUnit));
    return toTable(scorings, (scoring, alpha) => {
      onProgress?.(done++, total);
      return toRow(alpha, rankQueries(queries, alpha, scoring), bootstrap);
    });
  };
  return {
    VIDEO_TO_MUSIC: evaluateDirection('VIDEO_TO_MUSIC'),
    MUSIC_TO_VIDEO: evaluateDirection('MUSIC_TO_VIDEO'),
  };
}

/** The rows of every α, for those scorings that there are. */
export function toTable(
  scorings: readonly Scoring[],
  measure: (scoring: Scoring, alpha: number) => Row,
): Table {
  const rows = (scoring: Scoring) => ALPHAS.map((alpha) => measure(scoring, alpha));
  return { WEIGHTED: rows('WEIGHTED'), BLENDED: scorings.includes('BLENDED') ? rows('BLENDED') : null };
}

/** Ranks every query's gallery by the scoring that serves, and takes each ranking's figures. */
export function rankQueries(
  queries: readonly EvaluationQuery[],
  alpha: number,
  scoring: Scoring,
): QueryOutcome[] {
  return queries.map((query) => {
    const { partners, overlaps } = query;
    const ranking = rankGallery(query, alpha, scoring);
    const rankedOverlaps = overlaps && ranking.flatMap(({ itemId }) => overlaps.get(itemId) ?? []);
    return {
      rank: pairRank(ranking, partners),
      label: rankedOverlaps && labelFigures(rankedOverlaps),
    };
  });
}

/** A query's gallery, best first. */
export function rankGallery(
  { item, gallery }: EvaluationQuery,
  alpha: number,
  scoring: Scoring,
): RankedItem[] {
  return rankItems(gallery, toQueryVectors(item), alpha, scoring);
}

/** The mean unit vector of the item's segments in each space: what a search by that item uses. */
export function toQueryVectors({ segments }: EvaluationItem): SpaceVectors {
  const [ssl, sup] = SPACES.map((space) => {
    const vectors = segments.flatMap((segment) => segment[space] ?? []);
    return vectors.length > 0 ? meanUnit(vectors) : null;
  });
  return { ssl, sup };
}

export function toRow(alpha: number, outcomes: readonly QueryOutcome[], bootstrap: Bootstrap | null): Row {
  const ranks = outcomes.map(({ rank }) => rank);
  const labels = outcomes.map(({ label }) => label);
  const pair = toPairMetrics(ranks.filter((rank) => rank !== null));
  const label = toLabelMetrics(labels.filter((figures) => figures !== null));
  if (!bootstrap || (!pair && !label)) return { alpha, pair, label, intervals: null };

  const overRanks = (value: (rank: number) => number) =>
    bootstrap.mean(ranks.map((rank) => (rank === null ? null : value(rank))));
  const overLabels = (key: keyof LabelFigures) =>
    bootstrap.mean(labels.map((figures) => figures?.[key] ?? null));
  return {
    alpha,
    pair,
    label,
    intervals: {
      ...(pair && {
        recallAt1: overRanks(within(1)),
        recallAt5: overRanks(within(5)),
        recallAt10: overRanks(within(10)),
        medianRank: bootstrap.median(ranks),
        mrr: overRanks((rank) => 1 / rank),
      }),
      ...(label && {
        precisionAt10: overLabels('precisionAt10'),
        meanAveragePrecision: overLabels('averagePrecision'),
        ndcgAt10: overLabels('ndcgAt10'),
      }),
    },
  };
}

function toPairMetrics(ranks: readonly number[]): PairMetrics | null {
  if (ranks.length === 0) return null;
  return {
    queries: ranks.length,
    recallAt1: mean(ranks.map(within(1))),
    recallAt5: mean(ranks.map(within(5))),
    recallAt10: mean(ranks.map(within(10))),
    medianRank: median(ranks),
    mrr: mean(ranks.map((rank) => 1 / rank)),
  };
}

function toLabelMetrics(figures: readonly LabelFigures[]): LabelMetrics | null {
  if (figures.length === 0) return null;
  return {
    queries: figures.length,
    baseRate: mean(figures.map(({ baseRate }) => baseRate)),
    precisionAt10: mean(figures.map(({ precisionAt10 }) => precisionAt10)),
    meanAveragePrecision: mean(figures.map(({ averagePrecision }) => averagePrecision)),
    ndcgAt10: mean(figures.map(({ ndcgAt10 }) => ndcgAt10)),
  };
}

/** 1 for a rank up to the cut, else 0. */
function within(cut: number): (rank: number) => number {
  return (rank) => (rank <= cut ? 1 : 0);
}

/** BLENDED adds the two vectors, so they must have one length. */
export function scoringsOf({ tracks, videos }: EvaluationSet): readonly Scoring[] {
  const segments = [...tracks, ...videos].flatMap((item) => item.segments);
  const lengths = new Set(segments.flatMap(({ ssl, sup }) => [ssl, sup].flatMap((v) => v?.length ?? [])));
  return lengths.size <= 1 ? ['WEIGHTED', 'BLENDED'] : ['WEIGHTED'];
}
