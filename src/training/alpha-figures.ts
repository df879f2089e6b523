import { type EvaluationSet, SEARCH_DIRECTIONS, toQueries } from '../evaluation/items.ts';
import { type QueryOutcome, rankQueries, toRow } from '../evaluation/protocol.ts';

/** What α trades: the pair's mean reciprocal rank against the labels' mean average precision. */
export interface AlphaFigures {
  alpha: number;
  /** Over the queries of both directions; 0 where there is nothing to measure. */
  mrr: number;
  meanAveragePrecision: number;
  /** Each query's own, in a fixed order. */
  outcomes: QueryOutcome[];
}

/** Ranks the set in both directions at one α. */
export function measureAtAlpha(set: EvaluationSet, alpha: number): AlphaFigures {
  const outcomes = SEARCH_DIRECTIONS.flatMap((direction) =>
    rankQueries(toQueries(set, direction), alpha, 'WEIGHTED'),
  );
  const { pair, label } = toRow(alpha, outcomes, null);
  return { alpha, mrr: pair?.mrr ?? 0, meanAveragePrecision: label?.meanAveragePrecision ?? 0, outcomes };
}
