import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BusyError } from '../../src/shared/errors.ts';
import { type Api, AWKWARD_GENRE, createClip, createEntries, startApi } from '../support/api.ts';
import { API_STORES, type OpenedStore } from '../support/api-stores.ts';

interface Edge {
  node: { id: string };
}
const idsOf = (connection: { edges: Edge[] }) => connection.edges.map(({ node }) => node.id);
const entries = createEntries(9);
const tracks = entries.filter(({ record }) => record.modality === 'MUSIC').map(({ record }) => record);

describe.each(API_STORES)('items over the $name store', ({ open }) => {
  let opened: OpenedStore;
  let api: Api;
  beforeEach(async () => {
    opened = await open(entries);
    api = await startApi(opened);
  });
  afterEach(async () => {
    await api.stop();
    await opened.close();
  });

  it('shows all of a track, a video and a clip by one space of ids', async () => {
    await opened.store.clips.put(createClip('clip_one', 1));
    const { data, errors } = await api.execute(`
      {
        track: node(id: "t01") { ...item }
        video: node(id: "v01") { ...item }
        unpaired: node(id: "v15") { ... on Video { pairedTrack { id } } }
        clip: node(id: "clip_one") { id ... on Clip { status progress modalities failure { code } durationSeconds } }
        nobody: node(id: "nobody") { id }
        notATrack: track(id: "v01") { id }
        notAVideo: video(id: "t01") { id }
        notAClip: clip(id: "t01") { id }
      }
      fragment item on Item {
        __typename id title genres source durationSeconds addedAt mediaUrl
        attributes { name value }
        ... on Track { artist peaks(count: 4) }
        ... on Video { thumbnailUrl pairedTrack { id } }
      }`);
    expect(errors).toEqual([]);
    const record = tracks[1];
    expect(data.track).toEqual({
      __typename: 'Track',
      id: 't01',
      title: 'Song Number 1',
      artist: 'Artist 1',
      genres: record.genres,
      attributes: record.attributes,
      source: 'source 1',
      durationSeconds: record.durationSeconds,
      addedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      mediaUrl: '/media/t01',
      peaks: [35, 85, 72, 84],
    });
    expect(data.video).toMatchObject({ __typename: 'Video', thumbnailUrl: null, pairedTrack: { id: 't01' } });
    expect(data.unpaired.pairedTrack).toBeNull();
    expect(data.clip).toEqual({
      id: 'clip_one',
      status: 'READY',
      progress: 1,
      modalities: ['MUSIC', 'VIDEO'],
      failure: null,
      durationSeconds: 30,
    });
    for (const alias of ['nobody', 'notATrack', 'notAVideo', 'notAClip']) expect(data[alias]).toBeNull();
  });

  it('lists page by page what the whole list holds', async () => {
    const list = async (variables: object) =>
      (
        await api.execute(
          `query ($first: Int!, $after: String, $filter: ItemFilterInput) {
            tracks(first: $first, after: $after, filter: $filter) {
              totalCount edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor }
            }
          }`,
          { ...variables },
        )
      ).data.tracks;
    for (const filter of [null, { words: 'song art', genres: { none: ['jazz'] } }]) {
      const whole = await list({ first: 100, filter });
      const paged: string[] = [];
      let after: string | null = null;
      for (let more = true; more; ) {
        const page = await list({ first: 7, after, filter });
        expect(page.totalCount).toBe(idsOf(whole).length);
        paged.push(...idsOf(page));
        after = page.pageInfo.endCursor;
        more = page.pageInfo.hasNextPage;
      }
      expect(paged).toEqual(idsOf(whole));
      expect(new Set(paged).size).toBe(paged.length);
    }
    expect(idsOf(await list({ first: 100, filter: { genres: { none: ['jazz'] } } })).sort()).toEqual(
      tracks.filter(({ genres }) => !genres.includes('jazz')).map(({ id }) => id),
    );
  });

  it('keeps the other genres of a search countable while one is ticked', async () => {
    const { data, errors } = await api.execute(`
      {
        ticked: searchMusic(query: { media: { id: "t00" } }, genres: { any: ["jazz"] }, filter: { words: "number" }) {
          ... on MusicSearch { totalCount facets { ...facets } }
        }
        open: searchMusic(query: { media: { id: "t00" } }, filter: { words: "number" }) {
          ... on MusicSearch { totalCount facets { ...facets } }
        }
        filtered: facets(filter: { genres: { all: ["jazz"] } }) { ...facets }
        videos: facets(of: VIDEO) { genres(first: 1) { value count } }
      }
      fragment facets on Facets {
        genres { value count }
        attributes(names: ["mood"]) { name isNumber values { value count } }
      }`);
    expect(errors).toEqual([]);
    const others = tracks.filter(({ id }) => id !== 't00');
    const jazz = others.filter(({ genres }) => genres.includes('jazz'));
    const calm = (items: typeof tracks) =>
      items.filter(({ attributes }) => attributes.some(({ value }) => value === 'calm')).length;
    expect(data.ticked.totalCount).toBe(jazz.length);
    expect(data.ticked.facets.genres).toEqual(data.open.facets.genres);
    expect(data.ticked.facets.genres).toContainEqual({ value: 'jazz', count: jazz.length });
    const awkward = others.filter(({ genres }) => genres.includes(AWKWARD_GENRE)).length;
    expect(data.ticked.facets.genres).toContainEqual({ value: AWKWARD_GENRE, count: awkward });
    expect(data.ticked.facets.attributes[0]).toMatchObject({ name: 'mood', isNumber: false });
    expect(data.ticked.facets.attributes[0].values).toContainEqual({ value: 'calm', count: calm(jazz) });
    expect(data.open.facets.attributes[0].values).toContainEqual({ value: 'calm', count: calm(others) });
    expect(data.filtered.genres[0]).toEqual({ value: 'jazz', count: jazz.length });
    expect(data.videos.genres).toHaveLength(1);
  });

  it('changes labels at once, in the answer, in searches and in facets', async () => {
    const { data, errors } = await api.execute(`mutation {
      updateItem(id: "t01", changes: { genres: [" dub ", "dub"], title: "New 🎺", artist: null }) {
        __typename ... on Track { title artist genres similarTracks(genres: { any: ["dub"] }) { totalCount } }
      }
      gone: updateItem(id: "t99", changes: { title: "x" }) { __typename ... on MediaNotFound { mediaId } }
    }`);
    expect(errors).toEqual([]);
    expect(data.updateItem).toMatchObject({ title: 'New 🎺', artist: 'Artist 1', genres: ['dub'] });
    expect(data.gone).toEqual({ __typename: 'MediaNotFound', mediaId: 't99' });
    const after = await api.execute(`{
      searchMusic(query: { media: { id: "v01" } }, genres: { any: ["dub"] }) {
        ... on MusicSearch { warnings { value } hits { edges { node { id title } } } }
      }
    }`);
    expect(after.data.searchMusic).toEqual({
      warnings: [],
      hits: { edges: [{ node: { id: 't01', title: 'New 🎺' } }] },
    });
  });

  it('stores no half of a surrogate pair', async () => {
    const { data, errors } = await api.execute(
      `mutation ($half: String!) {
        updateItem(id: "t01", changes: { title: $half, artist: $half, genres: [$half] }) {
          ... on Track { title artist genres }
        }
      }`,
      { half: 'Cut \ud83d' },
    );
    expect(errors).toEqual([]);
    const whole = 'Cut \ufffd';
    expect(data.updateItem).toEqual({ title: whole, artist: whole, genres: [whole] });
  });

  it('removes items and clips, and says which were not there', async () => {
    await opened.store.clips.put(createClip('clip_one', 1));
    const { data, errors } = await api.execute(`mutation {
      removeItems(ids: ["t01", "nobody", "v01", "t01"]) { removedIds notFoundIds }
      deleted: deleteClip(id: "clip_one") { deletedClipId }
      again: deleteClip(id: "clip_one") { deletedClipId }
    }`);
    expect(errors).toEqual([]);
    expect([...data.removeItems.removedIds].sort()).toEqual(['t01', 'v01']);
    expect(data.removeItems.notFoundIds).toEqual(['nobody']);
    expect(data.deleted).toEqual({ deletedClipId: 'clip_one' });
    expect(data.again).toEqual({ deletedClipId: null });
    const after = await api.execute(`{
      track(id: "t01") { id }
      searchMusic(query: { media: { id: "v01" } }) { __typename }
      system { store { kind tracks videos } }
    }`);
    expect(after.data).toEqual({
      track: null,
      searchMusic: { __typename: 'MediaNotFound' },
      system: { store: { kind: 'EMBEDDED', tracks: 39, videos: 19 } },
    });
  });

  it('describes the bundle, the device and the limits', async () => {
    const { data, errors } = await api.execute(`{
      system {
        version
        bundle {
          id createdAt profile labelField labels sslDimension supDimension segmentSeconds recommendedAlpha
          recommendedAlphaRule balancedAlpha supportsText
          tradeOff { direction alpha pairRecallAt10 labelPrecisionAt10 }
        }
        device { requested used name }
        limits { maxFirst maxRank maxSpaceRank maxSeeds maxSearchesPerRequest maxUploadBytes maxClipSeconds }
      }
    }`);
    expect(errors).toEqual([]);
    expect(data.system).toMatchObject({
      version: '1.2.3',
      bundle: {
        createdAt: '2026-01-31T09:00:00.000Z',
        sslDimension: 8,
        segmentSeconds: 10,
        supportsText: false,
      },
      device: { requested: 'auto', used: 'CPU', name: null },
      limits: { maxFirst: 100, maxUploadBytes: 209_715_200 },
    });
  });
});

