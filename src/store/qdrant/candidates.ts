import { type Contenders, findContenders } from '../ranking.ts';
import type { Comparison, ListedProduct } from './comparison.ts';
import type { SquareBounds } from './edition-record.ts';
import { boundsOf, type RankedSearch, type SegmentList } from './search-plan.ts';

/** A segment as a query listed it. */
export interface ListedPoint extends ListedProduct {
  id: string;
  item: string;
  revision: string;
}

/** The listed segments of one revision of one item. */
export interface Candidate {
  item: string;
  revision: string;
  points: { id: string; low: number; high: number }[];
}

/** The contenders for a page among the listed segments. */
export interface Nomination {
  contenders: Candidate[];
  /** The lists that are too short: what they lack may be on the page. */
  tooShort: SegmentList[];
}

/**
 * Groups listed segments by item and revision and nominates. `isHidden` leaves out what readers must not see;
 * `squareBounds` are the collection's.
 */
export function nominate(
  { request: page, comparison, lists }: Pick<RankedSearch, 'request' | 'comparison' | 'lists'>,
  isHidden: (candidate: Pick<Candidate, 'item' | 'revision'>) => boolean,
  squareBounds: SquareBounds,
): Nomination {
  const candidates = new Map<string, Candidate>();
  const seen = new Set<string>();
  for (const point of lists.flatMap(({ points }) => points ?? [])) {
    const { id, item, revision } = point;
    if (isHidden(point) || seen.has(id)) continue;
    seen.add(id);
    const key = candidateKey(point);
    let candidate = candidates.get(key);
    if (!candidate) {
      candidate = { item, revision, points: [] };
      candidates.set(key, candidate);
    }
    candidate.points.push({ id, ...comparison.boundsOf(point) });
  }
  const all = [...candidates.values()];
  const bounds = {
    low: Float64Array.from(all, ({ points }) => Math.max(...points.map(({ low }) => low))),
    high: Float64Array.from(all, ({ points }) => Math.max(...points.map(({ high }) => high))),
  };
  const { slots, floor }: Contenders = findContenders(bounds, page);
  const contenders = slots.map((slot) => ({
    ...all[slot],
    points: all[slot].points.filter(({ high }) => high >= bounds.low[slot]),
  }));
  const enough = Math.max(floor, page.minScore ?? Number.NEGATIVE_INFINITY);
  const tooShort = lists.filter(
    (list) => !list.isComplete && enough <= highestUnlisted(list, comparison, squareBounds),
  );
  return { contenders, tooShort };
}

/** What no segment can exceed that a list should hold and does not. */
function highestUnlisted(list: SegmentList, { highestBelow }: Comparison, bounds: SquareBounds): number {
  const last = list.points?.at(-1);
  return last ? highestBelow(last.product, boundsOf(list, bounds)) : Number.POSITIVE_INFINITY;
}

function candidateKey({ item, revision }: Pick<Candidate, 'item' | 'revision'>): string {
  return `${revision}/${item}`;
}
