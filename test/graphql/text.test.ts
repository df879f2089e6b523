import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom, hashString } from '../../src/shared/random.ts';
import {
  type Api,
  BUNDLE_ID,
  createEntries,
  createHalvingEmbedder,
  DIMENSION,
  startApi,
} from '../support/api.ts';
import { type BruteForceStore, createBruteForceStore, unit } from '../support/brute-force-store.ts';

/** What a text stands for: drawn by the text itself. */
function vectorsOf(text: string) {
  const random = createRandom(hashString(text));
  const draw = () => unit(Array.from({ length: DIMENSION }, () => random.normal()));
  return { ssl: draw(), sup: draw() };
}

const SEARCH = `query ($text: String!, $alpha: Float, $after: String) {
  searchMusic(query: { text: $text }, alpha: $alpha) {
    __typename
    ... on MusicSearch {
      id by querySpan { startSeconds }
      hits(first: 5, after: $after) {
        run { device embedMs }
        edges { score node { id } }
        pageInfo { endCursor }
      }
    }
    ... on QueryNotSupported { message }
  }
}`;

describe('text queries', () => {
  let store: BruteForceStore;
  let api: Api;
  let asked: string[][];

  const start = async (readsTexts: boolean) => {
    store = createBruteForceStore(BUNDLE_ID, createEntries(5), ['bpm']);
    asked = [];
    const embedTexts = async (texts: readonly string[]) => {
      asked.push([...texts]);
      return texts.map(vectorsOf);
    };
    const embedder = { ...createHalvingEmbedder(), ...(readsTexts && { embedTexts }) };
    api = await startApi({ store, edition: await store.open(BUNDLE_ID), embedder });
  };
  beforeEach(() => start(true));
  afterEach(() => api.stop());

  const toNumbers = (vector: Float32Array) => [...vector];

  it('finds what the text’s vectors find, with the device and time that it took', async () => {
    const text = 'slow piano at night';
    const { data, errors } = await api.execute(SEARCH, { text, alpha: 0.4 });
    expect(errors).toEqual([]);
    const { ssl, sup } = vectorsOf(text);
    const { data: raw } = await api.execute(
      `query ($ssl: [Float!], $sup: [Float!]) {
        searchMusic(query: { vectors: { ssl: $ssl, sup: $sup } }, alpha: 0.4) {
          ... on MusicSearch { hits(first: 5) { edges { score node { id } } } }
        }
      }`,
      { ssl: toNumbers(ssl), sup: toNumbers(sup) },
    );
    expect(data.searchMusic).toMatchObject({ __typename: 'MusicSearch', by: null, querySpan: null });
    expect(data.searchMusic.hits.edges).toEqual(raw.searchMusic.hits.edges);
    expect(data.searchMusic.hits.run).toEqual({ device: 'CPU', embedMs: expect.any(Number) });
  });

  it('is the same search for the same words, and no other’s page follows its cursor', async () => {
    const ask = (text: string, after: string | null = null) => api.execute(SEARCH, { text, after });
    const [first, again, other] = [
      await ask('calm  sea'),
      await ask(' calm sea\n'),
      await ask('rough sea'),
    ].map(({ data }) => data.searchMusic);
    expect(again.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
    const { endCursor } = first.hits.pageInfo;
    const { data } = await ask('calm sea', endCursor);
    const ids = [first, data.searchMusic].flatMap(({ hits }) =>
      hits.edges.map(({ node }: { node: { id: string } }) => node.id),
    );
    expect(new Set(ids).size).toBe(10);
    const { errors } = await ask('rough sea', endCursor);
    expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
  });

  it('reads all texts of an operation in one batch, each once, and scans once', async () => {
    const { errors } = await api.execute(`
      {
        a: searchMusic(query: { text: "rain" }) { ...found }
        b: searchMusic(query: { text: "rain" }, alpha: 1) { ...found }
        c: searchMusic(query: { text: "sun" }) { ...found }
        d: searchMusic(query: { media: { id: "v01" } }) { ...found }
      }
      fragment found on MusicSearch { hits(first: 3) { edges { node { id } } } }`);
    expect(errors).toEqual([]);
    expect(asked).toEqual([['rain', 'sun']]);
    expect(store.searchSizes).toEqual([4]);
  });

  it.each(['', ' \t\n\u00a0', 'x'.repeat(1_001), 'word '.repeat(20_000)])(
    'refuses a text without a word, or beyond bounds (%#)',
    async (text) => {
      const { errors } = await api.execute(SEARCH, { text });
      expect(errors).toHaveLength(1);
      expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'query.text' });
      expect(asked).toEqual([]);
    },
  );

  it('says whether the bundle reads texts, and QueryNotSupported where it does not', async () => {
    const SYSTEM = '{ system { bundle { supportsText } } }';
    expect((await api.execute(SYSTEM)).data.system.bundle.supportsText).toBe(true);
    await api.stop();
    await start(false);
    expect((await api.execute(SYSTEM)).data.system.bundle.supportsText).toBe(false);
    const { data, errors } = await api.execute(SEARCH, { text: 'rain' });
    expect(errors).toEqual([]);
    expect(data.searchMusic).toEqual({
      __typename: 'QueryNotSupported',
      message: 'The loaded bundle reads no texts: search with media, seeds or vectors.',
    });
  });
});
