import { createReadStream } from 'node:fs';
import { type Api, createApi } from '../api.ts';
import { MediaError, UsageError } from '../shared/errors.ts';
import { findInputFile } from './input-file.ts';
import { printJson, type Session } from './session.ts';

export interface SearchArguments {
  /** What to search with in place of a file. */
  text?: string;
  alpha?: number;
  genre: string[];
  first: number;
  target?: Target;
  json: boolean;
}

type Target = 'music' | 'video';

/** Far longer than the longest clip takes. */
const EMBED_TIMEOUT_SECONDS = 6 * 3600;

const READS_NO_TEXTS = 'The bundle reads no texts: train one with PROFILE=paper, or search with a file.';
const NO_MUSIC = 'There is no music in the store; index --soundtracks makes tracks of videos’ sound.';

const ITEM_FIELDS = 'id title genres source durationSeconds addedAt mediaUrl';
const HIT_FIELDS =
  'cursor rank score ssl { similarity } sup { similarity } matchedSpan { startSeconds endSeconds }';

/** One search with every scalar field of the answer and of its hits. */
function toDocument(target: 'Music' | 'Videos'): string {
  const [type, node] =
    target === 'Music'
      ? ['MusicSearch', `${ITEM_FIELDS} artist`]
      : ['VideoSearch', `${ITEM_FIELDS} thumbnailUrl`];
  return `query Search($query: SearchQueryInput!, $alpha: Float, $genres: GenreFilterInput, $first: Int!) {
    search: search${target}(query: $query, alpha: $alpha, genres: $genres) {
      __typename
      ... on ${type} {
        id alpha scoring bundleId by querySpan { startSeconds endSeconds }
        warnings { code message value suggestions }
        totalCount
        hits(first: $first) {
          edges { ${HIT_FIELDS} node { ${node} } }
          pageInfo { hasNextPage endCursor }
          run { exact store device embedMs searchMs }
        }
      }
      ... on Problem { message }
    }
  }`;
}

/**
 * `search FILE` and `search --text WORDS`: asks as the API would. UsageError where it is not exactly one of both, or more
 * hits are asked for than one page holds.
 */
export async function search(
  path: string | undefined,
  options: SearchArguments,
  session: Session,
): Promise<void> {
  const { text, first } = options;
  const { maxFirst } = session.services.config.limits;
  if (first > maxFirst) throw new UsageError(`--first is ${maxFirst} at most, not ${first}.`);
  if ((path === undefined) === (text === undefined)) {
    throw new UsageError('Search with a file or with --text WORDS, one of them.');
  }
  const file = path === undefined ? null : await findInputFile(path);
  const api = await session.progress.stage('Opening the store', () => createApi(session.services));
  try {
    if (file === null) await searchByText(text, api, options);
    else await searchByFile(file, api, options, session);
  } finally {
    await api.close();
  }
}

async function searchByText(text: string | undefined, api: Api, options: SearchArguments): Promise<void> {
  const target = options.target ?? 'music';
  const answer = await ask(api, { text }, target, options);
  const isUnread = answer.__typename === 'QueryNotSupported' && !api.live.current().embedder.embedTexts;
  print(isUnread ? { ...answer, message: READS_NO_TEXTS } : answer, target, options);
}

/** The file is read as a clip, and forgotten. */
async function searchByFile(
  file: string,
  api: Api,
  options: SearchArguments,
  { progress, signal }: Session,
): Promise<void> {
  const clip = await progress.stage('Embedding', () => readClip(file, api, signal));
  try {
    const target = options.target ?? (clip.hasPictures ? 'music' : 'video');
    print(await ask(api, { media: { id: clip.id } }, target, options), target, options);
  } finally {
    await api.clips.delete(clip.id);
  }
}

async function ask(
  api: Api,
  query: object,
  target: Target,
  { alpha, genre, first }: SearchArguments,
): Promise<SearchAnswer> {
  return execute(api, toDocument(target === 'music' ? 'Music' : 'Videos'), {
    query,
    alpha: alpha ?? null,
    genres: genre.length > 0 ? { any: genre } : null,
    first,
  });
}

async function readClip(path: string, { clips }: Api, signal: AbortSignal) {
  const accepted = await clips.accept(createReadStream(path), signal);
  const clip = await clips.waitFor(accepted.id, EMBED_TIMEOUT_SECONDS, signal);
  signal.throwIfAborted();
  if (clip?.state.status === 'FAILED')
    throw new MediaError(clip.state.failure.code, clip.state.failure.message);
  return {
    id: accepted.id,
    hasPictures: clip?.features.some(({ modality }) => modality === 'VIDEO') ?? false,
  };
}

async function execute(api: Api, query: string, variables: Record<string, unknown>): Promise<SearchAnswer> {
  const { body } = await api.graphqlServer.executeOperation(
    { query, variables },
    { contextValue: api.createContext({}) },
  );
  if (body.kind !== 'single') throw new Error('The API answered in parts.');
  const { data, errors = [] } = body.singleResult;
  if (errors.length > 0) {
    const message = errors.map((error) => error.message).join('\n');
    throw errors[0].extensions?.code === 'BAD_USER_INPUT' ? new UsageError(message) : new Error(message);
  }
  return (data as { search: SearchAnswer }).search;
}

interface SearchAnswer {
  __typename: string;
  message?: string;
  alpha?: number;
  totalCount?: number;
  hits?: { edges: { rank: number; score: number; node: { id: string; title: string; genres: string[] } }[] };
  warnings?: { message: string; suggestions: string[] }[];
}

function print(answer: SearchAnswer, target: Target, { genre, json }: SearchArguments): void {
  if (json) printJson(answer);
  if (!answer.hits) {
    if (!json) console.error(answer.message);
    process.exitCode = 1;
    return;
  }
  if (json) return;
  for (const { message, suggestions } of answer.warnings ?? []) {
    console.error(suggestions.length > 0 ? `${message} There is: ${suggestions.join(', ')}.` : message);
  }
  console.error(`α ${answer.alpha?.toFixed(2)}, ${answer.hits.edges.length} of ${answer.totalCount}`);
  if (answer.totalCount === 0 && genre.length === 0 && target === 'music') console.error(NO_MUSIC);
  for (const { rank, score, node } of answer.hits.edges) {
    console.log([`${rank}.`, score.toFixed(4), node.id, node.title, node.genres.join(', ')].join('\t'));
  }
}
