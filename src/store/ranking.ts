import type { SpaceVectors } from '../head/head.ts';
import { createScorer, type SegmentScore } from './scoring.ts';
import type { HitPosition, Scoring } from './vector-store.ts';

/** By UTF-16 code unit, the same on every machine and in every locale. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of hits: order ascending, score descending, item id ascending. Total, so pages never shuffle. */
export function compareHits(a: HitPosition, b: HitPosition): number {
  return a.order - b.order || b.score - a.score || compareIds(a.itemId, b.itemId);
}

/** True where segment score `a` beats `b`; of equals neither does, so the earlier segment stays. */
export function beats(a: SegmentScore, b: SegmentScore): boolean {
  return a.order !== b.order ? a.order < b.order : a.score > b.score;
}

/** An item by its best segment. */
export interface RankedItem extends SegmentScore {
  itemId: string;
  /** Index of the best segment among the item's. */
  segment: number;
}

/** Compares every segment of every item with the query in float64; best first. Items without segments are left out. */
export function rankItems(
  items: readonly { id: string; segments: readonly SpaceVectors[] }[],
  query: SpaceVectors,
  alpha: number,
  scoring: Scoring,
): RankedItem[] {
  const score = createScorer(query, alpha, scoring);
  const ranked: RankedItem[] = [];
  for (const { id, segments } of items) {
    let best: RankedItem | null = null;
    segments.forEach((vectors, segment) => {
      const segmentScore = score(vectors);
      if (!best || beats(segmentScore, best)) best = { itemId: id, segment, ...segmentScore };
    });
    if (best) ranked.push(best);
  }
  return ranked.sort(compareHits);
}

/** One number that sorts like (order, score): scores lie well within ±2. */
export function sortKey({ order, score }: Pick<HitPosition, 'order' | 'score'>): number {
  return score - 4 * order;
}

/**
 * Bounds of every item's exact sort key, by slot: the engine's float32 score less and plus its error.
 * A slot that is not in play has a `high` of −Infinity.
 */
export interface KeyBounds {
  low: Float64Array;
  high: Float64Array;
}

export interface PageRequest {
  first: number;
  after: HitPosition | null;
  minScore: number | null;
}

/**
 * The slots that may be on a page. `floor` is a key that its first + 1 best hits are sure to reach; −Infinity where
 * there are fewer.
 */
export interface Contenders {
  slots: number[];
  floor: number;
}

/**
 * Nominates: a slot is a contender when its upper bound reaches the (first + 1)-th best lower bound of the slots
 * that lie behind the position for certain.
 */
export function findContenders(
  { low, high }: KeyBounds,
  { first, after, minScore }: PageRequest,
): Contenders {
  const afterKey = after ? sortKey(after) : Number.POSITIVE_INFINITY;
  const scoreAt = (key: number) => (key < -2 ? key + 4 : key);
  const leastScore = minScore ?? Number.NEGATIVE_INFINITY;

  const floor = kthLargest(
    low,
    first + 1,
    (slot) =>
      high[slot] < afterKey && high[slot] !== Number.NEGATIVE_INFINITY && scoreAt(low[slot]) >= leastScore,
  );
  const slots: number[] = [];
  for (let slot = 0; slot < high.length; slot++) {
    if (high[slot] < floor || high[slot] === Number.NEGATIVE_INFINITY) continue;
    if (low[slot] > afterKey || scoreAt(high[slot]) < leastScore) continue;
    slots.push(slot);
  }
  return { slots, floor };
}

/** The page behind a position out of hits whose scores are exact, in any order. */
export function cutPage<Hit extends HitPosition>(
  candidates: Iterable<Hit>,
  { first, after, minScore }: PageRequest,
): { hits: Hit[]; hasNextPage: boolean } {
  const leastScore = minScore ?? Number.NEGATIVE_INFINITY;
  const best = createBest<Hit>(first + 1);
  for (const hit of candidates) {
    if (hit.score >= leastScore && (!after || compareHits(hit, after) > 0)) best.add(hit);
  }
  const hits = best.sorted();
  return { hits: hits.slice(0, first), hasNextPage: hits.length > first };
}

/**
 * The exact page behind a position. The engine nominates; the contenders, whole tie groups among them, are scored
 * again in float64 by `rescore`, and only those scores decide.
 */
export function selectPage<Hit extends HitPosition>(
  bounds: KeyBounds,
  page: PageRequest,
  rescore: (slot: number) => Hit,
): { hits: Hit[]; hasNextPage: boolean } {
  const { slots } = findContenders(bounds, page);
  return cutPage(Iterator.from(slots).map(rescore), page);
}

/** Keeps the best `count` hits of a stream. Sorts now and then: a tie group can be the whole library. */
function createBest<Hit extends HitPosition>(count: number) {
  let kept: Hit[] = [];
  let worst: Hit | null = null;
  const cut = () => {
    kept = kept.sort(compareHits).slice(0, count);
    if (kept.length === count) worst = kept[count - 1];
  };
  return {
    add(hit: Hit): void {
      if (worst && compareHits(hit, worst) > 0) return;
      kept.push(hit);
      if (kept.length >= 4 * count) cut();
    },
    sorted(): Hit[] {
      cut();
      return kept;
    },
  };
}

/** The k-th largest of the values whose index is eligible; −Infinity where there are fewer. A min-heap of k. */
function kthLargest(values: Float64Array, k: number, isEligible: (index: number) => boolean): number {
  const heap = new Float64Array(Math.min(k, values.length));
  if (heap.length < k) return Number.NEGATIVE_INFINITY;
  let size = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (size === k && value <= heap[0]) continue;
    if (!isEligible(index)) continue;
    if (size < k) siftUp(heap, size++, value);
    else siftDown(heap, value);
  }
  return size < k ? Number.NEGATIVE_INFINITY : heap[0];
}

function siftUp(heap: Float64Array, position: number, value: number): void {
  let child = position;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (heap[parent] <= value) break;
    heap[child] = heap[parent];
    child = parent;
  }
  heap[child] = value;
}

/** Replaces the smallest. */
function siftDown(heap: Float64Array, value: number): void {
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= value) break;
    heap[parent] = heap[child];
    parent = child;
  }
  heap[parent] = value;
}
