import { SPACES } from '../../head/head.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import type { ItemRecord, SearchHit, SearchRequest } from '../vector-store.ts';
import type { ListedPoint } from './candidates.ts';
import { type Comparison, compare } from './comparison.ts';
import type { EditionRecord } from './edition-record.ts';

/** A hit with its item as the search saw it. */
export interface ShownHit extends SearchHit {
  record: ItemRecord;
}

/** A request on its way to its page. */
export interface RankedSearch {
  request: SearchRequest;
  comparison: Comparison;
  /** Every segment is compared; else three lists nominate. */
  isExact: boolean;
  /** Length of the list, a step of the ladder. */
  limit: number;
  listed: ListedPoint[] | null;
  isComplete: boolean;
  /** Exact hits by candidate; null for those that readers must not see. */
  hits: Map<string, ShownHit | null>;
  /** What has made the list be read again: candidates that were written after it. */
  relistedFor: Set<string>;
}

/** The first step of the ladder of list sizes, and the factor from step to step. */
const FIRST_LIST = 256;
const LIST_GROWTH = 4;

export function planSearch(request: SearchRequest, comparison: Comparison, isExact: boolean): RankedSearch {
  return {
    request,
    comparison,
    isExact,
    limit: FIRST_LIST,
    listed: null,
    isComplete: false,
    hits: new Map(),
    relistedFor: new Set(),
  };
}

/** Has a longer list read. */
export function lengthenList(search: RankedSearch): void {
  search.limit *= LIST_GROWTH;
  search.listed = null;
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
