import type { SpaceVectors } from '../../head/head.ts';
import { MODALITIES } from '../../media/media.ts';
import { beats } from '../ranking.ts';
import { createScorer, similarities } from '../scoring.ts';
import type { HitPosition, SearchHit, SearchRequest, SegmentRecord } from '../vector-store.ts';
import { type Candidate, candidateKey } from './candidates.ts';
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

const ITEM_FIELDS = ['revision', ...RECORD_FIELDS];
const SEGMENT_FIELDS = ['ordinal', 'span', 'spaces'];

/** Reads the contenders' items and vectors, of all searches at once, and puts their hits by exact scores. */
export async function rescoreContenders(
  context: StoreContext,
  edition: EditionRecord,
  contenders: readonly Contender[],
): Promise<void> {
  const { names } = context;
  const itemIds = contenders.map(({ candidate }) => itemPointId(edition.bundle, candidate.item));
  const readItems = retrievePoints(context, names.items, itemIds, ITEM_FIELDS);
  const readSegments = MODALITIES.map((modality) => {
    const ids = contenders
      .filter(({ search }) => search.request.target === modality)
      .flatMap(({ candidate }) => candidate.points.map(({ id }) => id));
    const collection = names.segments(modality, edition.bundle);
    return retrievePoints(context, collection, ids, SEGMENT_FIELDS, { withJoint: true });
  });
  const [items, ...byModality] = await Promise.all([readItems, ...readSegments]);
  const points = new Map(byModality.flatMap((ofModality) => [...ofModality]));
  const outdated = new Set<RankedSearch>();
  for (const [i, { search, candidate }] of contenders.entries()) {
    const { shownRevisions, hits } = search;
    const { item, revision } = candidate;
    const payload = items.get(itemIds[i])?.payload as ItemPayload | undefined;
    shownRevisions.set(item, payload?.revision ?? null);
    if (!payload) continue;
    const read = candidate.points.map(({ id }) => points.get(id)).filter((point) => point !== undefined);
    const isWhole = payload.revision === revision && read.length === candidate.points.length;
    if (isWhole)
      hits.set(item, { ...bestHit(search.request, edition, item, read), record: toItemRecord(payload) });
    else if (isOutdated(search, candidate, payload.revision)) outdated.add(search);
    else if (payload.revision === revision) shownRevisions.set(item, null);
  }
  for (const search of outdated) forgetLists(search);
}

/** True once for each revision of an item that was written or replaced after the lists were read. */
function isOutdated(
  { lists, relistedFor }: RankedSearch,
  { item, revision }: Candidate,
  shownRevision: string,
): boolean {
  const isListed =
    shownRevision !== revision &&
    lists.some(({ points }) =>
      points?.some((point) => point.item === item && point.revision === shownRevision),
    );
  const shown = candidateKey({ item, revision: shownRevision });
  if (isListed || relistedFor.has(shown)) return false;
  relistedFor.add(shown);
  return true;
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
