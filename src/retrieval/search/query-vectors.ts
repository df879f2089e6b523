import type { Space, SpaceVectors } from '../../head/head.ts';
import { CLIP_ID_PREFIX } from '../../library/item-id.ts';
import { MODALITIES, type Modality, type Span } from '../../media/media.ts';
import { UserInputError } from '../../shared/errors.ts';
import { meanUnit, toUnit, weightedSum } from '../../shared/vector-math.ts';
import { blendQuery, isBlend } from '../../store/scoring.ts';
import type { ClipFeatures, ClipRecord, SegmentRecord } from '../../store/vector-store.ts';
import { mediaNotFound, queryNotSupported, type SearchProblem } from './outcomes.ts';
import type { MediaQuery, ParsedSearch, Seed } from './parse-query.ts';
import type { SearchContext } from './reads.ts';

/** A query as one unit vector per space, and where it came from. */
export interface QueryVectors {
  kind: 'QueryVectors';
  /** Null in a space in which the query has no direction. */
  vectors: SpaceVectors;
  /** The side and part of the media that were used; null for seeds, texts and raw vectors. */
  by: Modality | null;
  querySpan: Span | null;
  /** The items searched with. */
  itemIds: string[];
  /** Time spent on projecting clips or on reading a text; null where nothing had to be. */
  embedMs: number | null;
}

/** The segments of a piece of media that a query pools. */
interface PooledMedia {
  kind: 'PooledMedia';
  by: Modality;
  span: Span;
  vectors: SpaceVectors;
  /** Whether any segment has a vector there; where one has and `vectors` is null, they cancelled out. */
  holds: Record<Space, boolean>;
  embedMs: number | null;
}

/** Turns what to search with into vectors. Throws a UserInputError where a window is empty or vectors cancel out. */
export async function queryVectors(
  parsed: ParsedSearch,
  context: SearchContext,
): Promise<QueryVectors | SearchProblem> {
  const query = await readQuery(parsed, context);
  if (query.kind === 'QueryVectors') requireBlend(query.vectors, parsed);
  return query;
}

/** Where the two spaces are blended, they must not cancel each other out. */
function requireBlend(vectors: SpaceVectors, { alpha, scoring }: ParsedSearch): void {
  if (isBlend(alpha, scoring) && blendQuery(vectors, alpha).length === 0)
    throw new UserInputError(
      `The query's ssl and sup vectors cancel out at alpha ${alpha}: nothing is left to rank by.`,
      'query',
    );
}

async function readQuery(
  { query, target, alpha }: ParsedSearch,
  context: SearchContext,
): Promise<QueryVectors | SearchProblem> {
  switch (query.kind) {
    case 'text':
      return embedText(query.text, alpha, context);
    case 'vectors':
      return fromVectors(query.vectors);
    case 'media': {
      const pooled = await poolMedia(query.media, target, context);
      if (pooled.kind !== 'PooledMedia') return pooled;
      const { by, span: querySpan, vectors, embedMs } = pooled;
      return requireDirection(
        { kind: 'QueryVectors', vectors, by, querySpan, itemIds: [query.media.id], embedMs },
        [pooled],
        alpha,
        query.media.argument,
      );
    }
    case 'seeds': {
      const pooled = await Promise.all(query.seeds.map(({ media }) => poolMedia(media, target, context)));
      const problem = pooled.find((one) => one.kind !== 'PooledMedia');
      if (problem) return problem;
      const media = pooled.filter((one) => one.kind === 'PooledMedia');
      return requireDirection(
        {
          kind: 'QueryVectors',
          vectors: {
            ssl: weighSeeds('ssl', media, query.seeds),
            sup: weighSeeds('sup', media, query.seeds),
          },
          by: null,
          querySpan: null,
          itemIds: query.seeds.map((seed) => seed.media.id),
          embedMs: media.reduce<number | null>(
            (most, { embedMs }) => (embedMs === null ? most : Math.max(most ?? 0, embedMs)),
            null,
          ),
        },
        media,
        alpha,
        'query.seeds',
      );
    }
  }
}

async function embedText(
  text: string,
  alpha: number,
  { reads, serving }: SearchContext,
): Promise<QueryVectors | SearchProblem> {
  if (!serving.embedder.embedTexts)
    return queryNotSupported('The loaded bundle reads no texts: search with media, seeds or vectors.');
  const startMs = performance.now();
  const vectors = await reads.embedText(text);
  const embedMs = performance.now() - startMs;
  return requireDirection({ ...fromVectors(vectors), embedMs }, [], alpha, 'query.text');
}

const fromVectors = (vectors: SpaceVectors): QueryVectors => ({
  kind: 'QueryVectors',
  vectors,
  by: null,
  querySpan: null,
  itemIds: [],
  embedMs: null,
});

/** Σ weight · unit vector over the seeds that have one in this space, renormalised; null where that is zero. */
function weighSeeds(
  space: Space,
  media: readonly PooledMedia[],
  seeds: readonly Seed[],
): Float32Array | null {
  const present = media.flatMap(({ vectors }, i) => {
    const vector = vectors[space];
    return vector ? [{ vector, weight: seeds[i].weight }] : [];
  });
  // Only proportions count: the largest weight becomes 1, so that none overflows or vanishes.
  const largest = Math.max(...present.map(({ weight }) => Math.abs(weight)));
  if (present.length === 0 || largest === 0) return null;
  return toUnit(
    weightedSum(
      present.map(({ vector }) => vector),
      present.map(({ weight }) => weight / largest),
    ),
  );
}

