import type { SearchRequest } from '../vector-store.ts';

/** How long a list is, and how it is made. */
export interface ListSize {
  /** A step of the ladder. */
  limit: number;
  /** Every segment is compared; else three lists nominate. */
  isExact: boolean;
}

/** The first step of the ladder of list sizes, and the factor from step to step. */
const FIRST_LIST = 256;
const LIST_GROWTH = 4;
/** A walk of a graph is sure of the best it finds, less so of its end: lists are so many times longer than ranks. */
const NOMINATED_PER_RANK = 10;
/** Measured: comparing so many segments takes as long as finding one more by its graphs. */
const COMPARED_PER_NOMINATED = 100;

/**
 * What a page's list begins with, out of its place alone, so that the same page has the same list each time. A page
 * deep in the ranking has a list that covers all ranks before it, with the same margin as the first: what it ranks
 * behind the cursor was then seen by the pages before, too. `count` segments are selected; comparing them all is
 * wanted where `isSmall`.
 */
export function firstList(
  { first, after, afterRank }: Pick<SearchRequest, 'first' | 'after' | 'afterRank'>,
  { count, isSmall }: { count: number; isSmall: boolean },
): ListSize {
  const ranks = (after ? (afterRank ?? 0) : 0) + first + 1;
  const isPlaceKnown = after === null || afterRank !== undefined;
  if (isSmall || !isPlaceKnown) return { limit: stepFrom(ranks), isExact: true };
  const list = { limit: stepFrom(ranks * NOMINATED_PER_RANK), isExact: false };
  return isWorthNominating(list.limit, count) ? list : { limit: stepFrom(ranks), isExact: true };
}

/** The next step: long lists are made faster by comparing everything, unless the collection is large. */
export function nextList({ limit, isExact }: ListSize, count: number): ListSize {
  const longer = limit * LIST_GROWTH;
  return { limit: longer, isExact: isExact || !isWorthNominating(longer, count) };
}

function isWorthNominating(limit: number, count: number): boolean {
  return limit === FIRST_LIST || limit * COMPARED_PER_NOMINATED < count;
}

/** The lowest step that is at least so long. */
function stepFrom(length: number): number {
  let step = FIRST_LIST;
  while (step < length) step *= LIST_GROWTH;
  return step;
}
