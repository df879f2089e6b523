import type { SpaceVectors } from '../head/head.ts';
import { labelOverlap } from './metrics.ts';

/** An item as evaluation sees it: embedded, with what makes answers right. */
export interface EvaluationItem {
  id: string;
  /** At least one. */
  segments: SpaceVectors[];
  /** Empty: unlabelled. */
  labels: readonly string[];
  source: string | null;
  /** Items of one unit are drawn together by the bootstrap: the source, or another column. */
  resampleUnit: string;
}

/** A gallery of both modalities, and which video goes with which track. */
export interface EvaluationSet {
  tracks: EvaluationItem[];
  videos: EvaluationItem[];
  pairs: { trackId: string; videoId: string }[];
}

/** A query item, what it is searched among, and what the right answers are. */
export interface EvaluationQuery {
  item: EvaluationItem;
  gallery: readonly EvaluationItem[];
  /** Ids in the gallery that it is paired with. */
  partners: ReadonlySet<string>;
  /** Overlap of labels with each labelled item that is no partner; null where the query is unlabelled. */
  overlaps: ReadonlyMap<string, number> | null;
}

export const SEARCH_DIRECTIONS = ['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO'] as const;

/** Every item of the asking side with its partners in the gallery. */
export function toQueries(
  set: EvaluationSet,
  direction: (typeof SEARCH_DIRECTIONS)[number],
): EvaluationQuery[] {
  return [...eachQuery(set, direction)];
}

/** As `toQueries`, one at a time: each holds an overlap for every item of the gallery. */
export function* eachQuery(
  { tracks, videos, pairs }: EvaluationSet,
  direction: (typeof SEARCH_DIRECTIONS)[number],
): Generator<EvaluationQuery> {
  const asksVideo = direction === 'VIDEO_TO_MUSIC';
  const [askers, gallery] = asksVideo ? [videos, tracks] : [tracks, videos];
  const inGallery = new Set(gallery.map(({ id }) => id));
  const partners = new Map(askers.map(({ id }) => [id, new Set<string>()]));
  for (const { trackId, videoId } of pairs) {
    const [asker, partner] = asksVideo ? [videoId, trackId] : [trackId, videoId];
    if (inGallery.has(partner)) partners.get(asker)?.add(partner);
  }
  for (const item of askers) {
    const own = partners.get(item.id) ?? new Set();
    yield { item, gallery, partners: own, overlaps: toOverlaps(item, gallery, own) };
  }
}

function toOverlaps(
  { labels }: EvaluationItem,
  gallery: readonly EvaluationItem[],
  partners: ReadonlySet<string>,
): Map<string, number> | null {
  if (labels.length === 0) return null;
  const others = gallery.filter((item) => item.labels.length > 0 && !partners.has(item.id));
  return new Map(others.map((item) => [item.id, labelOverlap(labels, item.labels)]));
}
