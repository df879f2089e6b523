import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { Edition, VectorStore } from '../../../src/store/vector-store.ts';
import { fillStore } from '../../support/fill-store.ts';
import { batchEntries, DIMENSIONS, idsOfBatch, vectorOf } from '../generations.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { hasQdrant, type StartedQdrant, startQdrant } from './qdrant-server.ts';
import { startRecordingServer } from './recording-server.ts';
import { SERVERS_UNDER_TEST, type ServerUnderTest } from './servers-under-test.ts';

const PLAIN = { dimensions: DIMENSIONS, attributes: [], shard: null, discardEdits: false, restore: false };
const BOUNDS = { timeoutMs: 400, maxAttempts: 3 };

const SEARCH = {
  target: 'MUSIC' as const,
  query: { ssl: vectorOf(1), sup: vectorOf(1) },
  alpha: 0.5,
  scoring: 'WEIGHTED' as const,
  filter: null,
  excludeIds: [],
  minScore: null,
  first: 10,
  after: null,
};

const FAULTS: Fault[] = [
  { kind: 'drop' },
  { kind: 'half' },
  { kind: 'status', status: 500, error: 'Service internal error: No space left on device' },
  { kind: 'status', status: 503, error: 'not ready' },
  { kind: 'status', status: 429, error: 'too many' },
  { kind: 'delay', delayMs: 2 * BOUNDS.timeoutMs },
];

for (const { name, isThere, start } of SERVERS_UNDER_TEST) {
  describe.skipIf(!isThere)(`The Qdrant store, where the way ails to ${name},`, () => {
    let server: ServerUnderTest;
    let proxy: FaultyProxy;
    let store: VectorStore;
    let edition: Edition;

    beforeAll(async () => {
      server = await start();
      proxy = await startFaultyProxy(server.url);
      await fillStore(createQdrantStore(server), 'bundle', batchEntries(1).entries);
      store = createQdrantStore({ ...server, ...BOUNDS, url: proxy.url });
      edition = await store.open('bundle');
    });
    beforeEach(() => proxy.set({ kind: 'none' }));
    afterAll(async () => {
      await proxy.close();
      await server.close();
    });

    for (const fault of FAULTS) {
      const what = fault.kind === 'status' ? `answer ${fault.status}` : fault.kind;
      it(`tries again after one ${what}, gives up after ${BOUNDS.maxAttempts}, and works when it is over`, async () => {
        proxy.set(fault, 1);
        expect((await edition.search([SEARCH]))[0].hits).not.toHaveLength(0);

        proxy.set(fault);
        const before = proxy.count;
        await expect(store.currentBundleId()).rejects.toMatchObject({
          name: 'UnavailableError',
          retryAfterMs: expect.any(Number),
        });
        expect(proxy.count - before).toBe(BOUNDS.maxAttempts);
        await expect(edition.search([SEARCH])).rejects.toMatchObject({ name: 'UnavailableError' });

        proxy.set({ kind: 'none' });
        expect(await store.currentBundleId()).toBe('bundle');
        expect((await edition.search([SEARCH]))[0].hits).not.toHaveLength(0);
      });
    }

    it('loses and doubles nothing where the answers to writes are lost', async () => {
      const writer = await store.write('bundle', PLAIN);
      const { entries } = batchEntries(9);
      let sent = Number.POSITIVE_INFINITY;
      for (let skipped = 0; skipped < sent; skipped++) {
        const before = proxy.count;
        proxy.set({ kind: 'half' }, 1, skipped);
        await writer.upsert(entries);
        sent = proxy.count - before;
      }
      expect(sent).toBeGreaterThan(5);
      proxy.set({ kind: 'none' });
      await writer.close();
      const ids = entries.map(({ record }) => record.id);
      const held = await edition.segments(ids);
      expect(held.map((item) => item?.segments)).toEqual(entries.map(({ segments }) => segments));
      const segmentCount = new Set([...ids, ...idsOfBatch(1)]).size * entries[0].segments.length;
      expect((await edition.counts()).segments).toBe(segmentCount);
    });

    it('asks for the right API key, without a second attempt', async () => {
      for (const status of [401, 403]) {
        proxy.set({ kind: 'status', status, error: 'Must provide an API key' });
        const before = proxy.count;
        await expect(store.currentBundleId()).rejects.toMatchObject({
          name: 'UsageError',
          message: expect.stringContaining('QDRANT_API_KEY'),
        });
        expect(proxy.count - before).toBe(1);
      }
    });

    it('says that the index is of other vectors where the server finds another dimension', async () => {
      const error = 'Wrong input: Vector dimension error: expected dim: 8, got 4';
      proxy.set({ kind: 'status', status: 400, error });
      await expect(edition.search([SEARCH])).rejects.toMatchObject({ name: 'IntegrityError' });
    });
  });
}

