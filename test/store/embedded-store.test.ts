import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/store/embedded/database.ts';
import {
  beginWriting,
  endWriting,
  finishWriting,
  ITEMS_PER_DELETION,
  sweepDropped,
} from '../../src/store/embedded/edition-table.ts';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { MAX_OPEN_CALLS } from '../../src/store/embedded/open-edition.ts';
import type { Edition, SearchRequest, VectorStore } from '../../src/store/vector-store.ts';
import { describeStoreContract } from './contract.ts';
import { BATCH_COUNT, batchEntries, DIMENSIONS, idsOfBatch, vectorOf } from './generations.ts';

describeStoreContract('The embedded store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'control-mvr-store-'));
  return {
    open: () => createEmbeddedStore({ directory, threads: 1 }),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
});

describe('The embedded store', () => {
  let directory: string;
  let store: VectorStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-store-'));
    store = await createEmbeddedStore({ directory, threads: 1 });
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const plain = { dimensions: DIMENSIONS, attributes: [], shard: null, discardEdits: false, restore: false };
  const searchFor = (generation: number): SearchRequest => ({
    target: 'MUSIC',
    query: { ssl: vectorOf(generation), sup: vectorOf(generation) },
    alpha: 0.5,
    scoring: 'WEIGHTED',
    filter: null,
    excludeIds: [],
    minScore: null,
    first: 1000,
    after: null,
  });
  /** Makes an edition that holds the first batch at one generation, and nothing else. */
  const index = async (bundleId: string, generation: number) => {
    const writer = await store.write(bundleId, plain);
    await writer.upsert(batchEntries(generation).entries);
    await writer.finish({ keepIds: new Set(idsOfBatch(generation % BATCH_COUNT)) });
    await writer.close();
  };

  it('loses nothing acknowledged and keeps no half of a write when its process is killed, ten times over', async () => {
    const bundleId = 'killed';
    const acknowledged = new Map<number, number>();
    await (await store.write(bundleId, plain)).close();
    const watching = await store.open(bundleId);
    for (let round = 0, generation = 0; round < 10; round++) {
      const child = spawn(process.execPath, [
        join(import.meta.dirname, 'writing-process.ts'),
        directory,
        bundleId,
        String(generation),
      ]);
      const output = text(child.stdout);
      if (round > 0) await once(child.stdout, 'data');
      await sleep(Math.random() * 150);
      await expectWhole(watching);
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const line of (await output).split('\n').slice(0, -1)) {
        const [batch, written] = line.split(' ').map(Number);
        acknowledged.set(batch, written);
        generation = written + 1;
      }

      const reopened = await createEmbeddedStore({ directory, threads: 1 });
      const fresh = await reopened.open(bundleId);
      const generations = await expectWhole(fresh);
      expect(await expectWhole(watching)).toEqual(generations);
      for (const [batch, written] of acknowledged) {
        expect(generations.get(batch) ?? -1).toBeGreaterThanOrEqual(written);
      }
      const writer = await reopened.write(bundleId, plain);
      expect((await writer.fingerprints()).size).toBe(idsOfBatch(0).length * generations.size);
      await writer.close();
      await reopened.close();
      generation = Math.max(generation, ...[...generations.values()].map((found) => found + 1));
    }
    expect(acknowledged.size).toBe(BATCH_COUNT);
  });

  it('goes on answering from memory for an edition that was dropped, until its bundle is current again', async () => {
    const close = { ...searchFor(0), minScore: 0.9 };
    await index('old', 160);
    const old = await store.open('old');
    const before = await old.search([searchFor(0), close]);
    expect(before.map(({ hits }) => hits.length)).toEqual([25, 0]);
    await index('new', 8);
    expect(await store.currentBundleId()).toBe('new');
    await expect(store.open('old')).rejects.toMatchObject({ name: 'IntegrityError' });
    expect((await old.search([searchFor(0)]))[0].hits).toEqual(before[0].hits);
    expect((await old.retrieve(['b0-0']))[0]?.title).toBe('160');
    expect((await old.segments(['b0-0']))[0]?.segments[0].ssl).toEqual(vectorOf(160));
    await index('old', 4);
    expect((await old.retrieve(['b0-0']))[0]?.title).toBe('4');
    const after = await old.search([searchFor(0), close]);
    expect(after.map(({ hits }) => hits.length)).toEqual([25, 25]);
  });

  it('keeps peaks and thumbnails with their item', async () => {
    await index('old', 0);
    await index('new', 7);
    const edition = await store.open('new');
    expect(await edition.peaks('b3-0')).toEqual(Uint8Array.of(7));
    expect(await edition.thumbnail('b3-0')).toBeNull();
    expect(await edition.peaks('b0-0')).toBeNull();
    await store.removeItems('new', ['b3-0']);
    expect(await edition.peaks('b3-0')).toBeNull();
  });

  it('answers many searches of one call as it answers each alone', async () => {
    await index('bundle', 0);
    const edition = await store.open('bundle');
    const requests = Array.from({ length: 70 }, (_, i) => ({
      ...searchFor(i),
      scoring: i % 2 ? ('BLENDED' as const) : ('WEIGHTED' as const),
    }));
    const together = await edition.search(requests);
    for (const [i, request] of requests.entries()) {
      expect(together[i].hits).toEqual((await edition.search([request]))[0].hits);
    }
    const wrong = { ...searchFor(0), query: { ssl: Float32Array.of(1), sup: null } };
    await expect(edition.search([requests[0], wrong])).rejects.toThrow('numbers');
  });

  it('answers on an open edition while another one is being opened', async () => {
    await index('open', 0);
    const open = await store.open('open');
    await (await store.write('opening', plain)).close();
    const finished: string[] = [];
    const opening = store.open('opening').then(() => finished.push('opened'));
    await open.search([searchFor(0)]);
    finished.push('searched');
    await opening;
    expect(finished).toEqual(['searched', 'opened']);
  });

  it('refuses what comes while too many calls wait, and answers those that wait', async () => {
    await index('bundle', 0);
    const edition = await store.open('bundle');
    const calls = await Promise.allSettled(
      Array.from({ length: MAX_OPEN_CALLS + 20 }, () =>
        edition.count({ modality: 'MUSIC', filter: null, excludeIds: [] }),
      ),
    );
    expect(calls.slice(0, MAX_OPEN_CALLS)).toEqual(
      Array(MAX_OPEN_CALLS).fill({ status: 'fulfilled', value: 25 }),
    );
    for (const call of calls.slice(MAX_OPEN_CALLS)) {
      expect(call).toMatchObject({ reason: { name: 'BusyError', retryAfterMs: expect.any(Number) } });
    }
    expect((await edition.counts()).tracks).toBe(25);
  });

  it('loads an edition again whose worker is lost, but no dropped one; closing it then does nothing', async () => {
    await index('old', 0);
    const postMessage = vi.spyOn(Worker.prototype, 'postMessage');
    const old = await store.open('old');
    const oldWorker = postMessage.mock.contexts[0] as Worker;
    postMessage.mockRestore();
    await oldWorker.terminate();
    await expect(old.counts()).rejects.toMatchObject({ name: 'WorkerLostError' });
    await vi.waitFor(async () => expect((await old.counts()).tracks).toBe(25), 10_000);

    const again = vi.spyOn(Worker.prototype, 'postMessage');
    await old.counts();
    const restarted = again.mock.contexts[0] as Worker;
    again.mockRestore();
    await index('new', 1);
    await restarted.terminate();
    await vi.waitFor(() => expect(old.counts()).rejects.toMatchObject({ name: 'IntegrityError' }), 10_000);
    await old.close();
    const fresh = await store.open('new');
    const worker = vi.spyOn(Worker.prototype, 'postMessage');
    await fresh.counts();
    await (worker.mock.contexts[0] as Worker).terminate();
    worker.mockRestore();
    await fresh.close();
    await fresh.close();
  });

  it('drops what is older in steps, and what a kill left of it with the next run', async () => {
    const items = 2 * ITEMS_PER_DELETION + 10;
    const [template] = batchEntries(0).entries;
    const entries = Array.from({ length: items }, (_, i) => ({
      ...template,
      record: { ...template.record, id: `old-${i}` },
      segments: template.segments.slice(0, 1),
    }));
    const writer = await store.write('old', plain);
    await writer.upsert(entries);
    await writer.finish({ keepIds: new Set(entries.map(({ record }) => record.id)) });
    await writer.close();

    const database = openDatabase(join(directory, 'store.sqlite'), 'write');
    const held = (table: string) =>
      database.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows ?? 0;
    beginWriting(database, { bundleId: 'new', token: 'killed', options: plain });
    finishWriting(database, { bundleId: 'new', token: 'killed', shard: null, attributes: [] });
    endWriting(database, 'killed');
    expect(await store.currentBundleId()).toBe('new');
    await expect(store.open('old')).rejects.toMatchObject({ name: 'IntegrityError' });
    expect(held('items')).toBe(items);
    sweepDropped(database);
    expect(held('items')).toBe(items - ITEMS_PER_DELETION);

    await index('old', 3);
    expect(await store.currentBundleId()).toBe('old');
    expect(['editions', 'items', 'segments', 'previews'].map(held)).toEqual([1, 25, 75, 25]);
    database.close();
  });

  it('keeps the clips of the version before, of a build that nobody recorded', async () => {
    const [expiresAt, features] = [new Date(Date.now() + 60_000).toISOString(), Float32Array.of(1, 2)];
    const part = { modality: 'MUSIC' as const, span: { startSeconds: 0, endSeconds: 10 }, backboneId: 'b' };
    const clip = { id: 'clip_a', state: { status: 'READY' as const }, durationSeconds: 10, expiresAt };
    const recorded = { ...clip, features: [{ ...part, features, backboneSha256: 'b'.repeat(64) }] };
    await store.clips.put(recorded);
    await store.close();
    const database = openDatabase(join(directory, 'store.sqlite'), 'write');
    database.run('ALTER TABLE clip_features DROP COLUMN backbone_sha256');
    database.run('PRAGMA user_version = 2');
    database.close();
    store = await createEmbeddedStore({ directory, threads: 1 });
    expect(await store.clips.get(['clip_a'])).toEqual([
      { ...clip, features: [{ ...part, features, backboneSha256: '' }] },
    ]);
    await store.clips.put(recorded);
    expect(await store.clips.get(['clip_a'])).toEqual([recorded]);
  });

  it('refuses a file of another version and a damaged one', async () => {
    await store.close();
    const path = join(directory, 'store.sqlite');
    const database = openDatabase(path, 'write');
    database.run('PRAGMA user_version = 999');
    database.close();
    await expect(createEmbeddedStore({ directory })).rejects.toMatchObject({ name: 'IntegrityError' });
    await writeFile(path, 'no database at all, '.repeat(500));
    await expect(createEmbeddedStore({ directory })).rejects.toMatchObject({ name: 'IntegrityError' });
    await rm(path);
    store = await createEmbeddedStore({ directory, threads: 1 });
  });
});

/** Checks that each batch is of one generation in all its items and segments; returns the batches' generations. */
async function expectWhole(edition: Edition): Promise<Map<number, number>> {
  const generations = new Map<number, number>();
  const allIds = Array.from({ length: BATCH_COUNT }, (_, batch) => idsOfBatch(batch));
  const records = await edition.retrieve(allIds.flat());
  const segments = await edition.segments(allIds.flat());
  allIds.forEach((ids, batch) => {
    const start = batch * ids.length;
    const titles = new Set(records.slice(start, start + ids.length).map((record) => record?.title ?? null));
    expect(titles.size).toBe(1);
    const vectors = segments
      .slice(start, start + ids.length)
      .map((item) => item?.segments.map(({ ssl }) => ssl?.[1]));
    expect(new Set(vectors.flat()).size).toBe(1);
    for (const ofItem of vectors) expect(ofItem?.length ?? 3).toBe(3);
    const [title] = titles;
    if (title !== null) generations.set(batch, Number(title));
  });
  return generations;
}
