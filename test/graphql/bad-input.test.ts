import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemEntry } from '../../src/store/vector-store.ts';
import {
  type Api,
  AWKWARD_GENRE,
  BUNDLE_ID,
  createClip,
  createEntries,
  createManifest,
  DIMENSION,
  startApi,
} from '../support/api.ts';
import { API_STORES, type OpenedStore } from '../support/api-stores.ts';
import { createBruteForceStore } from '../support/brute-force-store.ts';

const SEARCH = `query Search($query: SearchQueryInput!, $alpha: Float, $first: Int = 10, $after: String,
    $filter: ItemFilterInput, $genres: GenreFilterInput, $minScore: Float, $scoring: Scoring! = WEIGHTED) {
  searchMusic(query: $query, alpha: $alpha, filter: $filter, genres: $genres, minScore: $minScore, scoring: $scoring) {
    __typename
    ... on Problem { message }
    ... on MediaNotFound { mediaId }
    ... on ClipNotReady { clip { id status progress failure { code message } } }
    ... on MusicSearch {
      totalCount
      warnings { code value suggestions }
      hits(first: $first, after: $after) { edges { cursor node { id genres } } pageInfo { endCursor } }
    }
  }
}`;

const query = { media: { id: 'v01' } };
const ones = Array.from({ length: DIMENSION }, () => 1);
const zeros = ones.map(() => 0);
const opposite = (entry: ItemEntry): ItemEntry => ({
  ...entry,
  record: { ...entry.record, id: 'v00-opposite' },
  segments: entry.segments.map((segment) => ({
    ...segment,
    ssl: segment.ssl?.map((x) => -x) ?? null,
    sup: segment.sup?.map((x) => -x) ?? null,
  })),
});

