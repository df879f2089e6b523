import type { SearchDirection } from '../bundle/manifest.ts';
import { SPACES, type Space } from '../head/head.ts';
import { dot } from '../shared/vector-math.ts';
import { type EvaluationQuery, type EvaluationSet, SEARCH_DIRECTIONS, toQueries } from './items.ts';
import { mean } from './metrics.ts';
import { rankGallery, toQueryVectors } from './protocol.ts';

/** What lies behind the figures, for people who want to see why. */
export interface EvaluationDetails {
  /** At α 1. */
  confusion: Record<SearchDirection, ConfusionCell[]>;
  similarities: SimilarityBin[];
  /** At the α that is given. */
  nearestMisses: Record<SearchDirection, NearMiss[]>;
}

/** For queries of one label, the share of their first ten answers that carry another. */
export interface ConfusionCell {
  queryLabel: string;
  answerLabel: string;
  share: number;
}

/** How often cosines of pairs, and of all other combinations, fall into a bin. */
export interface SimilarityBin {
  space: Space;
  of: 'pairs' | 'others';
  /** Its lower end; it is BIN_WIDTH wide. */
  cosine: number;
  share: number;
}

/** A query whose own partner came after another item, though only just. */
export interface NearMiss {
  queryId: string;
  partnerId: string;
  firstId: string;
  /** The partner's rank, from 1. */
  rank: number;
  /** How much better the first scored. */
  margin: number;
}

const CUT = 10;
/** Labels that are shown, the most frequent ones. */
const MOST_LABELS = 16;
const MOST_MISSES = 10;
export const BIN_WIDTH = 0.05;

export function describeDetails(set: EvaluationSet, alpha: number): EvaluationDetails {
  const perDirection = <T>(describe: (queries: EvaluationQuery[]) => T): Record<SearchDirection, T> => {
    const [videoToMusic, musicToVideo] = SEARCH_DIRECTIONS.map((direction) =>
      describe(toQueries(set, direction)),
    );
    return { VIDEO_TO_MUSIC: videoToMusic, MUSIC_TO_VIDEO: musicToVideo };
  };
  return {
    confusion: perDirection(confuse),
    similarities: SPACES.flatMap((space) => distribute(toQueries(set, 'VIDEO_TO_MUSIC'), space)),
    nearestMisses: perDirection((queries) => findNearMisses(queries, alpha)),
  };
}

function confuse(queries: readonly EvaluationQuery[]): ConfusionCell[] {
  const asked = queries.filter(({ overlaps }) => overlaps !== null && overlaps.size > 0);
  const shown = mostFrequent(asked.flatMap(({ item }) => [...item.labels]));
  const answers = asked.map((query) => {
    const { item, gallery, overlaps } = query;
    const labelsOf = new Map(gallery.map(({ id, labels }) => [id, labels]));
    const ranking = rankGallery(query, 1, 'WEIGHTED');
    const first = ranking.filter(({ itemId }) => overlaps?.has(itemId)).slice(0, CUT);
    return { labels: item.labels, first: first.map(({ itemId }) => labelsOf.get(itemId) ?? []) };
  });
  return shown.flatMap((queryLabel) => {
    const ofLabel = answers.filter(({ labels }) => labels.includes(queryLabel));
    return shown.map((answerLabel) => ({
      queryLabel,
      answerLabel,
      share: mean(
        ofLabel.map(({ first }) => mean(first.map((labels) => Number(labels.includes(answerLabel))))),
      ),
    }));
  });
}

function mostFrequent(labels: readonly string[]): string[] {
  const counts = [...Map.groupBy(labels, (label) => label)].map(([label, all]) => ({
    label,
    count: all.length,
  }));
  return counts
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
    .slice(0, MOST_LABELS)
    .map(({ label }) => label);
}

/** Cosines between a query's vector and every segment of the gallery, counted as they come: there may be billions. */
function distribute(queries: readonly EvaluationQuery[], space: Space): SimilarityBin[] {
  const counts = { pairs: new Map<number, number>(), others: new Map<number, number>() };
  for (const { item, gallery, partners } of queries) {
    const query = toQueryVectors(item)[space];
    if (!query) continue;
    for (const { id, segments } of gallery) {
      const bins = counts[partners.has(id) ? 'pairs' : 'others'];
      for (const { [space]: segment } of segments) {
        if (!segment) continue;
        const bin = Math.floor(dot(query, segment) / BIN_WIDTH + 1e-9);
        bins.set(bin, (bins.get(bin) ?? 0) + 1);
      }
    }
  }
  return (['pairs', 'others'] as const).flatMap((of) => {
    const total = counts[of].values().reduce((sum, count) => sum + count, 0);
    return [...counts[of]]
      .sort(([a], [b]) => a - b)
      .map(([bin, count]) => ({
        space,
        of,
        cosine: Number((bin * BIN_WIDTH).toFixed(2)),
        share: count / total,
      }));
  });
}

function findNearMisses(queries: readonly EvaluationQuery[], alpha: number): NearMiss[] {
  const misses = queries.flatMap((query): NearMiss[] => {
    const { item, partners } = query;
    const ranking = rankGallery(query, alpha, 'WEIGHTED');
    const at = ranking.findIndex(({ itemId }) => partners.has(itemId));
    if (at <= 0) return [];
    const margin = ranking[0].score - ranking[at].score;
    return [
      { queryId: item.id, partnerId: ranking[at].itemId, firstId: ranking[0].itemId, rank: at + 1, margin },
    ];
  });
  return misses.sort((a, b) => a.margin - b.margin).slice(0, MOST_MISSES);
}
