import type { SearchDirection } from '../bundle/manifest.ts';
import type { SpaceVectors } from '../head/head.ts';
import { createRandom } from '../shared/random.ts';
import { compareIds } from '../store/ranking.ts';
import { type EvaluationItem, type EvaluationQuery, type EvaluationSet, eachQuery } from './items.ts';

/** One segment that asks, and which of the gallery's segments are right answers. */
export interface SegmentQuery {
  item: EvaluationItem;
  vectors: SpaceVectors;
  /** Positions in the gallery. */
  partners: ReadonlySet<number>;
  /** The segments of labelled items that are no partners; null where the query is unlabelled. */
  labelled: LabelledSegments | null;
}

/** Positions in the gallery, ascending, and what each one's labels have in common with the query's. */
export interface LabelledSegments {
  positions: Uint32Array;
  overlaps: Float64Array;
}

/** A direction's segments: who asks, and among what. */
export interface SegmentQueries {
  /** In the order in which equals rank: by item id, then by time. */
  gallery: readonly SpaceVectors[];
  count: number;
  /** Made as they are asked for: what each is to be compared with takes memory. */
  each(): Generator<SegmentQuery>;
}

/** Beyond, queries are drawn; the gallery stays whole. */
const MOST_QUERIES = 1_000;

/** Where an item's segments lie in the gallery. */
interface Place {
  start: number;
  count: number;
}

/**
 * Every segment of the asking side, or a seeded sample of `most`. Right is the segment of its own position in an item it is
 * paired with, where both have equally many, which then run in parallel as training takes them to; else any of that item.
 */
export function toSegmentQueries(
  set: EvaluationSet,
  direction: SearchDirection,
  most = MOST_QUERIES,
): SegmentQueries {
  const [askers, answers] =
    direction === 'VIDEO_TO_MUSIC' ? [set.videos, set.tracks] : [set.tracks, set.videos];
  const ordered = [...answers].sort((a, b) => compareIds(a.id, b.id));
  const places = new Map<string, Place>();
  let start = 0;
  for (const { id, segments } of ordered) {
    places.set(id, { start, count: segments.length });
    start += segments.length;
  }
  const drawn = drawSegments(askers, most);
  return {
    gallery: ordered.flatMap(({ segments }) => segments),
    count: drawn.length,
    *each() {
      const asked = Map.groupBy(drawn, ({ item }) => item);
      // Labels are compared with the whole gallery's: only for items that ask.
      const side = direction === 'VIDEO_TO_MUSIC' ? 'videos' : 'tracks';
      for (const query of eachQuery({ ...set, [side]: [...asked.keys()] }, direction)) {
        const { item } = query;
        const labelled = toLabelledSegments(query, ordered, places);
        for (const { index } of asked.get(item) ?? []) {
          const partners = toPartnerPositions(query, index, places);
          yield { item, vectors: item.segments[index], partners, labelled };
        }
      }
    },
  };
}

/** All segments of the items in order, or a seeded sample of `most`. */
function drawSegments(
  items: readonly EvaluationItem[],
  most: number,
): { item: EvaluationItem; index: number }[] {
  const all = items.flatMap((item) => item.segments.map((_, index) => ({ item, index })));
  if (all.length <= most) return all;
  const drawn = createRandom(1)
    .shuffled([...all.keys()])
    .slice(0, most);
  return drawn.sort((a, b) => a - b).map((position) => all[position]);
}

function toPartnerPositions(
  { item, partners }: EvaluationQuery,
  index: number,
  places: ReadonlyMap<string, Place>,
): Set<number> {
  const positions = new Set<number>();
  for (const id of partners) {
    const { start, count } = places.get(id) as Place;
    const runsInParallel = count === item.segments.length;
    if (runsInParallel) positions.add(start + index);
    else for (let at = 0; at < count; at++) positions.add(start + at);
  }
  return positions;
}

function toLabelledSegments(
  { overlaps }: EvaluationQuery,
  ordered: readonly EvaluationItem[],
  places: ReadonlyMap<string, Place>,
): LabelledSegments | null {
  if (!overlaps) return null;
  const positions: number[] = [];
  const ofPositions: number[] = [];
  for (const { id } of ordered) {
    const overlap = overlaps.get(id);
    if (overlap === undefined) continue;
    const { start, count } = places.get(id) as Place;
    for (let at = 0; at < count; at++) {
      positions.push(start + at);
      ofPositions.push(overlap);
    }
  }
  return { positions: Uint32Array.from(positions), overlaps: Float64Array.from(ofPositions) };
}

/** Every segment as an item of its own, with its item's labels; which goes with which is left out. */
export function toSegmentItems({ tracks, videos }: EvaluationSet): EvaluationSet {
  const split = (items: readonly EvaluationItem[]) =>
    items.flatMap((item) =>
      item.segments.map((segment, index) => ({ ...item, id: `${item.id}#${index}`, segments: [segment] })),
    );
  return { tracks: split(tracks), videos: split(videos), pairs: [] };
}
