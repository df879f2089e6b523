import { SPACES, type SpaceVectors } from '../../head/head.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import { beats, compareHits, cutPage, rankItems } from '../ranking.ts';
import { createScorer, isBlend, similarities } from '../scoring.ts';
import type {
  HitPosition,
  SearchHit,
  SearchPage,
  SearchRequest,
  SegmentRecord,
  SpaceRankRequest,
  SpaceRanks,
} from '../vector-store.ts';
import {
  type Candidate,
  type Comparison,
  candidateKey,
  compare,
  type ListedPoint,
  nominate,
} from './candidates.ts';
import { type ReadPoint, retrievePoints, type StoreContext } from './context.ts';
import { listItems, readSegments } from './edition-reads.ts';
import { type EditionRecord, readEdition, widenBounds } from './edition-record.ts';
import { matchValue, toFilter } from './filter-condition.ts';
import { itemPointId } from './point-ids.ts';
import { type SegmentPayload, toSegmentRecord } from './points.ts';
import type { Condition, QueryRequest } from './qdrant-client.ts';
import { createSizeEstimate } from './size-estimate.ts';

export interface EditionSearch {
  search(requests: readonly SearchRequest[]): Promise<SearchPage[]>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
}

/** The first step of the ladder of list sizes, and the factor from step to step. */
const FIRST_LIST = 256;
const LIST_GROWTH = 4;

/** A request on its way to its page. */
interface Search {
  request: SearchRequest;
  comparison: Comparison;
  isExact: boolean;
  limit: number;
  listed: ListedPoint[] | null;
  isComplete: boolean;
  /** Exact hits by candidate; null for those that readers must not see. */
  hits: Map<string, SearchHit | null>;
}

const LISTED_FIELDS = ['item', 'revision'];
const SQUARE_FIELDS = ['sslSquare', 'supSquare', 'cross'];
const SEGMENT_FIELDS = ['item', 'revision', 'ordinal', 'span', 'spaces'];
const NO_SQUARES = { sslSquare: 1, supSquare: 1, cross: 0 };

/**
 * Searches an edition. Qdrant lists the best segments by its float32 products, on a ladder of sizes, until no
 * segment that is not listed can be on the page; the contenders' vectors are then read and only their float64 scores
 * decide. Requests of one call share each step's round trip.
 */
