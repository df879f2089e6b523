import { SPACES } from '../../head/head.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import { isBlend } from '../scoring.ts';
import type { ItemRecord, SearchHit, SearchRequest } from '../vector-store.ts';
import type { ListedPoint } from './candidates.ts';
import { type Comparison, compare } from './comparison.ts';
import type { EditionRecord, SquareBounds } from './edition-record.ts';
import { firstList, type ListSize, nextList } from './list-ladder.ts';

/** A hit with its item as the search saw it. */
export interface ShownHit extends SearchHit {
  record: ItemRecord;
}

/** Segments that a query lists, best product first. */
export interface SegmentList extends ListSize {
  among: 'all' | 'outliers';
  /** Null until it is read. */
  points: ListedPoint[] | null;
  /** It holds all that it is of. */
  isComplete: boolean;
}

/** A request on its way to its page. */
export interface RankedSearch {
  request: SearchRequest;
  comparison: Comparison;
  /** Segments that are selected, about. */
  count: number;
  /** What was listed of all segments, and under BLENDED of the outliers, if there are any. */
  lists: SegmentList[];
  /** Of items that were looked at since the lists were read: the revision that readers see, or null for none. */
  shownRevisions: Map<string, string | null>;
  /** Exact hits of such items. */
  hits: Map<string, ShownHit>;
  /** What has made the lists be read again: once for each reason and revision of an item. */
  relistedFor: Set<string>;
}

/**
 * BLENDED divides by ‖z‖, so one segment whose ⟨ssl, sup⟩ is near −1 would have every list be as long as the
 * library: those below this bound have a list of their own.
 */
export const OUTLIER_CROSS = -0.5;

export function planSearch(
  request: SearchRequest,
  comparison: Comparison,
  size: { count: number; isSmall: boolean },
): RankedSearch {
  return {
    request,
    comparison,
    count: size.count,
    lists: [newList('all', firstList(request, size))],
    shownRevisions: new Map(),
    hits: new Map(),
    relistedFor: new Set(),
  };
}

/** Adds the list of outliers where the collection has some. True where it did. */
export function listOutliers(search: RankedSearch, { minCross }: SquareBounds): boolean {
  const { request, lists } = search;
  if (lists.length > 1 || minCross >= OUTLIER_CROSS || !isBlend(request.alpha, request.scoring)) return false;
  lists.push(newList('outliers', firstList(request, { count: 0, isSmall: true })));
  forgetLists(search);
  return true;
}

/** The collection's bounds for what a list is of. */
export function boundsOf({ among }: SegmentList, bounds: SquareBounds): SquareBounds {
  return among === 'all' ? { ...bounds, minCross: Math.max(bounds.minCross, OUTLIER_CROSS) } : bounds;
}

/** Has longer ones read, and the search's others with them: all that is concluded comes from one look. */
export function lengthenLists(search: RankedSearch, tooShort: readonly SegmentList[]): void {
  for (const list of tooShort) Object.assign(list, nextList(list, search.count));
  forgetLists(search);
}

/** Has a search's lists read again, or lets go of them, with all that was concluded from them. */
export function forgetLists({ lists, shownRevisions, hits }: RankedSearch): void {
  for (const list of lists) list.points = null;
  shownRevisions.clear();
  hits.clear();
}

function newList(among: SegmentList['among'], size: ListSize): SegmentList {
  return { among, ...size, points: null, isComplete: false };
}

/** Null where nothing is to be compared: no vectors yet, or a query that is zero where α looks. */
export function toComparison(
  request: SearchRequest,
  { bounds, dimensions }: EditionRecord,
): Comparison | null {
  return bounds[request.target] ? compare(request, dimensions) : null;
}

/** Throws where a query's vector is not finite or not of the edition's length. */
export function checkQuery({ query }: SearchRequest, { dimensions }: EditionRecord): void {
  for (const space of SPACES) {
    const vector = query[space];
    if (!vector) continue;
    if (!isFiniteVector(vector)) throw new Error(`The query's ${space} vector is not finite.`);
    if (vector.length !== dimensions[space]) {
      throw new Error(`The query's ${space} vector has ${vector.length} numbers, not ${dimensions[space]}.`);
    }
  }
}
