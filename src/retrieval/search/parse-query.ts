import type { BundleManifest } from '../../bundle/manifest.ts';
import type { Limits } from '../../config/config.ts';
import type { SpaceVectors } from '../../head/head.ts';
import type { Modality } from '../../media/media.ts';
import { UserInputError } from '../../shared/errors.ts';
import { isFiniteVector, toUnit } from '../../shared/vector-math.ts';
import type { Scoring } from '../../store/vector-store.ts';
import type { MediaArgument, QueryArgument, SearchArguments, VectorsArgument } from './arguments.ts';

/** Which part of which media to search with; `argument` is where it stands in the request. */
export interface MediaQuery {
  id: string;
  by: Modality | null;
  /** Seconds from the start; null leaves an end open. */
  startSeconds: number | null;
  endSeconds: number | null;
  argument: string;
}

export interface Seed {
  media: MediaQuery;
  weight: number;
}

/** Far more than a text tower reads; longer ones would only keep the tokenizer busy. */
const MAX_TEXT_LENGTH = 1_000;

/** What to search with, validated. */
type Query =
  | { kind: 'media'; media: MediaQuery }
  | { kind: 'seeds'; seeds: Seed[] }
  | { kind: 'text'; text: string }
  | { kind: 'vectors'; vectors: SpaceVectors };

export interface ParsedSearch {
  target: Modality;
  query: Query;
  /** 0 … 1. */
  alpha: number;
  scoring: Scoring;
  minScore: number | null;
}

/**
 * Validates the arguments of a search, apart from its filter.
 * Throws a UserInputError that names the first wrong argument.
 */
export function parseQuery(
  target: Modality,
  search: SearchArguments,
  manifest: BundleManifest,
  limits: Pick<Limits, 'maxSeeds'>,
): ParsedSearch {
  const alpha = search.alpha ?? manifest.recommendedAlpha;
  if (!(alpha >= 0 && alpha <= 1)) throw new UserInputError(`alpha is from 0 to 1, not ${alpha}.`, 'alpha');
  const minScore = search.minScore ?? null;
  if (minScore !== null && !Number.isFinite(minScore))
    throw new UserInputError('minScore is a finite number.', 'minScore');
  return {
    target,
    query: parseSubject(search.query, alpha, manifest, limits),
    alpha,
    scoring: search.scoring,
    minScore,
  };
}

function parseSubject(
  query: QueryArgument,
  alpha: number,
  manifest: BundleManifest,
  { maxSeeds }: Pick<Limits, 'maxSeeds'>,
): Query {
  if (query.media) return { kind: 'media', media: parseMedia(query.media, 'query.media') };
  if (query.seeds) {
    const { seeds } = query;
    if (seeds.length === 0 || seeds.length > maxSeeds)
      throw new UserInputError(`A query has 1 to ${maxSeeds} seeds, not ${seeds.length}.`, 'query.seeds');
    return {
      kind: 'seeds',
      seeds: seeds.map(({ media, weight }, i) => {
        if (!Number.isFinite(weight))
          throw new UserInputError('A weight is a finite number.', `query.seeds[${i}].weight`);
        return { media: parseMedia(media, `query.seeds[${i}].media`), weight };
      }),
    };
  }
  if (query.vectors) return { kind: 'vectors', vectors: parseVectors(query.vectors, alpha, manifest) };
  if (typeof query.text === 'string') return { kind: 'text', text: parseText(query.text) };
  throw new UserInputError('A query has one of media, seeds, text or vectors.', 'query');
}

/** As it is read: without white space at its ends. */
function parseText(given: string): string {
  if (given.length > MAX_TEXT_LENGTH)
    throw new UserInputError(
      `A text has at most ${MAX_TEXT_LENGTH} characters, not ${given.length}.`,
      'query.text',
    );
  const text = given.trim().replace(/\s+/g, ' ');
  if (text === '') throw new UserInputError('A text has at least one word.', 'query.text');
  return text;
}

function parseMedia(media: MediaArgument, argument: string): MediaQuery {
  const startSeconds = media.startSeconds ?? null;
  const endSeconds = media.endSeconds ?? null;
  if (startSeconds !== null && !(startSeconds >= 0 && Number.isFinite(startSeconds)))
    throw new UserInputError('startSeconds is at least 0.', `${argument}.startSeconds`);
  if (endSeconds !== null && !(endSeconds > (startSeconds ?? 0) && Number.isFinite(endSeconds)))
    throw new UserInputError('endSeconds is behind startSeconds.', `${argument}.endSeconds`);
  return { id: media.id, by: media.by ?? null, startSeconds, endSeconds, argument };
}

function parseVectors(vectors: VectorsArgument, alpha: number, manifest: BundleManifest): SpaceVectors {
  const { sslDimension, supDimension } = manifest.identity;
  const ssl = parseVector(vectors.ssl ?? null, sslDimension, 'query.vectors.ssl');
  const sup = parseVector(vectors.sup ?? null, supDimension, 'query.vectors.sup');
  if (!ssl && alpha < 1)
    throw new UserInputError('ssl may be left out only where alpha is 1.', 'query.vectors.ssl');
  if (!sup && alpha > 0)
    throw new UserInputError('sup may be left out only where alpha is 0.', 'query.vectors.sup');
  return { ssl, sup };
}

function parseVector(
  values: readonly number[] | null,
  dimension: number,
  argument: string,
): Float32Array | null {
  if (values === null) return null;
  if (values.length !== dimension)
    throw new UserInputError(`The vector has ${dimension} numbers, not ${values.length}.`, argument);
  const unit = isFiniteVector(values) ? toUnit(values) : null;
  if (!unit) throw new UserInputError('The vector is finite and not zero.', argument);
  return unit;
}