export function createEditionSearch(context: StoreContext, bundleId: string): EditionSearch {
  const { qdrant, names } = context;
  const size = createSizeEstimate(context);
  let known: EditionRecord | null = null;

  /** As it is now where that matters: before both modalities have vectors, and for the bounds of BLENDED. */
  const editionFor = async (requests: readonly SearchRequest[]): Promise<EditionRecord> => {
    const isEnough =
      known !== null &&
      requests.every(
        (request) => known?.bounds[request.target] !== undefined && !isBlend(request.alpha, request.scoring),
      );
    if (!known || !isEnough) known = await readEdition(context, bundleId);
    return known;
  };

  const list = async (searches: readonly Search[]): Promise<void> => {
    for (const target of ['MUSIC', 'VIDEO'] as const) {
      const ofTarget = searches.filter(({ request }) => request.target === target);
      if (ofTarget.length === 0) continue;
      const answers = await qdrant.call((client) =>
        client.queryBatch(names.segments(target, bundleId), { searches: ofTarget.map(toQuery) }),
      );
      answers.forEach(({ points }, i) => {
        const search = ofTarget[i];
        search.isComplete = points.length < search.limit;
        search.listed = points.map(({ id, score, payload }) => ({
          id: String(id),
          product: score,
          item: payload?.item as string,
          revision: payload?.revision as string,
          squares: isBlend(search.request.alpha, search.request.scoring)
            ? (payload as unknown as ListedPoint['squares'])
            : NO_SQUARES,
        }));
      });
    }
  };

  /** Reads what is needed of these candidates and scores them. */
  const rescore = async (
    edition: EditionRecord,
    wanted: readonly { search: Search; candidate: Candidate }[],
  ): Promise<void> => {
    const itemIds = wanted.map(({ candidate }) => itemPointId(bundleId, candidate.item));
    const pointsOf = async (target: SearchRequest['target']): Promise<Map<string, ReadPoint>> => {
      const ids = wanted
        .filter(({ search }) => search.request.target === target)
        .flatMap(({ candidate }) => candidate.points.map(({ id }) => id));
      if (ids.length === 0) return new Map();
      return retrievePoints(context, names.segments(target, bundleId), ids, SEGMENT_FIELDS, {
        withJoint: true,
      });
    };
    const [items, music, video] = await Promise.all([
      retrievePoints(context, names.items, itemIds, ['revision']),
      pointsOf('MUSIC'),
      pointsOf('VIDEO'),
    ]);
    const points = { MUSIC: music, VIDEO: video };
    for (const { search, candidate } of wanted) {
      const shown = items.get(itemPointId(bundleId, candidate.item))?.payload.revision;
      const read = candidate.points.map(({ id }) => points[search.request.target].get(id));
      const isShown = shown === candidate.revision && read.every((point) => point !== undefined);
      search.hits.set(
        candidateKey(candidate.item, candidate.revision),
        isShown ? bestHit(search.request, edition, candidate.item, read) : null,
      );
    }
  };

  /** Brings every search to its page: lists and reads more, all searches together, until each is sure. */
  const runRanked = async (edition: EditionRecord, searches: readonly Search[]): Promise<SearchHit[][]> => {
    const pages = new Map<Search, SearchHit[]>();
    while (pages.size < searches.length) {
      const open = searches.filter((search) => !pages.has(search));
      const unlisted = open.filter(({ listed }) => listed === null);
      if (unlisted.length > 0) await list(unlisted);
      const wanted: { search: Search; candidate: Candidate }[] = [];
      for (const search of open) {
        const { request, listed, isComplete, hits, comparison } = search;
        const { contenders, isSure } = nominate(listed ?? [], comparison, request, {
          isComplete,
          isHidden: (item, revision) => hits.get(candidateKey(item, revision)) === null,
        });
        if (!isSure) {
          search.limit *= LIST_GROWTH;
          search.listed = null;
          continue;
        }
        const missing = contenders.filter(({ item, revision }) => !hits.has(candidateKey(item, revision)));
        if (missing.length > 0) wanted.push(...missing.map((candidate) => ({ search, candidate })));
        else
          pages.set(
            search,
            contenders.map((c) => hits.get(candidateKey(c.item, c.revision)) as SearchHit),
          );
      }
      if (wanted.length > 0) await rescore(edition, wanted);
    }
    return searches.map((search) => pages.get(search) as SearchHit[]);
  };

  /** Items whose score is 0 whatever their vectors are, by id. */
  const readFlat = async (
    edition: EditionRecord,
    request: SearchRequest,
    order: 0 | 1,
    count: number,
    ...conditions: Condition[]
  ): Promise<SearchHit[]> => {
    const { target, filter, excludeIds, after, minScore, query, alpha, scoring } = request;
    if (count <= 0 || (minScore !== null && minScore > 0)) return [];
    const start = whereToStart(after, order);
    if (start === 'nowhere') return [];
    const { itemIds } = await listItems(
      context,
      bundleId,
      { modality: target, filter, excludeIds, first: count, after: start },
      ...conditions,
    );
    const segments = await readSegments(context, edition, itemIds);
    const items = [...segments].map(([id, ofItem]) => ({ id, segments: ofItem }));
    return rankItems(items, query, alpha, scoring).map(({ segment, ...score }) => {
      const matched = (segments.get(score.itemId) ?? [])[segment];
      return toHit(query, matched, score);
    });
  };

  const search = async (requests: readonly SearchRequest[]): Promise<SearchPage[]> => {
    const startedMs = performance.now();
    for (const request of requests) checkQuery(request);
    const edition = await editionFor(requests);
    for (const request of requests) checkDimensions(request, edition);
    const comparisons = requests.map((request) => toComparison(request, edition));
    const searches = await Promise.all(
      requests.map(async (request, i): Promise<Search | null> => {
        const comparison = comparisons[i];
        if (!comparison || request.after?.order === 1) return null;
        const isExact = await size.isSmall(names.segments(request.target, bundleId), request);
        const limit = FIRST_LIST;
        return { request, comparison, isExact, limit, listed: null, isComplete: false, hits: new Map() };
      }),
    );
    const ranked = searches.filter((search) => search !== null);
    const hits = await runRanked(edition, ranked);
    return Promise.all(
      requests.map(async (request, i): Promise<SearchPage> => {
        const found = searches[i] ? hits[ranked.indexOf(searches[i])] : [];
        const page = cutPage(found, { ...request, first: request.first + 1 }).hits;
        for (const { order, conditions } of flatParts(request, comparisons[i] !== null, edition)) {
          const missing = request.first + 1 - page.length;
          page.push(...(await readFlat(edition, request, order, missing, ...conditions)));
        }
        page.sort(compareHits);
        return {
          hits: page.slice(0, request.first),
          hasNextPage: page.length > request.first,
          exact: searches[i]?.isExact ?? true,
          searchMs: performance.now() - startedMs,
        };
      }),
    );
  };

  return {
    search,
    async spaceRanks({ itemIds, maxRank, ...selection }) {
      const spaces = SPACES.filter((space) => selection.query[space] !== null);
      const requests = spaces.map(
        (space): SearchRequest => ({
          ...selection,
          alpha: space === 'ssl' ? 0 : 1,
          scoring: 'WEIGHTED',
          minScore: null,
          first: maxRank,
          after: null,
        }),
      );
      const pages = requests.length > 0 ? await search(requests) : [];
      const ranksIn = (space: 'ssl' | 'sup') => {
        const page = pages[spaces.indexOf(space)];
        const ranks = new Map(page?.hits.map(({ itemId }, i) => [itemId, i + 1]));
        return itemIds.map((id) => ranks.get(id) ?? null);
      };
      return { ssl: ranksIn('ssl'), sup: ranksIn('sup') };
    },
  };
}

