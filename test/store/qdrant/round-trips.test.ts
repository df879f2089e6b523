import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../../src/store/vector-store.ts';
import { type Api, BUNDLE_ID, createEntries, createHalvingEmbedder, startApi } from '../../support/api.ts';
import { fillStore } from '../../support/fill-store.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

/** How often Qdrant is asked: each call is a way there and back, so their number is what a search waits for. */
describe.each([
  ['comparing everything', 1_000_000],
  ['nominating by three lists', 0],
])('A GraphQL operation over Qdrant, %s,', (_, exactBelow) => {
  let server: RecordingServer;
  let store: VectorStore;
  let api: Api;

  beforeEach(async () => {
    server = await startRecordingServer();
    store = createQdrantStore({ url: server.url, apiKey: null, prefix: 'test', exactBelow });
    const entries = createEntries(5);
    await fillStore(store, BUNDLE_ID, entries);
    api = await startApi({
      store,
      edition: await store.open(BUNDLE_ID),
      embedder: createHalvingEmbedder(),
      limits: { maxSearchesPerRequest: 500 },
    });
  });
  afterEach(async () => {
    await api.stop();
    await store.close();
    await server.close();
  });

  const music = `test-music-${BUNDLE_ID}`;
  const video = `test-video-${BUNDLE_ID}`;
  /** How often each operation was asked for while an operation ran, by collection. */
  const execute = async (document: string) => {
    server.requests.splice(0);
    const { data, errors } = await api.execute(document);
    expect(errors).toEqual([]);
    const counts: Record<string, number> = {};
    for (const { path } of server.requests) {
      const operation = path.replace('/collections/', '');
      counts[operation] = (counts[operation] ?? 0) + 1;
    }
    return { data, counts };
  };
  const found = '... on MusicSearch { hits(first: 5) { edges { score node { id title } } } }';

  it('asks once for ten aliased searches, and once for all that they show', async () => {
    const aliases = Array.from(
      { length: 10 },
      (_, i) =>
        `s${i}: searchMusic(query: { media: { id: "v0${i}" } }, alpha: ${i / 10}, scoring: ${i % 2 ? 'BLENDED' : 'WEIGHTED'}) { ${found} }`,
    );
    const { data, counts } = await execute(`{ ${aliases.join('\n')} }`);
    for (let i = 0; i < 10; i++) expect(data[`s${i}`].hits.edges).toHaveLength(5);
    expect(counts).toEqual({
      // The items searched with, and their segments by item, which are in either collection.
      'test-items/points': 2,
      [`${music}/points/scroll`]: 1,
      [`${video}/points/scroll`]: 1,
      // How many segments there are is asked now and then.
      [`${music}/points/count`]: 1,
      // The searches: one list for each, and beside it what bounds BLENDED; then the contenders' vectors and, by the
      // second read of items, all that the hits show.
      [`${music}/points/query/batch`]: 1,
      'test-meta/points': 1,
      [`${music}/points`]: 1,
    });
  });

  it('asks once more for each level of nested searches', async () => {
    const { counts } = await execute(`{
      searchMusic(query: { media: { id: "v01" } }) {
        ... on MusicSearch { hits(first: 5) { edges { node {
          title matchingVideos(alpha: 0.5) { hits(first: 2) { edges { node { title } } } }
        } } } }
      }
    }`);
    expect(counts).toMatchObject({
      [`${music}/points/query/batch`]: 1,
      [`${video}/points/query/batch`]: 1,
      // What each level searches with and what it finds.
      'test-items/points': 4,
    });
  });

  it('needs two steps for a search by vectors, the second of which brings what its hits show', async () => {
    const vector = JSON.stringify([1, 0, 0, 0, 0, 0, 0, 0]);
    const query = `{ searchMusic(query: { vectors: { ssl: ${vector}, sup: ${vector} } }) { ${found} } }`;
    await execute(query);
    const { counts } = await execute(query);
    expect(counts).toEqual({
      [`${music}/points/query/batch`]: 1,
      [`${music}/points`]: 1,
      'test-items/points': 1,
    });
  });
});
