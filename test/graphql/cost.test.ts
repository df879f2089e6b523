import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, BUNDLE_ID, createEntries, startApi } from '../support/api.ts';
import { createBruteForceStore } from '../support/brute-force-store.ts';

/** Refuses everything that costs anything, so that every answer tells its cost. */
let costOf: (document: string, variables?: Record<string, unknown>) => Promise<number>;
let api: Api;
let strict: Api;

beforeAll(async () => {
  const store = createBruteForceStore(BUNDLE_ID, createEntries(5), ['bpm']);
  const edition = await store.open(BUNDLE_ID);
  api = await startApi({ store, edition });
  strict = await startApi({ store, edition, limits: { maxSearchesPerRequest: 0 } });
  costOf = async (document, variables) => {
    const { errors } = await strict.execute(document, variables);
    if (errors.length === 0) return 0;
    expect(errors[0].extensions?.code).toBe('QUERY_TOO_COSTLY');
    return errors[0].extensions?.cost as number;
  };
});
afterAll(() => Promise.all([api.stop(), strict.stop()]));

const search = (selection: string) =>
  `searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch { ${selection} } }`;

describe('the cost of an operation', () => {
  it.each<[string, number, string, Record<string, unknown>?]>([
    ['no search', 0, '{ system { version } tracks(first: 100) { edges { node { title } } } }'],
    ['a search without hits', 0, `{ ${search('id alpha totalCount')} }`],
    ['one page of hits', 1, `{ ${search('hits(first: 100) { edges { score } }')} }`],
    ['hits and facets', 2, `{ ${search('hits { edges { score } } facets { genres { value } }')} }`],
    ['the facets of the library', 1, '{ facets { genres { value } } }'],
    [
      'ranks in the spaces',
      3,
      `{ ${search('hits { edges { rank ssl { rank } sup { similarity rank } } }')} }`,
    ],
    ['the rank in the whole', 1, `{ ${search('hits { edges { rank ssl { similarity } } }')} }`],
    ['a field that is there twice', 1, `{ ${search('hits { edges { score } } hits { edges { rank } }')} }`],
    ['aliases', 2, `{ ${search('a: hits { edges { score } } b: hits(first: 1) { edges { score } }')} }`],
    [
      'nested fields',
      1 + 7,
      `{ ${search('hits(first: 7) { edges { node { matchingVideos { hits { edges { score } } } } } }')} }`,
    ],
    [
      'ranks of nested fields',
      1 + 7 * 3,
      `{ ${search('hits(first: 7) { edges { node { similarTracks { hits { edges { sup { rank } } } } } } }')} }`,
    ],
    [
      'the default page size',
      1 + 10 * 2,
      `{ ${search('hits { edges { node { similarTracks { hits { edges { score } } facets { genres { value } } } } } }')} }`,
    ],
    ['lists', 12, '{ videos(first: 12) { edges { node { matchingMusic { hits { edges { rank } } } } } } }'],
    [
      'variables, their defaults, fragments and aliases',
      12 + 3,
      `query ($few: Int!, $some: Int! = 3) {
        videos(first: $few) { edges { node { ...matching } } }
        others: videos(first: $some) { edges { node { ...matching } } }
      }
      fragment matching on Video { best: matchingMusic { ...hits } }
      fragment hits on MusicSearch { hits(first: 1) { edges { rank } } }`,
      { few: 12 },
    ],
    [
      'what @skip and @include leave',
      1,
      `query ($yes: Boolean!, $no: Boolean!) {
        a: ${search('hits @include(if: $no) { edges { score } } facets @skip(if: $yes) { genres { value } }')}
        b: ${search('... @include(if: $yes) { hits { edges { score } } }')}
      }`,
      { yes: true, no: false },
    ],
    [
      'the dearest of the types that a node may be',
      2,
      `{ node(id: "t01") {
        ... on Track { similarTracks { hits { edges { rank } } facets { genres { value } } } }
        ... on Video { similarVideos { hits { edges { rank } } } }
      } }`,
    ],
    [
      'a page above the limit, which is refused later, as one of the limit',
      100,
      '{ videos(first: 1000) { edges { node { matchingMusic { hits { edges { rank } } } } } } }',
    ],
    [
      'a mutation',
      1,
      'mutation { updateItem(id: "t01", changes: {}) { ... on Track { similarTracks { hits { edges { rank } } } } } }',
    ],
  ])('counts %s', async (_name, cost, document, variables) => {
    expect(await costOf(document, variables)).toBe(cost);
  });

  it('is refused above the limit with HTTP 400, before anything runs, and names both', async () => {
    const list = (first: number) =>
      api.execute(
        'query ($first: Int!) { tracks(first: $first) { edges { node { similarTracks { hits(first: 1) { edges { rank } } } } } } }',
        { first },
      );
    expect((await list(64)).errors).toEqual([]);
    const refused = await list(65);
    expect(refused.data).toBeUndefined();
    expect(refused.status).toBe(400);
    expect(refused.errors).toEqual([
      expect.objectContaining({ extensions: { code: 'QUERY_TOO_COSTLY', cost: 65, maxCost: 64 } }),
    ]);
  });

  it('is found quickly for fragments that double at every level', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, i) => `fragment f${i} on Track { a: similarTracks { ...h${i} } b: matchingVideos { id } }
        fragment h${i} on MusicSearch { a: hits(first: 1) { ...e${i} } b: hits(first: 1) { ...e${i} } }
        fragment e${i} on MusicHitConnection { edges { node { ${i < 29 ? `...f${i + 1}` : 'id'} } } }`,
    );
    const { errors } = await api.execute(`{ track(id: "t01") { ...f0 } } ${levels.join('\n')}`);
    expect(errors[0].extensions?.code).toBe('QUERY_TOO_COSTLY');
  });
});

it('refuses documents of too many tokens', async () => {
  const { errors } = await api.execute(`{ ${'system { version } '.repeat(2_000)} }`);
  expect(errors[0].extensions?.code).toBe('GRAPHQL_PARSE_FAILED');
});
