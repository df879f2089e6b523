import { expect } from 'vitest';
import { postFile, send } from '../../http/start-server.ts';

export interface Hit {
  rank: number;
  score: number;
  ssl: { similarity: number };
  sup: { similarity: number };
  matchedSpan: { startSeconds: number; endSeconds: number };
  node: { id: string; title: string; genres: string[] };
}

export interface Found {
  __typename: string;
  alpha: number;
  by: string | null;
  querySpan: { startSeconds: number; endSeconds: number } | null;
  totalCount: number;
  hits: { edges: Hit[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

const FOUND = `__typename alpha by querySpan { startSeconds endSeconds } totalCount
  hits(first: $first, after: $after) {
    edges {
      rank score ssl { similarity } sup { similarity } matchedSpan { startSeconds endSeconds }
      node { id title genres }
    }
    pageInfo { hasNextPage endCursor }
  }`;

export interface SearchVariables {
  query: object;
  alpha?: number;
  scoring?: 'WEIGHTED' | 'BLENDED';
  genres?: object;
  filter?: object;
  first?: number;
  after?: string | null;
}

/** A GraphQL answer without errors, else it throws them. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the query selects
export async function ask(url: string, query: string, variables: object = {}): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: object[] };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function search(url: string, target: 'Music' | 'Videos', variables: SearchVariables): Promise<Found> {
  const type = target === 'Music' ? 'MusicSearch' : 'VideoSearch';
  const { search: found } = await ask(
    url,
    `query Search($query: SearchQueryInput!, $alpha: Float, $scoring: Scoring!, $genres: GenreFilterInput,
                  $filter: ItemFilterInput, $first: Int!, $after: String) {
      search: search${target}(query: $query, alpha: $alpha, scoring: $scoring, genres: $genres, filter: $filter) {
        ... on ${type} { ${FOUND} }
        ... on Problem { __typename message }
      }
    }`,
    { scoring: 'WEIGHTED', first: 100, ...variables },
  );
  expect(found.__typename, found.message).toBe(type);
  return found;
}

export const searchMusic = (url: string, variables: SearchVariables) => search(url, 'Music', variables);
export const searchVideos = (url: string, variables: SearchVariables) => search(url, 'Videos', variables);

/** All pages of a search, `first` hits each. */
export async function searchAllPages(
  url: string,
  variables: SearchVariables & { first: number },
): Promise<Hit[]> {
  const hits: Hit[] = [];
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Found['hits'] = (await searchMusic(url, { ...variables, after })).hits;
    hits.push(...edges);
    if (!pageInfo.hasNextPage) return hits;
    after = pageInfo.endCursor;
  }
}

/** What tells two lists of hits apart: which, and with what scores, to `digits`. */
export const ranking = ({ hits }: Found) => hits.edges.map(({ node }) => node.id);

/** POST /clips; the clip as it was answered once it is READY. */
export async function upload(url: string, bytes: Buffer): Promise<{ id: string; modalities: string[] }> {
  const { status, json } = await send(url, postFile(bytes));
  expect([status, json.status], JSON.stringify(json)).toEqual([201, 'READY']);
  return json;
}
