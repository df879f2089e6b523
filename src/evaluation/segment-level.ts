import type { Scoring } from '../store/vector-store.ts';
import { createBootstrap } from './bootstrap.ts';
import { type EvaluationSet, SEARCH_DIRECTIONS } from './items.ts';
import { type LabelFigures, labelFigures } from './metrics.ts';
import { ALPHAS, type QueryOutcome, type RankHooks, scoringsOf, toRow, toTable } from './protocol.ts';
import {
  type LabelledSegments,
  type SegmentQueries,
  type SegmentQuery,
  toSegmentQueries,
} from './segment-queries.ts';
import { createGalleryScorer } from './segment-scores.ts';
import type { DirectionTables, Table } from './tables.ts';

/**
 * The figures of single segments: each is ranked by its own vectors among all segments of the other kind. Both
 * directions, both scorings, every α, with intervals over the units of their items.
 */
export function evaluateSegments(set: EvaluationSet, { onProgress }: RankHooks = {}): DirectionTables {
  const scorings = scoringsOf(set);
  const [ofVideos, ofTracks] = SEARCH_DIRECTIONS.map((direction) => toSegmentQueries(set, direction));
  let done = 0;
  const onQuery = () => onProgress?.(done++, ofVideos.count + ofTracks.count);
  return {
    VIDEO_TO_MUSIC: evaluateQueries(ofVideos, scorings, onQuery),
    MUSIC_TO_VIDEO: evaluateQueries(ofTracks, scorings, onQuery),
  };
}

/** Query by query, since what a query is multiplied with serves every α. */
function evaluateQueries(queries: SegmentQueries, scorings: readonly Scoring[], onQuery: () => void): Table {
  const units: string[] = [];
  const createScorer = createGalleryScorer(queries.gallery, { blends: scorings.includes('BLENDED') });
  const outcomes = scorings.map((scoring) => ({ scoring, byAlpha: ALPHAS.map((): QueryOutcome[] => []) }));
  for (const query of queries.each()) {
    onQuery();
    units.push(query.item.resampleUnit);
    const { keysAt } = createScorer(query.vectors);
    for (const { scoring, byAlpha } of outcomes) {
      ALPHAS.forEach((alpha, i) => {
        byAlpha[i].push(judge(query, keysAt(alpha, scoring)));
      });
    }
  }
  const bootstrap = createBootstrap(units);
  return toTable(scorings, (scoring, alpha) => {
    const { byAlpha } = outcomes[scorings.indexOf(scoring)];
    return toRow(alpha, byAlpha[ALPHAS.indexOf(alpha)], bootstrap);
  });
}

/** What a query's ranking of the gallery comes to, by each segment's key. */
function judge({ partners, labelled }: SegmentQuery, keys: Float64Array): QueryOutcome {
  return { rank: rankOfBest(partners, keys), label: labelled && figuresOf(labelled, keys) };
}

/** The rank of the best partner, from 1; others with its very key stand before it. Null where there is none. */
function rankOfBest(partners: ReadonlySet<number>, keys: Float64Array): number | null {
  if (partners.size === 0) return null;
  let best = Number.NEGATIVE_INFINITY;
  for (const position of partners) best = Math.max(best, keys[position]);
  let rank = 1;
  keys.forEach((key, position) => {
    if (key >= best && !partners.has(position)) rank++;
  });
  return rank;
}

function figuresOf({ positions, overlaps }: LabelledSegments, keys: Float64Array): LabelFigures | null {
  const keysOfLabelled = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i++) keysOfLabelled[i] = keys[positions[i]];
  const ranks = ranksOf(keysOfLabelled);
  const ranked = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i++) ranked[ranks[i]] = overlaps[i];
  return labelFigures(ranked);
}

/**
 * The rank of each key from 0, the greatest first; of equals the earlier is first. Only numbers are sorted, which engines do
 * far faster than positions by a comparison.
 */
export function ranksOf(keys: Float64Array): Uint32Array {
  const sorted = keys.toSorted();
  const equalsBefore = new Uint32Array(keys.length);
  const ranks = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const first = keys.length - countUpTo(sorted, keys[i]);
    ranks[i] = first + equalsBefore[first]++;
  }
  return ranks;
}

/** How many of the ascending values are at most this. */
function countUpTo(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
