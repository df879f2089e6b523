import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/shared/random.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { compareIds, rankItems } from '../../../src/store/ranking.ts';
import type { Edition, HitPosition, ItemEntry, SearchRequest } from '../../../src/store/vector-store.ts';
import { fillStore } from '../../support/fill-store.ts';
import { randomUnit } from '../arbitraries.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const DIMENSION = 32;
const ITEM_COUNT = 6_000;
const random = createRandom(3);
const newUnit = () => randomUnit(random.normal, DIMENSION);
const QUERY = { ssl: newUnit(), sup: newUnit() };

const opposite = newUnit();
/** Every item has a number of its own; every hundredth lacks ssl; one blends to nothing at α 0.5. */
const entries = Array.from({ length: ITEM_COUNT }, (_, i) => {
  if (i === 7) return toEntry(i, { ssl: opposite, sup: opposite.map((value) => -value) });
  return toEntry(i, { ssl: i % 100 === 50 ? null : newUnit(), sup: newUnit() });
});
const request = (changes: Partial<SearchRequest>): SearchRequest => ({
  target: 'MUSIC',
  query: QUERY,
  alpha: 0.5,
  scoring: 'WEIGHTED',
  filter: null,
  excludeIds: [],
  minScore: null,
  first: 10,
  after: null,
  ...changes,
});
const rank = ({ alpha, scoring }: SearchRequest): HitPosition[] =>
  rankItems(
    entries.map(({ record, segments }) => ({ id: record.id, segments })),
    QUERY,
    alpha,
    scoring,
  ).map(({ itemId, order, score }) => ({ itemId, order, score }));

describe('What a read asks of Qdrant', { timeout: 60_000 }, () => {
  let server: RecordingServer;
  let exact: Edition;
  let nominated: Edition;

  beforeAll(async () => {
    server = await startRecordingServer();
    const open = (exactBelow: number) =>
      createQdrantStore({ url: server.url, apiKey: null, prefix: 'test', exactBelow });
    const store = open(1_000_000);
    await fillStore(store, 'bundle', entries);
    exact = await store.open('bundle');
    nominated = await open(0).open('bundle');
  });
  beforeEach(() => {
    server.requests.splice(0);
  });
  afterAll(() => server.close());

  /** The queries of each call so far. */
  const batches = () =>
    server.requests
      .filter(({ path }) => path.endsWith('test-music-bundle/points/query/batch'))
      .map(({ body }) => (body as { searches: { limit: number; params?: { exact?: boolean } }[] }).searches);
  const positionAt = (search: SearchRequest, afterRank: number) => ({
    after: rank(search)[afterRank - 1],
    afterRank,
  });

  it('stays small for BLENDED though one segment blends to nothing', async () => {
    const search = request({ scoring: 'BLENDED' });
    for (const edition of [exact, nominated]) {
      server.requests.splice(0);
      const [page] = await edition.search([search]);
      expect(page.hits.map(({ itemId }) => itemId)).toEqual(
        rank(search)
          .slice(0, 10)
          .map(({ itemId }) => itemId),
      );
      for (const { limit } of batches().flat()) expect(limit).toBeLessThanOrEqual(1_024);
    }
  });

  it('begins for a deep page with a list that covers its rank', async () => {
    const search = request({});
    const [page] = await exact.search([request(positionAt(search, 1_500))]);
    expect(page.hits.map(({ itemId }) => itemId)).toEqual(
      rank(search)
        .slice(1_500, 1_510)
        .map(({ itemId }) => itemId),
    );
    expect(batches().map(([{ limit }]) => limit)).toEqual([4_096]);
  });

  it('is bounded for many deep pages at once', async () => {
    const search = request(positionAt(request({}), 1_500));
    const pages = await exact.search(Array.from({ length: 40 }, () => search));
    expect(new Set(pages.map(({ hits }) => hits.map(({ itemId }) => itemId).join(' '))).size).toBe(1);
    for (const queries of batches()) {
      expect(queries.reduce((sum, { limit }) => sum + limit, 0)).toBeLessThanOrEqual(65_536);
    }
  });

  it('compares everything for a page further on, and calls the ranking what its first page was called', async () => {
    for (const alpha of [0, 0.3]) {
      const search = request({ alpha });
      for (const afterRank of [0, 10, 100, ITEM_COUNT - 80, ITEM_COUNT - 30]) {
        server.requests.splice(0);
        const place = afterRank === 0 ? {} : positionAt(search, afterRank);
        const [[listed], [compared]] = await Promise.all([
          nominated.search([{ ...search, ...place }]),
          exact.search([{ ...search, ...place }]),
        ]);
        expect([afterRank, listed.hits]).toEqual([afterRank, compared.hits]);
        expect([listed.exact, compared.exact]).toEqual([false, true]);
        const isNominated = batches().some(([{ params }]) => params?.exact !== true);
        expect([afterRank, isNominated]).toEqual([afterRank, afterRank <= 10]);
      }
    }
  });

  it('lists few items for a page, though all ids begin alike', async () => {
    const itemIds = entries.map(({ record }) => record.id).sort(compareIds);
    const selection = { modality: 'MUSIC' as const, filter: null, excludeIds: [] };
    for (const place of [0, 1, 100, 3_000, ITEM_COUNT - 5]) {
      server.requests.splice(0);
      const after = place === 0 ? null : itemIds[place - 1];
      expect(await exact.list({ ...selection, first: 20, after })).toEqual({
        itemIds: itemIds.slice(place, place + 20),
        hasNextPage: place + 20 < ITEM_COUNT,
      });
      const limits = server.requests.map(({ body }) => (body as { limit: number }).limit);
      expect(limits.reduce((sum, limit) => sum + limit, 0)).toBeLessThanOrEqual(4 * 256);
    }
  });

  it('asks for no values of attributes to know their names, or what a filter on another field means', async () => {
    expect(await exact.attributes('MUSIC')).toEqual([{ name: 'number', isNumber: false }]);
    const unknown = await exact.unknownValues('MUSIC', {
      op: 'in',
      field: 'genres',
      values: ['rocks', 'rock'],
    });
    expect(unknown).toEqual([{ field: 'genres', value: 'rocks', suggestions: ['rock'] }]);
    const keys = server.requests
      .filter(({ path }) => path.endsWith('/facet'))
      .map(({ body }) => (body as { key: string }).key);
    expect(keys).not.toContain('attributes');
  });
});

function toEntry(i: number, vectors: Pick<ItemEntry['segments'][number], 'ssl' | 'sup'>): ItemEntry {
  const id = `track-${String(i).padStart(6, '0')}`;
  return {
    record: {
      id,
      modality: 'MUSIC',
      title: id,
      artist: null,
      genres: ['rock'],
      attributes: [{ name: 'number', value: id }],
      source: null,
      durationSeconds: 10,
      pairedWith: null,
      mediaUrl: null,
      mediaPath: `/media/${id}`,
    },
    segments: [{ startSeconds: 0, endSeconds: 10, ...vectors }],
    peaks: null,
    thumbnail: null,
    fingerprint: id,
  };
}