describe('The Qdrant store', () => {
  it('refuses a server that is too old, whatever is asked first', async () => {
    const old = await startRecordingServer({ version: '1.17.4' });
    const before = createQdrantStore({ url: old.url, apiKey: null, prefix: 'test' });
    for (const call of [
      () => before.currentBundleId(),
      () => before.write('bundle', PLAIN),
      () => before.clips.sweep(),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringContaining('1.17.4'),
      });
    }
    await old.close();
  });

  it('is made while nothing listens at the address, and says so with every call', async () => {
    const away = createQdrantStore({
      url: 'http://127.0.0.1:9',
      apiKey: null,
      prefix: 'test',
      maxAttempts: 2,
      patienceMs: 0,
    });
    await expect(away.currentBundleId()).rejects.toMatchObject({ name: 'UnavailableError' });
    await expect(away.write('bundle', PLAIN)).rejects.toMatchObject({ name: 'UnavailableError' });
    await expect(away.clips.get(['clip_a'])).rejects.toMatchObject({ name: 'UnavailableError' });
  });
});

describe.skipIf(!hasQdrant || process.env.QDRANT_URL !== undefined)(
  'The Qdrant store before a real server that is killed (qdrant on the PATH)',
  () => {
    let qdrant: StartedQdrant;
    beforeAll(async () => {
      qdrant = await startQdrant({ apiKey: 'right' });
    });
    afterAll(() => qdrant.close());

    it('keeps what was acknowledged, and goes on when the server is back', async () => {
      const connection = { url: qdrant.url, apiKey: 'right', prefix: 'test' };
      const store = createQdrantStore({ ...connection, maxAttempts: 2, patienceMs: 0 });
      const writer = await store.write('bundle', PLAIN);
      for (const generation of [0, 1]) await writer.upsert(batchEntries(generation).entries);
      const edition = await store.open('bundle');
      const before = await edition.search([{ ...SEARCH, first: 1000 }]);

      await qdrant.kill();
      await expect(edition.search([SEARCH])).rejects.toMatchObject({ name: 'UnavailableError' });
      await expect(writer.upsert(batchEntries(2).entries)).rejects.toMatchObject({
        name: 'UnavailableError',
      });

      await qdrant.restart();
      const [after] = await edition.search([{ ...SEARCH, first: 1000 }]);
      expect(after.hits).toEqual(before[0].hits);
      await writer.upsert(batchEntries(2).entries);
      const ids = [0, 1, 2].flatMap((generation) => batchEntries(generation).entries.map((e) => e.record.id));
      expect((await edition.retrieve(ids)).every((record) => record !== null)).toBe(true);
      await writer.close();
    });

    it('refuses a wrong API key with its name', async () => {
      const store = createQdrantStore({ url: qdrant.url, apiKey: 'wrong', prefix: 'test' });
      await expect(store.currentBundleId()).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringContaining('QDRANT_API_KEY'),
      });
    });
  },
);
