import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/shared/random.ts';
import { createCollectionNames } from '../../../src/store/qdrant/collections.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { createScorer } from '../../../src/store/scoring.ts';
import type {
  Edition,
  ItemEntry,
  SearchHit,
  SearchRequest,
  SegmentRecord,
  VectorStore,
} from '../../../src/store/vector-store.ts';
import { fillStore } from '../../support/fill-store.ts';
import { randomUnit } from '../arbitraries.ts';
import { hasQdrant, openQdrantServer, type QdrantServer } from './qdrant-server.ts';

const DIMENSION = 32;
const ITEM_COUNT = 600;
const FIRST = 10;
const ALPHAS = [0, 0.3, 0.5, 0.9, 1];

const title = 'A Qdrant store that is laid out in its own way (QDRANT_URL, or qdrant on the PATH)';
describe.skipIf(!hasQdrant)(title, { timeout: 120_000 }, () => {
  const random = createRandom(5);
  const newSegment = (): SegmentRecord => ({
    startSeconds: 0,
    endSeconds: 10,
    ssl: randomUnit(random.normal, DIMENSION),
    sup: randomUnit(random.normal, DIMENSION),
  });
  const entries = Array.from({ length: ITEM_COUNT }, (_, i) => toEntry(`t${i}`, newSegment()));
  const prefix = `test-${randomUUID()}`;
  const collection = createCollectionNames(prefix).segments('MUSIC', 'bundle');
  let server: QdrantServer;
  let store: VectorStore;
  let edition: Edition;

  const send = async (method: string, path: string, body?: object) => {
    const headers = {
      'content-type': 'application/json',
      ...(server.apiKey && { 'api-key': server.apiKey }),
    };
    const answer = await fetch(`${server.url}/collections${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()).result;
  };

  beforeAll(async () => {
    server = await openQdrantServer();
    store = createQdrantStore({
      url: server.url,
      apiKey: server.apiKey,
      prefix,
      exactBelow: 0,
      layout: {
        shards: 2,
        hnswLinks: 24,
        hnswCandidates: 150,
        quantization: 'int8',
        vectorsOnDisk: true,
      },
    });
    await fillStore(store, 'bundle', entries);
    // Graphs and quantized vectors are made from some 10 MB on otherwise.
    await send('PATCH', `/${collection}`, { optimizers_config: { indexing_threshold: 1 } });
    while ((await send('GET', `/${collection}`)).indexed_vectors_count < 3 * ITEM_COUNT) await sleep(100);
    edition = await store.open('bundle');
  });
  afterAll(async () => {
    await edition.close();
    for (const { name } of (await send('GET', '')).collections) {
      if (name.startsWith(prefix)) await send('DELETE', `/${name}`);
    }
    await server.close();
  });

  it('has the layout that was asked for', async () => {
    const { config } = await send('GET', `/${collection}`);
    expect(config).toMatchObject({
      params: { shard_number: 2, vectors: { ssl: { on_disk: true }, joint: { on_disk: true } } },
      hnsw_config: { m: 24, ef_construct: 150, on_disk: true },
      quantization_config: { scalar: { type: 'int8', always_ram: true } },
    });
  });

  it('ranks by the original vectors, though graphs are walked over quantized ones', async () => {
    for (let i = 0; i < 10; i++) {
      const query = newSegment();
      for (const alpha of ALPHAS) {
        const score = createScorer(query, alpha, 'WEIGHTED');
        const expected = entries
          .map(({ record, segments }) => ({ itemId: record.id, score: score(segments[0]).score }))
          .sort((a, b) => b.score - a.score)
          .slice(0, FIRST);
        const [page] = await edition.search([
          {
            target: 'MUSIC',
            query,
            alpha,
            scoring: 'WEIGHTED',
            filter: null,
            excludeIds: [],
            minScore: null,
            first: FIRST,
            after: null,
          },
        ]);
        expect(page.exact).toBe(false);
        expect(page.hits.map(({ itemId, score: found }) => ({ itemId, score: found }))).toEqual(expected);
      }
    }
  });

  it('pages through what its graphs list as one long page shows it, without a repeat or a gap', async () => {
    for (const alpha of [0, 0.3, 0.9]) {
      const request: SearchRequest = {
        target: 'MUSIC',
        query: newSegment(),
        alpha,
        scoring: 'WEIGHTED',
        filter: null,
        excludeIds: [],
        minScore: null,
        first: FIRST,
        after: null,
      };
      const [whole] = await edition.search([{ ...request, first: 300 }]);
      const hits: SearchHit[] = [];
      while (hits.length < 300) {
        const place = hits.length > 0 ? { after: hits[hits.length - 1], afterRank: hits.length } : {};
        const [page] = await edition.search([{ ...request, ...place }]);
        expect(page.exact).toBe(false);
        hits.push(...page.hits);
      }
      expect(hits).toEqual(whole.hits);
    }
  });
});

function toEntry(id: string, segment: SegmentRecord): ItemEntry {
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: id,
      artist: null,
      genres: [],
      attributes: [],
      source: null,
      durationSeconds: 10,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}`,
    },
    segments: [segment],
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}