describe.each(API_STORES)('bad input over the $name store', ({ open }) => {
  let opened: OpenedStore;
  let api: Api;

  beforeAll(async () => {
    const entries = createEntries(3);
    const first = entries.find(({ record }) => record.id === 'v00') as ItemEntry;
    opened = await open([...entries, opposite(first)]);
    const { clips } = opened.store;
    await clips.put(createClip('clip_ready', 1));
    await clips.put(createClip('clip_expired', 2, { expiresAt: '2026-01-01T00:00:00.000Z' }));
    const leaseUntil = new Date(Date.now() + 60_000).toISOString();
    await clips.put(
      createClip('clip_busy', 3, {
        state: { status: 'PROCESSING', progress: 0.4, leaseUntil },
        features: [],
      }),
    );
    const failure = { code: 'NO_AUDIO', message: 'There is no sound.' } as const;
    await clips.put(createClip('clip_failed', 4, { state: { status: 'FAILED', failure }, features: [] }));
    const foreign = createClip('clip_foreign', 5);
    await clips.put({
      ...foreign,
      features: foreign.features.map((one) => ({ ...one, backboneId: 'some other backbone' })),
    });
    const rebuilt = createClip('clip_rebuilt', 7);
    await clips.put({
      ...rebuilt,
      features: rebuilt.features.map((one) => ({ ...one, backboneSha256: 'd'.repeat(64) })),
    });
    const pictures = createClip('clip_silent', 6);
    await clips.put({
      ...pictures,
      features: pictures.features.filter(({ modality }) => modality === 'VIDEO'),
    });
    api = await startApi(opened);
  });
  afterAll(async () => {
    await api.stop();
    await opened.close();
    expect(api.faults).toEqual([]);
  });

  const alphaFault = { code: 'BAD_USER_INPUT', argument: 'alpha' };
  const vector = { ssl: ones, sup: ones };
  const nested = (depth: number): object => (depth > 0 ? { not: nested(depth - 1) } : { words: 'a' });

  it.each<[string, Record<string, unknown>, object]>([
    ['α below 0', { query, alpha: -0.01 }, alphaFault],
    ['α above 1', { query, alpha: 1.01 }, alphaFault],
    ['α that is not a number', { query, alpha: Number.NaN }, alphaFault],
    ['α as text', { query, alpha: '0.5' }, alphaFault],
    ['infinite minScore', { query, minScore: Number.POSITIVE_INFINITY }, { argument: 'minScore' }],
    ['first 0', { query, first: 0 }, { argument: 'first' }],
    ['first below 0', { query, first: -1 }, { argument: 'first' }],
    ['first above the limit', { query, first: 101 }, { argument: 'first' }],
    ['null for a required variable', { query: null }, { argument: 'query' }],
    ['a missing required variable', {}, { argument: 'query' }],
    ['null for the one field of a query', { query: { media: null } }, { argument: 'query.media' }],
    ['no field of a query', { query: {} }, { argument: 'query' }],
    ['two fields of a query', { query: { ...query, text: 'calm' } }, { argument: 'query' }],
    ['null for a scoring', { query, scoring: null }, { argument: 'scoring' }],
    ['an unknown scoring', { query, scoring: 'FUSED' }, { argument: 'scoring' }],
    [
      'null for a weight',
      { query: { seeds: [{ ...query, weight: null }] } },
      { argument: 'query.seeds[0].weight' },
    ],
    ['no seeds', { query: { seeds: [] } }, { argument: 'query.seeds' }],
    ['too many seeds', { query: { seeds: Array(17).fill(query) } }, { argument: 'query.seeds' }],
    [
      'seeds that cancel out',
      { query: { seeds: [{ media: { id: 'v00' } }, { media: { id: 'v00-opposite' } }] } },
      { argument: 'query.seeds' },
    ],
    ['seeds without weight', { query: { seeds: [{ ...query, weight: 0 }] } }, { argument: 'query.seeds' }],
    [
      'a vector too short',
      { query: { vectors: { ...vector, ssl: [1] } } },
      { argument: 'query.vectors.ssl' },
    ],
    [
      'a vector too long',
      { query: { vectors: { ...vector, sup: [...ones, 1] } } },
      { argument: 'query.vectors.sup' },
    ],
    ['a zero vector', { query: { vectors: { ...vector, sup: zeros } } }, { argument: 'query.vectors.sup' }],
    [
      'NaN in a vector',
      { query: { vectors: { ...vector, ssl: [Number.NaN] } } },
      { argument: 'query.vectors.ssl[0]' },
    ],
    ['no vector', { query: { vectors: {} }, alpha: 0.5 }, { argument: 'query.vectors.ssl' }],
    [
      'no sup vector at α 0.1',
      { query: { vectors: { ssl: ones } }, alpha: 0.1 },
      { argument: 'query.vectors.sup' },
    ],
    [
      'no ssl vector at α 0',
      { query: { vectors: { sup: ones } }, alpha: 0 },
      { argument: 'query.vectors.ssl' },
    ],
    [
      'a window behind the end',
      { query: { media: { id: 'v01', startSeconds: 500 } } },
      { argument: 'query.media.startSeconds' },
    ],
    [
      'a window before the start',
      { query: { media: { id: 'v01', startSeconds: -1 } } },
      { argument: 'query.media.startSeconds' },
    ],
    [
      'a window that is empty',
      { query: { media: { id: 'v01', startSeconds: 5, endSeconds: 5 } } },
      { argument: 'query.media.endSeconds' },
    ],
    ['what is not a cursor', { query, after: 'nonsense' }, { argument: 'after' }],
    [
      'a range over text',
      { query, filter: { attributes: [{ name: 'mood', range: { min: 1 } }] } },
      { argument: 'filter.attributes.range' },
    ],
    [
      'filters nested too deep',
      { query, filter: nested(8) },
      { argument: 'filter.not.not.not.not.not.not.not.not' },
    ],
    [
      'too many values',
      { query, filter: { ids: { any: Array.from({ length: 1001 }, (_, i) => `x${i}`) } } },
      { argument: 'filter' },
    ],
    ['an unknown field of a filter', { query, filter: { genre: 'jazz' } }, { argument: 'filter' }],
  ])('refuses %s', async (_name, variables, expected) => {
    const { data, errors } = await api.execute(SEARCH, variables);
    expect(errors).toHaveLength(1);
    expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', ...expected });
    expect(data?.searchMusic ?? null).toBeNull();
    expect(JSON.stringify(errors)).not.toMatch(/stacktrace|node_modules/);
  });

  it.each<[string, string, string | null]>([
    ['null for a required argument', '{ searchMusic(query: null) { __typename } }', 'query'],
    ['a missing required argument', '{ searchMusic { __typename } }', 'query'],
    ['null for first', '{ tracks(first: null) { totalCount } }', 'first'],
    ['text for α', '{ searchMusic(query: { text: "a" }, alpha: "much") { __typename } }', 'alpha'],
    ['an unknown enum value', '{ facets(of: SOUND) { genres { value } } }', 'of'],
    [
      'two ways to search',
      '{ searchMusic(query: { text: "a", media: { id: "b" } }) { __typename } }',
      'query',
    ],
    ['first of a list above the limit', '{ videos(first: 101) { totalCount } }', 'first'],
    ['first of a facet', '{ facets { genres(first: 0) { value } } }', 'first'],
    ['a count of peaks', '{ track(id: "t01") { peaks(count: 0) } }', 'count'],
    [
      'an empty title',
      'mutation { updateItem(id: "t01", changes: { title: " " }) { __typename } }',
      'changes.title',
    ],
    [
      'a title too long',
      `mutation { updateItem(id: "t01", changes: { title: "${'a'.repeat(501)}" }) { __typename } }`,
      'changes.title',
    ],
    [
      'a genre too long',
      `mutation { updateItem(id: "t01", changes: { genres: ["${'a'.repeat(101)}"] }) { __typename } }`,
      'changes.genres[0]',
    ],
  ])('refuses %s in the document', async (_name, document, argument) => {
    const { errors } = await api.execute(document);
    expect(errors).toHaveLength(1);
    expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });

  it.each<[string, Record<string, unknown>, object]>([
    [
      'an unknown item',
      { query: { media: { id: 'nobody' } } },
      { __typename: 'MediaNotFound', mediaId: 'nobody' },
    ],
    [
      'an unknown seed',
      { query: { seeds: [query, { media: { id: 'v77' } }].map((seed) => ({ ...seed })) } },
      { __typename: 'MediaNotFound', mediaId: 'v77' },
    ],
    ['an unknown clip', { query: { media: { id: 'clip_none' } } }, { __typename: 'MediaNotFound' }],
    [
      'an expired clip',
      { query: { media: { id: 'clip_expired' } } },
      {
        __typename: 'MediaNotFound',
        mediaId: 'clip_expired',
        message: expect.stringContaining('upload it again'),
      },
    ],
    [
      'a clip of other backbones',
      { query: { media: { id: 'clip_foreign' } } },
      { __typename: 'MediaNotFound', message: expect.stringContaining('upload it again') },
    ],
    [
      'a clip of another build of its backbones',
      { query: { media: { id: 'clip_rebuilt' } } },
      { __typename: 'MediaNotFound', message: expect.stringContaining('upload it again') },
    ],
    [
      'a clip that is being read',
      { query: { media: { id: 'clip_busy' } } },
      {
        __typename: 'ClipNotReady',
        clip: { id: 'clip_busy', status: 'PROCESSING', progress: 0.4, failure: null },
      },
    ],
    [
      'a clip that failed',
      { query: { media: { id: 'clip_failed' } } },
      {
        __typename: 'ClipNotReady',
        clip: { status: 'FAILED', failure: { code: 'NO_AUDIO', message: 'There is no sound.' } },
      },
    ],
    ['text', { query: { text: 'a calm piano' } }, { __typename: 'QueryNotSupported' }],
    [
      'the sound of an indexed video',
      { query: { media: { id: 'v01', by: 'MUSIC' } } },
      { __typename: 'QueryNotSupported' },
    ],
    [
      'the pictures of a track',
      { query: { media: { id: 't01', by: 'VIDEO' } } },
      { __typename: 'QueryNotSupported' },
    ],
    [
      'the sound of a silent clip',
      { query: { media: { id: 'clip_silent', by: 'MUSIC' } } },
      { __typename: 'QueryNotSupported' },
    ],
  ])('answers %s with a type', async (_name, variables, expected) => {
    const { data, errors } = await api.execute(SEARCH, variables);
    expect(errors).toEqual([]);
    expect(data.searchMusic).toMatchObject({ message: expect.any(String), ...expected });
  });

  it('lets one vector be left out at the end of α that does not use it', async () => {
    for (const variables of [
      { query: { vectors: { ssl: ones } }, alpha: 0 },
      { query: { vectors: { sup: ones, ssl: null } }, alpha: 1 },
    ]) {
      const { data, errors } = await api.execute(SEARCH, variables);
      expect(errors).toEqual([]);
      expect(data.searchMusic.hits.edges).toHaveLength(10);
    }
  });

  it('continues only the search that a cursor came from', async () => {
    const { data } = await api.execute(SEARCH, { query, alpha: 0.5, first: 3 });
    const after = data.searchMusic.hits.pageInfo.endCursor;
    const same = await api.execute(SEARCH, { query, alpha: 0.5, first: 3, after });
    expect(same.errors).toEqual([]);
    for (const other of [
      { alpha: 0.6 },
      { alpha: 0.5, genres: { any: ['jazz'] } },
      { alpha: 0.5, scoring: 'BLENDED' },
    ]) {
      const { errors } = await api.execute(SEARCH, { query, ...other, after });
      expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
    }
    const list = await api.execute('query ($after: String) { tracks(after: $after) { totalCount } }', {
      after,
    });
    expect(list.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
    const forged = Buffer.from(JSON.stringify(['b'.repeat(12), 'x', 1, 0, null, 't01'])).toString(
      'base64url',
    );
    const refused = await api.execute(SEARCH, { query, alpha: 0.5, after: forged });
    expect(refused.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
  });

  it.each<[string, object, number]>([
    [
      'empty lists',
      { genres: { any: [], all: [], none: [] }, attributes: [], and: [], or: [], ids: { any: [] } },
      40,
    ],
    ['empty objects', { and: [{}], or: [{}], not: {}, durationSeconds: {}, words: ' ' }, 40],
    ['nothing under not', { not: { genres: { any: [] } } }, 40],
    ['contradictions', { durationSeconds: { min: 5, max: 1 } }, 0],
    ['a value and its opposite', { genres: { any: ['jazz'], none: ['jazz'] } }, 0],
    ['an unknown id', { ids: { any: ['nobody'] } }, 0],
    ['a range of an unknown attribute', { attributes: [{ name: 'key', range: { min: 1 } }] }, 0],
  ])('takes %s in a filter', async (_name, filter, count) => {
    const { data, errors } = await api.execute(SEARCH, { query, filter });
    expect(errors).toEqual([]);
    expect(data.searchMusic.totalCount).toBe(count);
    expect(data.searchMusic.hits.edges).toHaveLength(Math.min(10, count));
  });

  it('finds genres with quotes, backslashes and emoji', async () => {
    const { data, errors } = await api.execute(SEARCH, { query, genres: { all: [AWKWARD_GENRE] } });
    expect(errors).toEqual([]);
    expect(data.searchMusic.warnings).toEqual([]);
    expect(data.searchMusic.totalCount).toBeGreaterThan(5);
    for (const { node } of data.searchMusic.hits.edges) expect(node.genres).toContain(AWKWARD_GENRE);
  });

  it('warns of values that no item carries and names the nearest', async () => {
    const { data } = await api.execute(SEARCH, {
      query,
      genres: { any: ['Jaz', 'jazz', 'zydeco'] },
      filter: { not: { attributes: [{ name: 'moods', any: ['calm'] }] }, artists: { none: ['artist 33'] } },
    });
    expect(data.searchMusic.warnings).toEqual([
      { code: 'UNKNOWN_VALUE', value: 'Jaz', suggestions: ['jazz'] },
      { code: 'UNKNOWN_VALUE', value: 'zydeco', suggestions: [] },
      { code: 'UNKNOWN_VALUE', value: 'artist 33', suggestions: ['Artist 3', 'Artist 0', 'Artist 1'] },
      { code: 'UNKNOWN_ATTRIBUTE', value: 'moods', suggestions: ['mood'] },
    ]);
  });

  it('lets one alias fail and answers the others', async () => {
    const { data, errors } = await api.execute(`{
      good: searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch { hits { edges { rank } } } }
      wrong: searchMusic(query: { media: { id: "v01" } }, alpha: 7) { __typename }
      missing: searchMusic(query: { media: { id: "v99" } }) { __typename }
    }`);
    expect(data.good.hits.edges).toHaveLength(10);
    expect(data.wrong).toBeNull();
    expect(data.missing).toEqual({ __typename: 'MediaNotFound' });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ path: ['wrong'], extensions: alphaFault });
  });
});

