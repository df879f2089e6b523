import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightedSum } from '../../src/shared/vector-math.ts';
import type { ItemFilter } from '../../src/store/filter.ts';
import type { Edition, ItemEntry, Scoring } from '../../src/store/vector-store.ts';
import { type Api, AWKWARD_GENRE, BUNDLE_ID, createEntries, startApi } from '../support/api.ts';
import { API_STORES } from '../support/api-stores.ts';
import { cosineOfBlends, createBruteForceStore, unit } from '../support/brute-force-store.ts';

const SEARCH = `
  query Search($id: ID!, $alpha: Float, $scoring: Scoring!, $filter: ItemFilterInput, $first: Int!, $after: String) {
    searchMusic(query: { media: { id: $id } }, alpha: $alpha, scoring: $scoring, filter: $filter) {
      ... on MusicSearch {
        id alpha
        hits(first: $first, after: $after) {
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          run { exact }
          edges {
            cursor rank score
            matchedSpan { startSeconds endSeconds }
            ssl { similarity } sup { similarity }
            node { id genres }
          }
        }
      }
      ... on Problem { message }
    }
  }`;

interface Hit {
  cursor: string;
  rank: number;
  score: number;
  matchedSpan: { startSeconds: number; endSeconds: number };
  ssl: { similarity: number };
  sup: { similarity: number };
  node: { id: string; genres: string[] };
}

const FILTERS: { input: object | null; normal: ItemFilter | null }[] = [
  { input: null, normal: null },
  {
    input: { genres: { any: [AWKWARD_GENRE] } },
    normal: { op: 'in', field: 'genres', values: [AWKWARD_GENRE] },
  },
  {
    input: {
      or: [{ attributes: [{ name: 'bpm', range: { min: 100 } }] }, { artists: { any: ['Artist 1'] } }],
    },
    normal: {
      op: 'or',
      of: [
        { op: 'range', field: { attribute: 'bpm' }, min: 100, max: null },
        { op: 'in', field: 'artist', values: ['Artist 1'] },
      ],
    },
  },
];

const entries = createEntries(7);
const entriesById = new Map(entries.map((entry) => [entry.record.id, entry]));
const entryOf = (id: string) => entriesById.get(id) as ItemEntry;

/** The mean unit vector of a whole item in one space. */
function meanOf(id: string, space: 'ssl' | 'sup'): Float32Array {
  const vectors = entryOf(id).segments.map((segment) => segment[space] as Float32Array);
  return unit([
    ...weightedSum(
      vectors,
      vectors.map(() => 1),
    ),
  ]);
}

