import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Api,
  BUNDLE_ID,
  createClip,
  createEntries,
  createHalvingEmbedder,
  type RecordingEmbedder,
  startApi,
} from '../support/api.ts';
import { type BruteForceStore, createBruteForceStore } from '../support/brute-force-store.ts';

let store: BruteForceStore;
let embedder: RecordingEmbedder;
let api: Api;

beforeEach(async () => {
  store = createBruteForceStore(BUNDLE_ID, createEntries(5), ['bpm']);
  embedder = createHalvingEmbedder();
  api = await startApi({
    store,
    edition: await store.open(BUNDLE_ID),
    embedder,
    limits: { maxSearchesPerRequest: 500 },
  });
});
afterEach(() => api.stop());

it('answers five aliases and their nested fields with one search per level and no further read of what it found', async () => {
  const { data, errors } = await api.execute(`
    {
      a: searchMusic(query: { media: { id: "v01" } }, alpha: 0) { ...found }
      b: searchMusic(query: { media: { id: "v01" } }, alpha: 1) { ...found }
      c: searchMusic(query: { media: { id: "v02" } }, genres: { any: ["jazz"] }) { ...found }
      d: searchMusic(query: { media: { id: "t03" } }, scoring: BLENDED) { ...found }
      e: searchMusic(query: { seeds: [{ media: { id: "v04" } }, { media: { id: "t05" } }] }) { ...found }
    }
    fragment found on MusicSearch {
      hits(first: 10) { edges { node { id matchingVideos { hits(first: 2) { edges { node { title } } } } } } }
    }`);
  expect(errors).toEqual([]);
  const tracks = ['a', 'b', 'c', 'd', 'e'].flatMap((alias) =>
    data[alias].hits.edges.map(({ node }: { node: { id: string } }) => node.id),
  );
  expect(tracks.length).toBeGreaterThan(40);
  // The second pass holds each track's search once, however many aliases found it.
  expect(store.searchSizes).toEqual([5, new Set(tracks).size]);
  // The query media, then the tracks that were found.
  expect(store.calls).toMatchObject({ retrieve: 0, segments: 2 });
});

it('searches a list of tracks for their videos in one pass', async () => {
  const { data, errors } = await api.execute(`{
    tracks(first: 10) { edges { node { matchingVideos { hits(first: 3) { edges { node { id } } } } } } }
  }`);
  expect(errors).toEqual([]);
  expect(data.tracks.edges).toHaveLength(10);
  expect(store.searchSizes).toEqual([10]);
  // The tracks.
  expect(store.calls).toMatchObject({ retrieve: 1, segments: 1 });
});

it('projects the clips of all aliases together and scans once for them and for indexed items', async () => {
  await store.clips.put(createClip('clip_one', 1));
  await store.clips.put(createClip('clip_two', 2));
  const { errors } = await api.execute(`
    {
      a: searchMusic(query: { media: { id: "clip_one" } }) { ...found }
      b: searchMusic(query: { media: { id: "clip_one", startSeconds: 10 } }) { ...found }
      c: searchMusic(query: { media: { id: "clip_two" } }) { ...found }
      d: searchMusic(query: { media: { id: "v01" } }) { ...found }
    }
    fragment found on MusicSearch { by hits { edges { node { id } } run { device embedMs } } }`);
  expect(errors).toEqual([]);
  expect(embedder.batchSizes).toEqual([6]);
  expect(store.searchSizes).toEqual([4]);
});

it('reports what embedded a query, and nothing where nothing had to be', async () => {
  await store.clips.put(createClip('clip_one', 1));
  const { data } = await api.execute(`
    {
      clip: searchMusic(query: { media: { id: "clip_one", by: MUSIC, startSeconds: 15, endSeconds: 16 } }) { ...run }
      item: searchMusic(query: { media: { id: "v01" } }) { ...run }
    }
    fragment run on MusicSearch {
      by querySpan { startSeconds endSeconds } hits { run { store device embedMs searchMs } }
    }`);
  expect(data.clip).toMatchObject({ by: 'MUSIC', querySpan: { startSeconds: 10, endSeconds: 20 } });
  expect(data.clip.hits.run).toMatchObject({ store: 'EMBEDDED', device: 'CPU' });
  expect(data.clip.hits.run.embedMs).toBeGreaterThan(0);
  expect(data.item.hits.run).toMatchObject({ device: null, embedMs: 0 });
});

it('counts, ranks and facets only when selected', async () => {
  await api.execute(
    '{ searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch { id hits { edges { score } } } } }',
  );
  expect(store.calls).toMatchObject({ spaceRanks: 0, count: 0, facets: 0 });
  await api.execute(`{
    searchMusic(query: { media: { id: "v01" } }) {
      ... on MusicSearch {
        totalCount
        facets { genres { count } attributes { name } }
        hits { edges { ssl { rank } sup { rank } } }
      }
    }
  }`);
  expect(store.calls).toMatchObject({ spaceRanks: 1, count: 1, facets: 1 });
});

it('gives equal arguments one id and other arguments another', async () => {
  const ids = async (alias: string) =>
    (
      await api.execute(
        `{ s: searchMusic(query: { media: { id: "v01" } }, ${alias}) { ... on MusicSearch { id } } }`,
      )
    ).data.s.id;
  expect(await ids('alpha: 0.35')).toBe(await ids('alpha: null'));
  expect(await ids('alpha: 0.35, filter: { ids: { any: [] } }')).toBe(await ids('alpha: 0.35'));
  const others = [
    'alpha: 0.4',
    'scoring: BLENDED',
    'genres: { any: ["jazz"] }',
    'filter: { genres: { any: ["jazz"] } }',
    'minScore: 0',
  ];
  const all = await Promise.all(['alpha: 0.35', ...others].map(ids));
  expect(new Set(all).size).toBe(all.length);
});