describe('what depends on the bundle', () => {
  const entries = createEntries(3);

  it('has BLENDED only for spaces of one dimension', async () => {
    const uneven = createEntries(3, 5);
    const store = createBruteForceStore(BUNDLE_ID, uneven, ['bpm']);
    const api = await startApi({
      store,
      edition: await store.open(BUNDLE_ID),
      manifest: createManifest({ supDimension: 5 }),
    });
    const blended = await api.execute(SEARCH, { query, scoring: 'BLENDED' });
    expect(blended.data.searchMusic.__typename).toBe('QueryNotSupported');
    const weighted = await api.execute(SEARCH, { query });
    expect(weighted.data.searchMusic.hits.edges).toHaveLength(10);
    const nestedField = await api.execute(
      '{ track(id: "t01") { id similarTracks(scoring: BLENDED) { id } matchingVideos { id } } }',
    );
    expect(nestedField.data.track).toMatchObject({
      similarTracks: null,
      matchingVideos: { id: expect.any(String) },
    });
    expect(nestedField.errors[0].extensions).toEqual({ code: 'QUERY_NOT_SUPPORTED', requestId: 'request-1' });
    await api.stop();
  });

  it('lets cursors expire with their bundle', async () => {
    const store = createBruteForceStore(BUNDLE_ID, entries, ['bpm']);
    const edition = await store.open(BUNDLE_ID);
    const before = await startApi({ store, edition });
    const after = await startApi({ store, edition, manifest: createManifest({}, 'e'.repeat(64)) });
    const { data } = await before.execute(SEARCH, { query });
    const stale = await after.execute(SEARCH, { query, after: data.searchMusic.hits.pageInfo.endCursor });
    expect(stale.errors[0].extensions).toMatchObject({ code: 'CURSOR_EXPIRED' });
    await Promise.all([before.stop(), after.stop()]);
  });

  it('pages to the last rank and no further', async () => {
    const store = createBruteForceStore(BUNDLE_ID, entries, ['bpm']);
    const api = await startApi({ store, edition: await store.open(BUNDLE_ID), limits: { maxRank: 25 } });
    const ranks: number[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const { data } = await api.execute(
        `query ($after: String) { searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch {
          hits(first: 10, after: $after) { edges { rank } pageInfo { hasNextPage endCursor } } } } }`,
        { after },
      );
      const { edges, pageInfo } = data.searchMusic.hits;
      ranks.push(...edges.map(({ rank }: { rank: number }) => rank));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(ranks).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    await api.stop();
  });
});
