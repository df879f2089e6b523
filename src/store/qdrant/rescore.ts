import type { SpaceVectors } from '../../head/head.ts';
import { MODALITIES } from '../../media/media.ts';
import { beats } from '../ranking.ts';
import { createScorer, similarities } from '../scoring.ts';
import type { HitPosition, SearchHit, SearchRequest, SegmentRecord } from '../vector-store.ts';
import type { Candidate, ListedPoint } from './candidates.ts';
import { type ReadPoint, retrievePoints, type StoreContext } from './context.ts';
import type { EditionRecord } from './edition-record.ts';
import { itemPointId } from './point-ids.ts';
import {
  type ItemPayload,
  RECORD_FIELDS,
  type SegmentPayload,
  toItemRecord,
  toSegmentRecord,
} from './points.ts';
import { forgetLists, type RankedSearch } from './search-plan.ts';

/** A candidate whose exact score a search needs. */
export interface Contender {
  search: RankedSearch;
  candidate: Candidate;
}

const ITEM_FIELDS = ['revision', 'segmentCount', ...RECORD_FIELDS];
const SEGMENT_FIELDS = ['ordinal', 'span', 'spaces'];

/** Reads the contenders' items and vectors, of all searches at once, and puts their hits by exact scores. */
export async function rescoreContenders(
  context: StoreContext,
  edition: EditionRecord,
  contenders: readonly Contender[],
): Promise<void> {
  const { names } = context;
  const itemIds = contenders.map(({ candidate }) => itemPointId(edition.bundle, candidate.item));
  const reading = retrievePoints(context, names.items, itemIds, ITEM_FIELDS);
  const readingSegments = MODALITIES.map((modality) => {
    const ids = contenders
      .filter(({ search }) => search.request.target === modality)
      .flatMap(({ candidate }) => candidate.points.map(({ id }) => id));
    const collection = names.segments(modality, edition.bundle);
    return retrievePoints(context, collection, ids, SEGMENT_FIELDS, { withJoint: true });
  });
  const [items, ...byModality] = await Promise.all([reading, ...readingSegments]);
  const points = new Map(byModality.flatMap((ofModality) => [...ofModality]));
  const searches = [...new Set(contenders.map(({ search }) => search))];
  const listed = new Map(searches.map((search) => [search, groupByItem(search)]));
  const outdated = new Set<RankedSearch>();
  for (const [i, { search, candidate }] of contenders.entries()) {
    const { shownRevisions, hits } = search;
    const { item, revision } = candidate;
    const payload = items.get(itemIds[i])?.payload as ItemPayload | undefined;
    shownRevisions.set(item, payload?.revision ?? null);
    if (!payload) continue;
    const read = candidate.points.map(({ id }) => points.get(id)).filter((point) => point !== undefined);
    const ofItem = listed.get(search)?.get(item) ?? [];
    const staleness = findStaleness(search, ofItem, candidate, payload, read.length);
    const reason = staleness && reasonOf(staleness, item, payload.revision);
    if (reason !== null && !search.relistedFor.has(reason)) {
      search.relistedFor.add(reason);
      outdated.add(search);
    } else if (staleness === 'GONE') shownRevisions.set(item, null);
    else if (payload.revision === revision)
      hits.set(item, { ...bestHit(search.request, edition, item, read), record: toItemRecord(payload) });
  }
  for (const search of outdated) forgetLists(search);
}

/**
 * What a look may have missed: the lists lack what the item shows; it was replaced before its segments were read; or
 * the lists were read between the writes of its segments, since some of them stand beside another revision's.
 */
type Staleness = 'UNLISTED' | 'GONE' | 'PARTIAL';

/** Why lists are read again, as `relistedFor` remembers it. */
const reasonOf = (staleness: Staleness, item: string, revision: string) => `${staleness}/${revision}/${item}`;

/** `listed` is all that the lists have of the item. Null where the look will do. */
function findStaleness(
  { relistedFor }: RankedSearch,
  listed: readonly ListedPoint[],
  { item, revision, points }: Candidate,
  shown: ItemPayload,
  readCount: number,
): Staleness | null {
  const ofShown = new Set(listed.filter((point) => point.revision === shown.revision).map(({ id }) => id));
  if (shown.revision !== revision) return ofShown.size > 0 ? null : 'UNLISTED';
  if (readCount < points.length) return 'GONE';
  const isBesideAnother = listed.some((point) => point.revision !== revision);
  // Then these lists were read after it was shown, and all of its segments were there.
  const wasShownBefore = relistedFor.has(reasonOf('UNLISTED', item, revision));
  return ofShown.size < shown.segmentCount && isBesideAnother && !wasShownBefore ? 'PARTIAL' : null;
}

function groupByItem({ lists }: RankedSearch): Map<string, ListedPoint[]> {
  const listed = lists.flatMap(({ points }) => points ?? []);
  return Map.groupBy(listed, ({ item }) => item);
}

function bestHit(
  { query, alpha, scoring }: SearchRequest,
  { dimensions }: EditionRecord,
  itemId: string,
  points: readonly ReadPoint[],
): SearchHit {
  const score = createScorer(query, alpha, scoring);
  const [first, ...others] = points
    .map(({ payload, joint }) => ({ payload: payload as unknown as SegmentPayload, joint }))
    .sort((a, b) => a.payload.ordinal - b.payload.ordinal)
    .map(({ payload, joint }) => toSegmentRecord(payload, joint, dimensions.ssl))
    .map((segment) => ({ segment, ...score(segment) }));
  const best = others.reduce((best, one) => (beats(one, best) ? one : best), first);
  return toHit(query, best.segment, { order: best.order, score: best.score, itemId });
}

/** A hit by its matched segment. */
export function toHit(query: SpaceVectors, segment: SegmentRecord, position: HitPosition): SearchHit {
  const { startSeconds, endSeconds } = segment;
  return { ...position, ...similarities(query, segment), matchedSpan: { startSeconds, endSeconds } };
}
