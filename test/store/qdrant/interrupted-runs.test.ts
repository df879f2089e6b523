import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WRITERS_ID } from '../../../src/store/qdrant/point-ids.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import { isOwnedBy, type Shard, type VectorStore } from '../../../src/store/vector-store.ts';
import {
  countPoints,
  expectWritten,
  SEGMENTS_PER_ITEM,
  WRITER_OPTIONS,
} from '../../soak/written-generations.ts';
import { BATCH_COUNT, batchEntries, idsOfBatch } from '../generations.ts';
import type { SentRequest } from './openapi.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const [FIRST, SECOND] = [1, 2].map((index): Shard => ({ index, count: 2 }));

/** A run ends where a write of it fails: as far as the store is concerned, a kill at that very place. */
describe('A run that is interrupted between two writes', () => {
  let server: RecordingServer;
  let store: VectorStore;

  beforeEach(async () => {
    server = await startRecordingServer();
    store = createQdrantStore({
      url: server.url,
      apiKey: null,
      prefix: 'test',
      maxAttempts: 1,
      gracePeriodMs: 0,
      patienceMs: 0,
    });
  });
  afterEach(() => server.close());

  const fill = async (bundleId: string, shard: Shard | null = null, generation = 0) => {
    const writer = await store.write(bundleId, { ...WRITER_OPTIONS, shard });
    try {
      const { entries } = batchEntries(generation);
      await writer.upsert(entries.filter(({ record }) => isOwnedBy(shard, record.id)));
      return await writer.finish({ keepIds: new Set(idsOfBatch(0)) });
    } finally {
      await writer.close();
    }
  };
  /** Refuses the writes of points that carry this. */
  const refuse = (isRefused: (request: SentRequest, payload: Record<string, unknown>) => boolean) => {
    server.before = async (request) => {
      const { points = [] } = (request.body ?? {}) as { points?: { payload?: Record<string, unknown> }[] };
      if (request.method !== 'PUT') return;
      if (points.some(({ payload }) => payload && isRefused(request, payload))) throw new Error('refused');
    };
  };
  const refuseDeletions = () => {
    server.before = async ({ path }) => {
      if (path.endsWith('-music-bundle/points/delete')) throw new Error('refused');
    };
  };
  /** As if all leases had run out. */
  const forgetPlaces = () =>
    fetch(`${server.url}/collections/test-meta/points/delete`, {
      method: 'POST',
      body: JSON.stringify({ points: [WRITERS_ID] }),
    });
  const countSegments = () => countPoints(`${server.url}/collections/test-music-bundle`);
  const allow = () => {
    server.before = async () => {};
  };

  it('before the new bundle is shown is made up for by any of its shards', async () => {
    await fill('old');
    expect(await fill('new', FIRST)).toMatchObject({ isCurrent: false });
    refuse((_, { kind }) => kind === 'pointer');
    await expect(fill('new', SECOND)).rejects.toMatchObject({ name: 'UnavailableError' });
    allow();
    expect(await store.currentBundleId()).toBe('old');
    expect(await fill('new', SECOND)).toMatchObject({ isCurrent: true });
    expect(await store.currentBundleId()).toBe('new');
  });

  it('before the bundle of old is retired keeps nothing of the new one when the old is indexed again', async () => {
    store = createQdrantStore({
      url: server.url,
      apiKey: null,
      prefix: 'test',
      maxAttempts: 1,
      patienceMs: 0,
    });
    await fill('old');
    refuse((_, { kind, bundle, content }) =>
      Boolean(kind === 'edition' && bundle === 'old' && JSON.parse(content as string).retiredAtMs),
    );
    await expect(fill('new')).rejects.toMatchObject({ name: 'UnavailableError' });
    allow();
    expect(await store.currentBundleId()).toBe('new');
    await fill('old');
    expect(await store.currentBundleId()).toBe('old');
    const later = createQdrantStore({ url: server.url, apiKey: null, prefix: 'test', gracePeriodMs: 0 });
    const writer = await later.write('old', WRITER_OPTIONS);
    await writer.finish({ keepIds: new Set(idsOfBatch(0)) });
    await writer.close();
    await expect(later.open('new')).rejects.toMatchObject({ name: 'IntegrityError' });
  });

  for (const next of [null, FIRST, { index: 1, count: 1 }]) {
    it(`between segments and items leaves none behind after the next run over ${next ? `shard ${next.index}/${next.count}` : 'all'}`, async () => {
      const own = idsOfBatch(0).filter((id) => isOwnedBy(FIRST, id));
      await fill('bundle', FIRST);
      refuse(({ path }) => path.endsWith('-items/points'));
      await expect(fill('bundle', FIRST, BATCH_COUNT)).rejects.toMatchObject({ name: 'UnavailableError' });
      expect(await countSegments()).toBe(2 * own.length * SEGMENTS_PER_ITEM);
      allow();
      const writer = await store.write('bundle', { ...WRITER_OPTIONS, shard: next });
      await writer.close();
      expect(await countSegments()).toBe(own.length * SEGMENTS_PER_ITEM);
      const edition = await store.open('bundle');
      const { entries } = batchEntries(0);
      expect(await edition.segments(own)).toMatchObject(
        entries.filter(({ record }) => own.includes(record.id)).map(({ segments }) => ({ segments })),
      );
    });
  }

  it('between items and the deletion of what they were leaves that behind no longer than to the next run', async () => {
    await fill('bundle');
    refuseDeletions();
    await expect(fill('bundle', null, BATCH_COUNT)).rejects.toMatchObject({ name: 'UnavailableError' });
    allow();
    await (await store.write('bundle', WRITER_OPTIONS)).close();
    expect(await countSegments()).toBe(idsOfBatch(0).length * SEGMENTS_PER_ITEM);
    await expectWritten(await store.open('bundle'), new Map([[0, BATCH_COUNT]]));
  });

  for (const collection of ['music-bundle', 'items']) {
    it(`in ${collection} so long that it loses its place leaves what has been written since`, async () => {
      await fill('bundle');
      const writer = await store.write('bundle', WRITER_OPTIONS);
      let isWritten = false;
      server.before = async ({ method, path }) => {
        if (method === 'PUT' && path.endsWith(`-${collection}/points`)) isWritten = true;
        else if (isWritten) await takeOver();
      };
      const takeOver = async () => {
        allow();
        await forgetPlaces();
        await fill('bundle', null, BATCH_COUNT);
      };
      await expect(writer.upsert(batchEntries(2 * BATCH_COUNT).entries)).rejects.toThrow('lost its place');
      await expectWritten(await store.open('bundle'), new Map([[0, BATCH_COUNT]]));
    });
  }

  it('between the deletion of items and that of their segments leaves none behind after the next run', async () => {
    await fill('bundle');
    const [, ...keepIds] = idsOfBatch(0);
    const writer = await store.write('bundle', WRITER_OPTIONS);
    refuseDeletions();
    await expect(writer.finish({ keepIds: new Set(keepIds) })).rejects.toMatchObject({
      name: 'UnavailableError',
    });
    allow();
    await writer.close();
    const next = await store.write('bundle', WRITER_OPTIONS);
    await next.close();
    expect(await countSegments()).toBe(keepIds.length * SEGMENTS_PER_ITEM);
  });
});