/** Null where nothing is to be compared: no vectors yet, or a query that is zero where α looks. */
function toComparison(request: SearchRequest, { bounds, dimensions }: EditionRecord): Comparison | null {
  if (!bounds[request.target] || dimensions.ssl === null || dimensions.sup === null) return null;
  const lengths = { ssl: dimensions.ssl, sup: dimensions.sup };
  return compare(request, lengths, bounds[request.target] ?? widenBounds(undefined, []));
}

function toQuery({ request, comparison, isExact, limit }: Search): QueryRequest {
  const filter = toFilter(request);
  const { using, vector, nominators } = comparison;
  const shared = {
    query: vector,
    using,
    limit,
    with_payload: isBlend(request.alpha, request.scoring)
      ? [...LISTED_FIELDS, ...SQUARE_FIELDS]
      : LISTED_FIELDS,
  };
  if (isExact) return { ...shared, filter, params: { exact: true } };
  const params = { hnsw_ef: limit };
  if (nominators.length === 0) return { ...shared, filter, params };
  const lists = [...nominators, { using, vector }];
  return {
    ...shared,
    prefetch: lists.map((list) => ({ query: list.vector, using: list.using, filter, params, limit })),
  };
}

/** The parts of a ranking in which every score is 0, in order: all of it without a comparison, else those that lack α's only space. */
function flatParts(
  { alpha, target }: SearchRequest,
  isCompared: boolean,
  { bounds }: EditionRecord,
): { order: 0 | 1; conditions: Condition[] }[] {
  if (!bounds[target]) return [];
  if (alpha > 0 && alpha < 1) return isCompared ? [] : [{ order: 0, conditions: [] }];
  const has = matchValue('spaces', alpha === 0 ? 'ssl' : 'sup');
  const lacking = { order: 1 as const, conditions: [{ must_not: [has] }] };
  return isCompared ? [lacking] : [{ order: 0, conditions: [has] }, lacking];
}

/** The id behind which hits of this order and score 0 come after a position; null from the first one on. */
function whereToStart(after: HitPosition | null, order: 0 | 1): string | null | 'nowhere' {
  if (!after || after.order < order || (after.order === order && after.score > 0)) return null;
  return after.order === order && after.score === 0 ? after.itemId : 'nowhere';
}

function bestHit(
  { query, alpha, scoring }: SearchRequest,
  { dimensions }: EditionRecord,
  itemId: string,
  points: (ReadPoint | undefined)[],
): SearchHit | null {
  const score = createScorer(query, alpha, scoring);
  const segments = points
    .filter((point) => point !== undefined)
    .map(({ payload, joint }) => ({ payload: payload as unknown as SegmentPayload, joint }))
    .sort((a, b) => a.payload.ordinal - b.payload.ordinal);
  let best: SearchHit | null = null;
  for (const { payload, joint } of segments) {
    const segment = toSegmentRecord(payload, joint, dimensions.ssl ?? 0);
    const segmentScore = score(segment);
    if (!best || beats(segmentScore, best)) best = toHit(query, segment, { ...segmentScore, itemId });
  }
  return best;
}

function toHit(query: SpaceVectors, segment: SegmentRecord, position: HitPosition): SearchHit {
  const { startSeconds, endSeconds } = segment;
  return { ...position, ...similarities(query, segment), matchedSpan: { startSeconds, endSeconds } };
}

function checkQuery({ query }: SearchRequest): void {
  for (const space of SPACES) {
    const vector = query[space];
    if (vector && !isFiniteVector(vector)) throw new Error(`The query's ${space} vector is not finite.`);
  }
}

function checkDimensions({ query }: SearchRequest, { dimensions }: EditionRecord): void {
  for (const space of SPACES) {
    const expected = dimensions[space];
    const vector = query[space];
    if (vector && expected !== null && vector.length !== expected) {
      throw new Error(`The query's ${space} vector has ${vector.length} numbers, not ${expected}.`);
    }
  }
}
