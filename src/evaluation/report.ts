import type { Split } from '../library/library.ts';
import type { EvaluationItem, EvaluationSet } from './items.ts';
import { evaluateAt, type Level } from './levels.ts';
import type { RankHooks } from './protocol.ts';
import { toSegmentItems } from './segment-queries.ts';
import type { DirectionTables } from './tables.ts';
import { evaluateTexts, type TextQuery, type TextRows } from './text-retrieval.ts';

export const BASELINES = ['chance', 'untrained', 'sslOnly', 'supOnly', 'cca', 'ridge'] as const;
export type Baselines = Record<(typeof BASELINES)[number], DirectionTables | null>;

/** What `evaluate --json` prints. */
export interface EvaluationReport {
  schemaVersion: 1;
  bundleId: string;
  split: Split;
  level: Level;
  gallery: Gallery;
  directions: DirectionTables;
  /** What labels find as texts; absent where the bundle reads no texts. */
  text?: TextRows;
  baselines: Baselines;
  recommendedAlpha: { value: number; rule: string };
  balancedAlpha: number;
}

/** What is ranked. */
export interface Gallery {
  tracks: number;
  videos: number;
  /** Of those tracks and videos, at the level of segments. */
  segments?: { tracks: number; videos: number };
}

export interface ReportHeader
  extends Pick<EvaluationReport, 'bundleId' | 'split' | 'recommendedAlpha' | 'balancedAlpha'> {}

export interface ReportOptions {
  /** By default whole items. */
  level?: Level;
  /** Those that were run, at this level; the others are null. */
  baselines?: Partial<Baselines>;
  /** The labels, where the bundle reads texts. */
  texts?: readonly TextQuery[] | null;
}

/** Evaluates a set and puts the document together. */
export function createReport(
  set: EvaluationSet,
  header: ReportHeader,
  { level = 'item', baselines = {}, texts = null }: ReportOptions = {},
  hooks: RankHooks = {},
): EvaluationReport {
  const notRun = Object.fromEntries(BASELINES.map((name) => [name, null])) as Baselines;
  return {
    schemaVersion: 1,
    bundleId: header.bundleId,
    split: header.split,
    level,
    gallery: toGallery(set, level),
    directions: evaluateAt(level, set, hooks),
    ...(texts && { text: evaluateTexts(level === 'segment' ? toSegmentItems(set) : set, texts) }),
    baselines: { ...notRun, ...baselines },
    recommendedAlpha: header.recommendedAlpha,
    balancedAlpha: header.balancedAlpha,
  };
}

function toGallery({ tracks, videos }: EvaluationSet, level: Level): Gallery {
  const items = { tracks: tracks.length, videos: videos.length };
  if (level === 'item') return items;
  const segmentsOf = (of: readonly EvaluationItem[]) =>
    of.reduce((sum, { segments }) => sum + segments.length, 0);
  return { ...items, segments: { tracks: segmentsOf(tracks), videos: segmentsOf(videos) } };
}
