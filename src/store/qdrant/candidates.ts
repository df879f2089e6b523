import { type Contenders, findContenders, type PageRequest } from '../ranking.ts';
import type { Comparison, ListedProduct } from './comparison.ts';
import type { SquareBounds } from './edition-record.ts';

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

/** What is known about a list. */
export interface ListContext {
  /** True where it holds every segment. */
  isComplete: boolean;
  isHidden(item: string, revision: string): boolean;
  /** Of the collection. */
  bounds: SquareBounds;
}

/** The contenders for a page among the listed segments. */
export interface Nomination {
  contenders: Candidate[];
  /** True where no segment that was not listed can be on the page. */
  isSure: boolean;
}

/** Groups listed segments by item and revision and nominates; `isHidden` leaves out what readers must not see. */
export function nominate(
  listed: readonly ListedPoint[],
  { boundsOf, highestBelow }: Comparison,
  page: PageRequest,
  { isComplete, isHidden, bounds: squareBounds }: ListContext,
): Nomination {
  const candidates = new Map<string, Candidate>();
  for (const point of listed) {
    const { id, item, revision } = point;
    if (isHidden(item, revision)) continue;
    const key = candidateKey(item, revision);
    let candidate = candidates.get(key);
    if (!candidate) {
      candidate = { item, revision, points: [] };
      candidates.set(key, candidate);
    }
    candidate.points.push({ id, ...boundsOf(point) });
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
  const unlisted =
    isComplete || listed.length === 0
      ? Number.NEGATIVE_INFINITY
      : highestBelow(listed[listed.length - 1].product, squareBounds);
  const leastScore = page.minScore ?? Number.NEGATIVE_INFINITY;
  return { contenders, isSure: isComplete || floor > unlisted || leastScore > unlisted };
}

export function candidateKey(item: string, revision: string): string {
  return `${revision}/${item}`;
}
