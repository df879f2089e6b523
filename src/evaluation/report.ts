import type { Split } from '../library/library.ts';
import type { EvaluationSet } from './items.ts';
import { evaluateSet } from './protocol.ts';
import type { DirectionTables } from './tables.ts';
import { evaluateTexts, type TextQuery, type TextRows } from './text-retrieval.ts';

export const BASELINES = ['chance', 'untrained', 'sslOnly', 'supOnly', 'cca', 'ridge'] as const;
export type Baselines = Record<(typeof BASELINES)[number], DirectionTables | null>;

/** What `evaluate --json` prints. */
export interface EvaluationReport {
  schemaVersion: 1;
  bundleId: string;
  split: Split;
  level: 'item';
  gallery: { tracks: number; videos: number };
  directions: DirectionTables;
  /** What labels find as texts; absent where the bundle reads no texts. */
  text?: TextRows;
  baselines: Baselines;
  recommendedAlpha: { value: number; rule: string };
  balancedAlpha: number;
}

export interface ReportHeader
  extends Pick<EvaluationReport, 'bundleId' | 'split' | 'recommendedAlpha' | 'balancedAlpha'> {}

/** Evaluates a set and puts the document together; baselines that were not run are null. `texts` are labels. */
export function createReport(
  set: EvaluationSet,
  header: ReportHeader,
  baselines: Partial<Baselines> = {},
  texts: readonly TextQuery[] | null = null,
): EvaluationReport {
  const notRun = Object.fromEntries(BASELINES.map((name) => [name, null])) as Baselines;
  return {
    schemaVersion: 1,
    bundleId: header.bundleId,
    split: header.split,
    level: 'item',
    gallery: { tracks: set.tracks.length, videos: set.videos.length },
    directions: evaluateSet(set),
    ...(texts && { text: evaluateTexts(set, texts) }),
    baselines: { ...notRun, ...baselines },
    recommendedAlpha: header.recommendedAlpha,
    balancedAlpha: header.balancedAlpha,
  };
}
