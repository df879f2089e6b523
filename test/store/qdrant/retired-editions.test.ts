import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCollectionNames } from '../../../src/store/qdrant/collections.ts';
import { movePointer } from '../../../src/store/qdrant/edition-record.ts';
import { createQdrant } from '../../../src/store/qdrant/qdrant-client.ts';
import { createQdrantStore, type QdrantStoreOptions } from '../../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../../src/store/vector-store.ts';
import { countPoints, expectWritten, WRITER_OPTIONS } from '../../soak/written-generations.ts';
import { fillStore } from '../../support/fill-store.ts';
import { batchEntries, idsOfBatch } from '../generations.ts';
import type { SentRequest } from './openapi.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const { entries: ENTRIES } = batchEntries(0);
const WRITTEN = new Map([[0, 0]]);
const REPLICAS = 4;
const PATIENCE_MS = 60_000;

describe('An edition that is no longer the current one', () => {
  let server: RecordingServer;
  let store: VectorStore;
  const open = (gracePeriodMs: number, patience: Pick<QdrantStoreOptions, 'patienceMs' | 'log'> = {}) =>
    createQdrantStore({
      url: server.url,
      apiKey: null,
      prefix: 'test',
      gracePeriodMs,
      patienceMs: 0,
      ...patience,
    });

  beforeEach(async () => {
    server = await startRecordingServer();
    const graceful = open(60_000);
    for (const bundleId of ['old', 'new']) await fillStore(graceful, bundleId, ENTRIES);
    store = open(0);
  });
  afterEach(() => server.close());

  const isThere = (bundleId: string) =>
    store.open(bundleId).then(
      (edition) => expectWritten(edition, WRITTEN).then(() => true),
      () => false,
    );
  const isDrop = ({ method, path }: SentRequest) => method === 'DELETE' && path.endsWith('-music-old');
  /** How often the edition's collection was deleted. */
  const countDrops = () => server.requests.filter(isDrop).length;
  const countItems = () => countPoints(`${server.url}/collections/test-items`);
  /** Does something before the next such request is carried out. */
  const once = (isMeant: (request: SentRequest) => boolean, work: () => Promise<unknown>) => {
    const outcome = Promise.withResolvers<unknown>();
    server.before = async (request) => {
      if (!isMeant(request)) return;
      server.before = async () => {};
      await work().then(outcome.resolve, outcome.reject);
    };
    return outcome.promise;
  };

  it('is dropped when its grace period is over, not before, and only once', async () => {
    await open(60_000).dropRetired();
    expect(await isThere('old')).toBe(true);
    await store.dropRetired();
    expect(await isThere('old')).toBe(false);
    expect(await isThere('new')).toBe(true);
    expect(await countItems()).toBe(idsOfBatch(0).length);
    const collections = ['music-old', 'music-new'];
    const counts = collections.map((name) => countPoints(`${server.url}/collections/test-${name}`));
    expect(await Promise.all(counts)).toEqual([0, expect.any(Number)]);
    await store.dropRetired();
    expect(countDrops()).toBe(1);
  });

  it('is dropped by one of several servers that try to at the same time', async () => {
    await Promise.all(Array.from({ length: REPLICAS }, () => open(0).dropRetired()));
    expect(countDrops()).toBe(1);
    expect(await isThere('old')).toBe(false);
    expect(await isThere('new')).toBe(true);
  });

  it('is left alone while it is filled again, and when it has become the current one', async () => {
    const writer = await store.write('old', WRITER_OPTIONS);
    await store.dropRetired();
    await writer.upsert(ENTRIES);
    await writer.close();
    await store.dropRetired();
    expect(await isThere('old')).toBe(true);
  });

  it('is left alone where a run over it began after it was looked at', async () => {
    const graceful = open(60_000);
    const isPlaceTaken = ({ method, body }: SentRequest) =>
      method === 'PUT' && JSON.stringify(body).includes('"kind":"writers"');
    const refilled = once(isPlaceTaken, () => fillStore(graceful, 'old', ENTRIES));
    await store.dropRetired();
    await refilled;
    expect(await store.currentBundleId()).toBe('old');
    expect(await isThere('old')).toBe(true);
  });

  it('is left alone where it is the current one, though a run that was stopped left it marked', async () => {
    const qdrant = createQdrant({ url: server.url, apiKey: null, timeoutMs: 10_000, maxAttempts: 1 });
    await movePointer({ qdrant, names: createCollectionNames('test') }, 'old');
    await store.dropRetired();
    expect(await store.currentBundleId()).toBe('old');
    expect(countDrops()).toBe(0);
    expect(await isThere('old')).toBe(true);
  });

  it('is filled again by a run that waits, and says so, until it is dropped', async () => {
    const said = Promise.withResolvers<string>();
    const log = { warn: (_fields: object, message: string) => said.resolve(message) };
    let filling: Promise<void> | undefined;
    const begun = once(isDrop, async () => {
      filling = fillStore(open(60_000, { log, patienceMs: PATIENCE_MS }), 'old', ENTRIES);
      const waits =
        /^A server \(process \d+ on .+\) is dropping what is left of this bundle: .+ up to 60 s\.$/;
      expect(await Promise.race([said.promise, filling])).toMatch(waits);
    });
    await store.dropRetired();
    await begun;
    await filling;
    expect(countDrops()).toBe(1);
    expect(await store.currentBundleId()).toBe('old');
    expect(await isThere('old')).toBe(true);
  });

  it('is waited for by no run that is interrupted, nor by one that another writer refuses', async () => {
    const waiting = new AbortController();
    let waits = 0;
    const log = {
      warn() {
        waits++;
        waiting.abort();
      },
    };
    const meanwhile = once(isDrop, async () => {
      const patient = open(60_000, { log, patienceMs: 3_600_000 });
      await expect(patient.write('old', WRITER_OPTIONS, waiting.signal)).rejects.toThrow(/is dropping/);
      const rival = await store.write('newer', WRITER_OPTIONS);
      await expect(patient.write('old', WRITER_OPTIONS)).rejects.toThrow(/is filling this store/);
      expect(waits).toBe(1);
      await rival.close();
    });
    await store.dropRetired();
    await meanwhile;
    expect(await isThere('old')).toBe(false);
  });

  it('is in the way of those who fill it again while it is dropped, and of nobody else', async () => {
    const meanwhile = once(isDrop, async () => {
      await expect(store.write('old', WRITER_OPTIONS)).rejects.toMatchObject({
        name: 'BusyError',
        message: expect.stringMatching(/is dropping/),
      });
      await fillStore(open(60_000), 'newer', ENTRIES);
    });
    await store.dropRetired();
    await meanwhile;
    expect(await store.currentBundleId()).toBe('newer');
    expect(await isThere('newer')).toBe(true);
    await fillStore(store, 'old', ENTRIES);
    expect(await isThere('old')).toBe(true);
  });

  it('hinders no edit and no removal while it is dropped', async () => {
    const [editedId, removedId] = idsOfBatch(0);
    const isLaterStep = ({ path, body }: SentRequest) =>
      path.endsWith('-items/points/delete') && JSON.stringify(body).includes('"old"');
    const meanwhile = once(isLaterStep, async () => {
      expect(await store.updateItem('new', editedId, { title: 'Edited' })).toMatchObject({ title: 'Edited' });
      expect(await store.removeItems('new', [removedId])).toEqual([removedId]);
    });
    await store.dropRetired();
    await meanwhile;
    expect(await countItems()).toBe(idsOfBatch(0).length - 1);
  });

  it('is none where nothing was ever indexed', async () => {
    const empty = createQdrantStore({ url: server.url, apiKey: null, prefix: 'empty' });
    await empty.dropRetired();
    expect(server.requests.some(({ path }) => path.includes('empty') && path.endsWith('/delete'))).toBe(
      false,
    );
  });
});