describe.each(API_STORES)('ranking over the $name store', ({ open }) => {
  let api: Api;
  let oracle: Edition;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const opened = await open(entries);
    close = opened.close;
    api = await startApi(opened);
    const bruteForce = createBruteForceStore(BUNDLE_ID, entries, ['bpm']);
    oracle = await bruteForce.open(BUNDLE_ID);
  });
  afterAll(async () => {
    await api.stop();
    await close();
  });

  async function hitsOf(variables: Record<string, unknown>) {
    const { data, errors } = await api.execute(SEARCH, variables);
    expect(errors).toEqual([]);
    return data.searchMusic.hits as {
      edges: Hit[];
      pageInfo: Record<string, unknown>;
      run: { exact: boolean };
    };
  }

  async function expectedIds(id: string, alpha: number, scoring: Scoring, filter: ItemFilter | null) {
    const query = { ssl: meanOf(id, 'ssl'), sup: meanOf(id, 'sup') };
    const request = { target: 'MUSIC' as const, query, alpha, scoring, filter, excludeIds: [id] };
    const [page] = await oracle.search([{ ...request, minScore: null, first: 100, after: null }]);
    return page.hits.map(({ itemId }) => itemId);
  }

  it('orders like brute force at every α, for both scorings, whole and paged, with and without filters', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
        fc.constantFrom<Scoring>('WEIGHTED', 'BLENDED'),
        fc.constantFrom(...FILTERS),
        fc.constantFrom('v00', 'v06', 'v13', 't05', 't20'),
        fc.integer({ min: 1, max: 15 }),
        async (alpha, scoring, filter, id, first) => {
          const expected = await expectedIds(id, alpha, scoring, filter.normal);
          const variables = { id, alpha, scoring, filter: filter.input };
          const whole = await hitsOf({ ...variables, first: 100 });
          expect(whole.edges.map(({ node }) => node.id)).toEqual(expected);
          expect(whole.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
          expect(whole.run.exact).toBe(true);

          const paged: Hit[] = [];
          let after: unknown = null;
          for (let more = true; more; ) {
            const page = await hitsOf({ ...variables, first, after });
            expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
            paged.push(...page.edges);
            after = page.pageInfo.endCursor;
            more = page.pageInfo.hasNextPage === true;
          }
          expect(paged).toEqual(whole.edges);
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it.each(Array.from({ length: 11 }, (_, tenths) => tenths / 10))(
    'gives hits whose parts explain their score at α %d',
    async (alpha) => {
      const query = { ssl: meanOf('v03', 'ssl'), sup: meanOf('v03', 'sup') };
      for (const scoring of ['WEIGHTED', 'BLENDED'] as const) {
        const { edges } = await hitsOf({ id: 'v03', alpha, scoring, first: 100 });
        expect(edges).toHaveLength(40);
        edges.forEach((hit, i) => {
          const { ssl, sup } = hit;
          const segment = entryOf(hit.node.id).segments.find(
            ({ startSeconds }) => startSeconds === hit.matchedSpan.startSeconds,
          );
          if (!segment) throw new Error('The matched span is a segment of the item.');
          const weighted = (1 - alpha) * ssl.similarity + alpha * sup.similarity;
          const expected = scoring === 'WEIGHTED' ? weighted : cosineOfBlends(query, segment, alpha);
          expect(Math.abs(hit.score - expected)).toBeLessThanOrEqual(1e-5);
          expect(Math.abs(ssl.similarity - cosineOfBlends(query, segment, 0))).toBeLessThanOrEqual(1e-5);
          expect(Math.abs(sup.similarity - cosineOfBlends(query, segment, 1))).toBeLessThanOrEqual(1e-5);
          expect(hit.rank).toBe(i + 1);
        });
      }
    },
  );

  it('ranks by one space alone, also where the page is sorted by another', async () => {
    const { data, errors } = await api.execute(`{
      searchMusic(query: { media: { id: "v03" } }, alpha: 0.4) {
        ... on MusicSearch { hits(first: 20) { edges { node { id } ssl { rank } sup { rank } } } }
      }
    }`);
    expect(errors).toEqual([]);
    const bySsl = await expectedIds('v03', 0, 'WEIGHTED', null);
    const bySup = await expectedIds('v03', 1, 'WEIGHTED', null);
    for (const { node, ssl, sup } of data.searchMusic.hits.edges) {
      expect(ssl.rank).toBe(bySsl.indexOf(node.id) + 1);
      expect(sup.rank).toBe(bySup.indexOf(node.id) + 1);
    }
  });

  it('weighs seeds by proportion alone, however large or small the weights', async () => {
    const found = (first: string, second: string) => `searchMusic(alpha: 0.5, query: { seeds: [
        { media: { id: "t01" }, weight: ${first} }, { media: { id: "v02" }, weight: ${second} }
      ] }) { ... on MusicSearch { hits(first: 9) { edges { score node { id } } } } }`;
    const { data, errors } = await api.execute(`{
      plain: ${found('1', '0.5')}
      huge: ${found('1e308', '5e307')}
      tiny: ${found('2e-300', '1e-300')}
    }`);
    expect(errors).toEqual([]);
    const { plain, huge, tiny } = data;
    expect(plain.hits.edges).toHaveLength(9);
    for (const other of [huge, tiny]) {
      expect(other.hits.edges.map(({ node }: Hit) => node)).toEqual(
        plain.hits.edges.map(({ node }: Hit) => node),
      );
    }
  });

  it('pools seeds by weight, pushes away by negative ones and leaves all of them out', async () => {
    const { data, errors } = await api.execute(`{
      searchMusic(alpha: 0.5, query: { seeds: [
        { media: { id: "t01" } }, { media: { id: "v02" }, weight: 0.5 }, { media: { id: "t03" }, weight: -0.7 }
      ] }) {
        ... on MusicSearch { by querySpan { startSeconds } hits(first: 100) { edges { score node { id } } } }
      }
    }`);
    expect(errors).toEqual([]);
    const seeds = ['t01', 'v02', 't03'];
    const pooled = (space: 'ssl' | 'sup') =>
      unit([
        ...weightedSum(
          seeds.map((id) => meanOf(id, space)),
          [1, 0.5, -0.7],
        ),
      ]);
    const [page] = await oracle.search([
      {
        target: 'MUSIC',
        query: { ssl: pooled('ssl'), sup: pooled('sup') },
        alpha: 0.5,
        scoring: 'WEIGHTED',
        filter: null,
        excludeIds: seeds,
        minScore: null,
        first: 100,
        after: null,
      },
    ]);
    const { edges } = data.searchMusic.hits;
    expect(edges.map(({ node }: Hit) => node.id)).toEqual(page.hits.map(({ itemId }) => itemId));
    expect(edges).toHaveLength(38);
    expect(data.searchMusic).toMatchObject({ by: null, querySpan: null });
  });

  it('pools only the segments that the window overlaps', async () => {
    const long = entries.find(({ record, segments }) => record.modality === 'VIDEO' && segments.length === 3);
    if (!long) throw new Error('The library holds a video of three segments.');
    const { data, errors } = await api.execute(
      `query ($id: ID!, $ssl: [Float!], $sup: [Float!]) {
        byWindow: searchMusic(query: { media: { id: $id, startSeconds: 12, endSeconds: 20 } }) { ...found }
        byVectors: searchMusic(query: { vectors: { ssl: $ssl, sup: $sup } }) { ...found }
      }
      fragment found on MusicSearch {
        by querySpan { startSeconds endSeconds } hits { edges { score node { id } } }
      }`,
      {
        id: long.record.id,
        ssl: [...(long.segments[1].ssl as Float32Array)].map((x) => 3 * x),
        sup: [...(long.segments[1].sup as Float32Array)],
      },
    );
    expect(errors).toEqual([]);
    expect(data.byWindow).toMatchObject({ by: 'VIDEO', querySpan: { startSeconds: 10, endSeconds: 20 } });
    expect(data.byVectors).toMatchObject({ by: null, querySpan: null });
    expect(data.byWindow.hits.edges.map(({ node }: Hit) => node.id)).toEqual(
      data.byVectors.hits.edges.map(({ node }: Hit) => node.id),
    );
  });

  it('ends at minScore and counts what the filter lets through all the same', async () => {
    const { data } = await api.execute(`{
      searchMusic(query: { media: { id: "v03" } }, minScore: 0.3) {
        ... on MusicSearch { totalCount hits(first: 100) { edges { score } pageInfo { hasNextPage } } }
      }
    }`);
    const { totalCount, hits } = data.searchMusic;
    expect(totalCount).toBe(40);
    expect(hits.edges.length).toBeGreaterThan(0);
    expect(hits.edges.length).toBeLessThan(40);
    for (const { score } of hits.edges) expect(score).toBeGreaterThanOrEqual(0.3);
    expect(hits.pageInfo.hasNextPage).toBe(false);
  });
});
