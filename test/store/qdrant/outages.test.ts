import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../../src/store/vector-store.ts';
import {
  countPoints,
  EVERYTHING,
  expectWritten,
  SEGMENTS_PER_ITEM,
  WRITER_OPTIONS,
} from '../../soak/written-generations.ts';
import { BATCH_COUNT, batchEntries, idsOfBatch } from '../generations.ts';
import { type Fault, startFaultyProxy } from './faulty-proxy.ts';
import { isQdrantInstalled, type StartedQdrant, startQdrant } from './qdrant-server.ts';
import { startRecordingServer } from './recording-server.ts';

const PATIENCE_MS = 60_000;
const AWAY_MS = 3_000;
const [EDITED_ID, REMOVED_ID] = idsOfBatch(0);

/** A run over a library that lost items, and one over a new bundle, each from its begin to its end. */
async function indexTwice(store: VectorStore): Promise<number[]> {
  const deletions: number[] = [];
  const options = { ...WRITER_OPTIONS, discardEdits: true, restore: true };
  for (const bundleId of ['old', 'new']) {
    const writer = await store.write(bundleId, options);
    await writer.fingerprints();
    await writer.upsert(batchEntries(BATCH_COUNT).entries);
    deletions.push((await writer.finish({ keepIds: new Set(idsOfBatch(0)) })).deleted);
    await writer.close();
  }
  return deletions;
}

/** Indexes of payloads apart: there are dozens, all alike. */
function isWrite(method: string, path: string): boolean {
  if (path.endsWith('/index')) return false;
  return method !== 'POST' ? method !== 'GET' : /\/(delete|payload)$/.test(path);
}

/** The same over a server that held more before, where one write meets a fault; returns how many were sent. */
async function indexDespite(fault: Fault, skipped: number): Promise<number> {
  const server = await startRecordingServer();
  const proxy = await startFaultyProxy(server.url);
  try {
    const connection = { apiKey: null, prefix: 'test', maxAttempts: 1, gracePeriodMs: 0 };
    // While the run waits, the server may close the connections that this one keeps.
    const direct = createQdrantStore({ ...connection, url: server.url, maxAttempts: 4 });
    const before = await direct.write('old', WRITER_OPTIONS);
    for (const generation of [0, 1]) await before.upsert(batchEntries(generation).entries);
    await before.finish({ keepIds: new Set([0, 1].flatMap(idsOfBatch)) });
    await before.close();
    await direct.updateItem('old', EDITED_ID, { title: 'Edited' });
    await direct.removeItems('old', [REMOVED_ID]);

    proxy.set(fault, 1, skipped, isWrite);
    const store = createQdrantStore({ ...connection, url: proxy.url, patienceMs: PATIENCE_MS });
    expect(await indexTwice(store)).toEqual([idsOfBatch(1).length, 0]);

    expect(await direct.currentBundleId()).toBe('new');
    await expect(direct.open('old')).rejects.toMatchObject({ name: 'IntegrityError' });
    const edition = await direct.open('new');
    await expectWritten(edition, new Map([[0, BATCH_COUNT]]));
    const [{ hits }] = await edition.search([EVERYTHING]);
    expect(hits).toHaveLength(idsOfBatch(0).length);
    const count = (collection: string) => countPoints(`${server.url}/collections/test-${collection}`);
    expect(await count('items')).toBe(idsOfBatch(0).length);
    expect(await count('music-new')).toBe(idsOfBatch(0).length * SEGMENTS_PER_ITEM);
    return proxy.count;
  } finally {
    await proxy.close();
    await server.close();
  }
}

describe('A run that meets an outage of the server', () => {
  it(
    'goes on by itself and leaves what one without an outage does, whichever write or its answer is lost',
    async () => {
      const sent = await indexDespite({ kind: 'none' }, 0);
      expect(sent).toBeGreaterThan(20);
      const kindOf = (skipped: number) => (skipped % 2 === 0 ? 'half' : 'drop');
      // Each waits for a server of its own at the same time.
      const runs = Array.from({ length: sent }, (_, skipped) =>
        indexDespite({ kind: kindOf(skipped) }, skipped),
      );
      await Promise.all(runs);
    },
    5 * 60_000,
  );

  it('leaves its place to the next one when it is over its patience', async () => {
    const server = await startRecordingServer();
    const proxy = await startFaultyProxy(server.url);
    const connection = { apiKey: null, prefix: 'test', maxAttempts: 1 };
    const store = createQdrantStore({ ...connection, url: proxy.url, patienceMs: 0 });
    const writer = await store.write('bundle', WRITER_OPTIONS);
    proxy.set({ kind: 'drop' });
    await expect(writer.finish({ keepIds: new Set() })).rejects.toMatchObject({ name: 'UnavailableError' });
    // What it can't give back runs out.
    await writer.close();
    proxy.set({ kind: 'none' });
    const direct = createQdrantStore({ ...connection, url: server.url, patienceMs: 0 });
    await expect(direct.write('bundle', WRITER_OPTIONS)).rejects.toMatchObject({ name: 'BusyError' });
    await proxy.close();
    await server.close();
  });

  it('says that it waits, and waits no longer once it is interrupted', async () => {
    const waiting = new AbortController();
    const said: string[] = [];
    const log = {
      warn(_fields: object, message: string) {
        said.push(message);
        waiting.abort();
      },
    };
    const nowhere = { url: 'http://127.0.0.1:1', apiKey: null, prefix: 'test', maxAttempts: 1 };
    const store = createQdrantStore({ ...nowhere, log, patienceMs: 3_600_000 });
    const writing = store.write('bundle', WRITER_OPTIONS, waiting.signal);
    await expect(writing).rejects.toMatchObject({ name: 'UnavailableError' });
    expect(said).toEqual([expect.stringMatching(/can't be reached.* up to 3600 s/)]);
  });
});

describe.skipIf(!isQdrantInstalled)('A run while its Qdrant server is killed (qdrant on the PATH)', () => {
  let qdrant: StartedQdrant;
  let store: VectorStore;
  beforeAll(async () => {
    qdrant = await startQdrant();
    store = createQdrantStore({
      url: qdrant.url,
      apiKey: null,
      prefix: 'test',
      maxAttempts: 2,
      patienceMs: PATIENCE_MS,
    });
  });
  afterAll(() => qdrant.close());

  /** Begins the work while the server is away, and brings it back. */
  const withoutServer = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await qdrant.kill();
    const working = work();
    await Promise.race([working, sleep(AWAY_MS)]);
    await qdrant.restart();
    return working;
  };

  it('waits for it at its begin and at its end', async () => {
    for (const [bundleId, generation] of [
      ['old', 0],
      ['new', BATCH_COUNT],
    ] as const) {
      const writer = await withoutServer(() => store.write(bundleId, WRITER_OPTIONS));
      await writer.upsert(batchEntries(generation).entries);
      const keepIds = new Set(idsOfBatch(0));
      const finished = await withoutServer(() => writer.finish({ keepIds }));
      expect(finished).toEqual({ deleted: 0, isCurrent: true });
      await writer.close();
      expect(await store.currentBundleId()).toBe(bundleId);
      await expectWritten(await store.open(bundleId), new Map([[0, generation]]));
    }
  });
});
