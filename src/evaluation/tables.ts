import type { SearchDirection } from '../bundle/manifest.ts';
import type { Interval } from './bootstrap.ts';

/** Retrieval of the own pair. Shares of the queries; the rank counts from 1. */
export interface PairMetrics {
  queries: number;
  recallAt1: number;
  recallAt5: number;
  recallAt10: number;
  medianRank: number;
  mrr: number;
}

/** Retrieval of items that share a label, over labelled items, without the own pair. */
export interface LabelMetrics {
  queries: number;
  /** Relevant share of what is ranked: the precision of a random order. */
  baseRate: number;
  precisionAt10: number;
  meanAveragePrecision: number;
  ndcgAt10: number;
}

export type IntervalKey =
  | keyof Omit<PairMetrics, 'queries'>
  | keyof Omit<LabelMetrics, 'queries' | 'baseRate'>;

/** The figures at one α; null where no query has a partner, or none has labelled company. */
export interface Row {
  /** 0, 0.1 … 1. */
  alpha: number;
  pair: PairMetrics | null;
  label: LabelMetrics | null;
  /** 95 % intervals by bootstrap. */
  intervals: Partial<Record<IntervalKey, Interval>> | null;
}

export interface Table {
  WEIGHTED: Row[];
  /** Null where the spaces differ in dimension. */
  BLENDED: Row[] | null;
}

export type DirectionTables = Record<SearchDirection, Table>;