/** A query needs a direction in every space that α gives weight to. */
function requireDirection(
  query: QueryVectors,
  media: readonly PooledMedia[],
  alpha: number,
  argument: string,
): QueryVectors | SearchProblem {
  const active: Space[] = alpha === 0 ? ['ssl'] : alpha === 1 ? ['sup'] : ['ssl', 'sup'];
  for (const space of active) {
    if (query.vectors[space]) continue;
    if (media.some(({ holds }) => holds[space]))
      throw new UserInputError(
        `The query's ${space} vectors cancel out: nothing is left to rank by.`,
        argument,
      );
  }
  if (active.some((space) => query.vectors[space])) return query;
  return queryNotSupported(
    `The query has no ${active.join(' or ')} vector, which is all that alpha ${alpha} uses.`,
  );
}

function poolMedia(
  media: MediaQuery,
  target: Modality,
  context: SearchContext,
): Promise<PooledMedia | SearchProblem> {
  return media.id.startsWith(CLIP_ID_PREFIX)
    ? poolClip(media, target, context)
    : poolItem(media, target, context);
}

async function poolItem(
  media: MediaQuery,
  target: Modality,
  { reads }: SearchContext,
): Promise<PooledMedia | SearchProblem> {
  const item = await reads.segments(media.id);
  if (!item) return mediaNotFound(media.id, `Nothing in the library has the id "${media.id}".`);
  const by = chooseSide(media, [item.record.modality], target);
  return typeof by === 'string' ? pool(media, by, item.segments, null) : by;
}

async function poolClip(
  media: MediaQuery,
  target: Modality,
  { reads, serving }: SearchContext,
): Promise<PooledMedia | SearchProblem> {
  const clip = await reads.clip(media.id);
  if (!clip)
    return mediaNotFound(media.id, `There is no clip ${media.id}, or it has expired: upload it again.`);
  if (clip.state.status !== 'READY') return clipNotReady(clip);
  const by = chooseSide(media, clipModalities(clip), target);
  if (typeof by !== 'string') return by;
  const features = clip.features.filter(({ modality }) => modality === by);
  const { backboneSha256 } = serving.manifest.identity.heads[by];
  const isOfServed = (segment: ClipFeatures) =>
    segment.backboneId === serving.backboneIds[by] && segment.backboneSha256 === backboneSha256;
  if (!features.every(isOfServed))
    return mediaNotFound(
      media.id,
      `The clip ${media.id} was read for another bundle, with other backbones or other builds of them: upload it again.`,
    );
  const startMs = performance.now();
  const vectors = await reads.projectClip(clip, by);
  const embedMs = performance.now() - startMs;
  const segments = features.map(({ span }, i) => ({ ...span, ...vectors[i] }));
  return pool(media, by, segments, embedMs);
}

/** What a clip can be searched by: the modalities of its features. */
export function clipModalities(clip: ClipRecord): Modality[] {
  return MODALITIES.filter((modality) => clip.features.some((segment) => segment.modality === modality));
}

const clipNotReady = (clip: ClipRecord): SearchProblem => ({
  kind: 'ClipNotReady',
  message:
    clip.state.status === 'FAILED'
      ? `The clip ${clip.id} could not be read: ${clip.state.failure.message}`
      : `The clip ${clip.id} is still being read: ask again in a moment.`,
  clip,
});

/** The side that was named, else the one that is not sought, else the one there is. */
function chooseSide(
  media: MediaQuery,
  held: readonly Modality[],
  target: Modality,
): Modality | SearchProblem {
  if (media.by)
    return held.includes(media.by)
      ? media.by
      : queryNotSupported(`${media.id} holds ${held.join(' and ')}: it can't be searched by ${media.by}.`);
  return held.find((modality) => modality !== target) ?? target;
}

/** The mean unit vector per space of the segments that overlap the window. */
function pool(
  media: MediaQuery,
  by: Modality,
  segments: readonly SegmentRecord[],
  embedMs: number | null,
): PooledMedia {
  const startSeconds = media.startSeconds ?? 0;
  const endSeconds = media.endSeconds ?? Number.POSITIVE_INFINITY;
  const inside = segments.filter(
    (segment) => segment.startSeconds < endSeconds && segment.endSeconds > startSeconds,
  );
  if (inside.length === 0)
    throw new UserInputError(
      `The window overlaps no segment of ${media.id}, which ends at ${Math.max(0, ...segments.map((s) => s.endSeconds))} s.`,
      media.startSeconds === null ? media.argument : `${media.argument}.startSeconds`,
    );
  return {
    kind: 'PooledMedia',
    by,
    span: {
      startSeconds: Math.min(...inside.map((segment) => segment.startSeconds)),
      endSeconds: Math.max(...inside.map((segment) => segment.endSeconds)),
    },
    vectors: { ssl: poolSpace(inside, 'ssl'), sup: poolSpace(inside, 'sup') },
    holds: { ssl: inside.some(({ ssl }) => ssl !== null), sup: inside.some(({ sup }) => sup !== null) },
    embedMs,
  };
}

function poolSpace(segments: readonly SegmentRecord[], space: Space): Float32Array | null {
  const present = segments.flatMap((segment) => segment[space] ?? []);
  return present.length === 0 ? null : meanUnit(present);
}
