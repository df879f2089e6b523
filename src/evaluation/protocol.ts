import type { SearchDirection } from '../bundle/manifest.ts';
import { SPACES, type SpaceVectors } from '../head/head.ts';
import { meanUnit } from '../shared/vector-math.ts';
import { rankItems } from '../store/ranking.ts';
import type { Scoring } from '../store/vector-store.ts';
import { type Bootstrap, createBootstrap } from './bootstrap.ts';
import { type EvaluationItem, type EvaluationQuery, type EvaluationSet, toQueries } from './items.ts';
import { type LabelFigures, labelFigures, mean, median, pairRank } from './metrics.ts';
import type { DirectionTables, LabelMetrics, PairMetrics, Row, Table } from './tables.ts';

/** 0, 0.1 … 1. */
export const ALPHAS = Array.from({ length: 11 }, (_, step) => step / 10);

/** What one query's ranking came to; null where it has no partner, or no labelled company. */
export interface QueryOutcome {
  rank: number | null;
  label: LabelFigures | null;
}

/** Both directions, both scorings, every α, with intervals. */
export function evaluateSet(set: EvaluationSet): DirectionTables {
  return {
    VIDEO_TO_MUSIC: evaluateDirection(set, 'VIDEO_TO_MUSIC'),
    MUSIC_TO_VIDEO: evaluateDirection(set, 'MUSIC_TO_VIDEO'),
  };
}

function evaluateDirection(set: EvaluationSet, direction: SearchDirection): Table {
  const queries = toQueries(set, direction);
  const bootstrap = createBootstrap(queries.map(({ item }) => item.resampleUnit));
  const rows = (scoring: Scoring) =>
    ALPHAS.map((alpha) => toRow(alpha, rankQueries(queries, alpha, scoring), bootstrap));
  return { WEIGHTED: rows('WEIGHTED'), BLENDED: hasOneDimension(set) ? rows('BLENDED') : null };
}

/** Ranks every query's gallery by the scoring that serves, and takes each ranking's figures. */
export function rankQueries(
  queries: readonly EvaluationQuery[],
  alpha: number,
  scoring: Scoring,
): QueryOutcome[] {
  return queries.map(({ item, gallery, partners, overlaps }) => {
    const ranking = rankItems(gallery, toQueryVectors(item), alpha, scoring);
    const rankedOverlaps = overlaps && ranking.flatMap(({ itemId }) => overlaps.get(itemId) ?? []);
    return {
      rank: pairRank(ranking, partners),
      label: rankedOverlaps && labelFigures(rankedOverlaps),
    };
  });
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
function hasOneDimension({ tracks, videos }: EvaluationSet): boolean {
  const segments = [...tracks, ...videos].flatMap((item) => item.segments);
  return new Set(segments.flatMap(({ ssl, sup }) => [ssl, sup].flatMap((v) => v?.length ?? []))).size <= 1;
}