describe('faults of the server', () => {
  it('shows a full queue as BUSY and anything unexpected as nothing but an id, logged whole', async () => {
    const opened = await API_STORES[0].open(entries);
    const { edition } = opened;
    const fault = new Error('disk /dev/secret is on fire');
    let thrown: Error = new BusyError('The queue is full.', 250);
    const api = await startApi({
      ...opened,
      edition: {
        ...edition,
        search: async () => {
          throw thrown;
        },
      },
    });
    const document =
      '{ searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch { id hits { edges { rank } } } } system { version } }';
    const busy = await api.execute(document);
    expect(busy.errors).toEqual([
      expect.objectContaining({
        message: 'The queue is full.',
        path: ['searchMusic', 'hits'],
        extensions: { code: 'BUSY', retryAfterMs: 250, requestId: 'request-1' },
      }),
    ]);
    expect(busy.data).toEqual({ searchMusic: null, system: { version: '1.2.3' } });
    expect(api.faults).toEqual([]);

    thrown = fault;
    const broken = await api.execute(document);
    expect(broken.errors).toEqual([
      expect.objectContaining({
        message: 'Internal server error',
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' },
      }),
    ]);
    expect(JSON.stringify(broken)).not.toContain('secret');
    expect(api.faults).toEqual([
      { message: fault.message, details: expect.objectContaining({ requestId: 'request-1', error: fault }) },
    ]);
    await api.stop();
  });
});
