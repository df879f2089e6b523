import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../../src/store/vector-store.ts';
import { EVERYTHING, expectWritten, WRITER_OPTIONS } from '../../soak/written-generations.ts';
import { batchEntries, idsOfBatch } from '../generations.ts';
import {
  canLimitDisk,
  folderOf,
  isQdrantInstalled,
  type QdrantOptions,
  type StartedQdrant,
  startQdrant,
} from './qdrant-server.ts';

const DISK_BYTES = 1.5 * 2 ** 30;
/** Less than Qdrant wants to have left before it takes a write. */
const LEFT_BYTES = 24 * 2 ** 20;
const STRICT = 'QDRANT__STORAGE__COLLECTION__STRICT_MODE__';

describe.skipIf(!isQdrantInstalled)('A Qdrant server that refuses writes (qdrant on the PATH)', () => {
  let qdrant: StartedQdrant;
  afterEach(() => qdrant.close());

  const start = async (options: QdrantOptions) => {
    qdrant = await startQdrant(options);
  };
  const openAs = (apiKey: string | null) =>
    createQdrantStore({ url: qdrant.url, apiKey, prefix: 'test', patienceMs: 0 });
  const fill = async (store: VectorStore) => {
    const writer = await store.write('bundle', WRITER_OPTIONS);
    await writer.upsert(batchEntries(0).entries);
    await writer.finish({ keepIds: new Set(idsOfBatch(0)) });
    await writer.close();
  };
  const writesOf = (store: VectorStore) => [
    () => store.write('bundle', WRITER_OPTIONS),
    () => store.updateItem('bundle', idsOfBatch(0)[0], { title: 'Edited' }),
    () => store.removeItems('bundle', idsOfBatch(0)),
    () => store.clips.put(CLIP),
  ];

  it('since the key may only read, is read from, and the key is named', async () => {
    await start({ apiKey: 'right', settings: { QDRANT__SERVICE__READ_ONLY_API_KEY: 'reading' } });
    await fill(openAs('right'));
    const store = openAs('reading');
    expect(await store.currentBundleId()).toBe('bundle');
    await expectWritten(await store.open('bundle'), new Map([[0, 0]]));
    for (const write of writesOf(store)) {
      await expect(write()).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringContaining('QDRANT_API_KEY'),
      });
    }
  });

  it.skipIf(!canLimitDisk)(
    'since its disk is full, is read from, says so, and takes writes again once there is room (user namespaces)',
    async () => {
      await start({ diskBytes: DISK_BYTES, settings: { QDRANT__STORAGE__WAL__WAL_CAPACITY_MB: '32' } });
      const store = openAs(null);
      await fill(store);
      const writer = await store.write('bundle', WRITER_OPTIONS);
      const edition = await store.open('bundle');
      const folder = folderOf(qdrant, qdrant.directory);
      const { bavail, bsize } = await statfs(folder);
      const ballast = join(folder, 'ballast');
      await writeFile(ballast, Buffer.alloc(bavail * bsize - LEFT_BYTES));

      const refusal = {
        name: 'UnavailableError',
        message: expect.stringContaining('No space left on device'),
      };
      // It looks at its disk now and then only.
      const writeOn = async () => {
        for (;;) await writer.upsert(batchEntries(1).entries);
      };
      await expect(writeOn()).rejects.toMatchObject(refusal);
      await expectWritten(edition, new Map([[0, 0]]));

      await rm(ballast);
      await writer.upsert(batchEntries(1).entries);
      await expectWritten(edition, new Map([0, 1].map((batch) => [batch, batch])));
      await store.clips.put(CLIP);
      await writer.close();
    },
  );

  it('since its collection is of another dimension, is reported as an index at fault', async () => {
    await start({});
    const store = openAs(null);
    await fill(store);
    const writer = await store.write('bundle', WRITER_OPTIONS);
    const edition = await store.open('bundle');
    const vector = (size: number) => ({ size, distance: 'Dot' });
    await resetCollection(`${qdrant.url}/collections/test-music-bundle`, {
      vectors: { ssl: vector(4), sup: vector(4), joint: vector(8) },
    });

    const refusal = { name: 'IntegrityError', message: expect.stringMatching(/vector dimension/i) };
    await expect(edition.search([EVERYTHING])).rejects.toMatchObject(refusal);
    await expect(writer.upsert(batchEntries(1).entries)).rejects.toMatchObject(refusal);
    // What failed is shown nowhere.
    const held = await edition.retrieve(idsOfBatch(1));
    expect(held.every((record) => record === null)).toBe(true);
    await writer.close();
  });

  it('where it has no index, is never asked to: the store works in strict mode', async () => {
    await start({
      settings: {
        [`${STRICT}ENABLED`]: 'true',
        [`${STRICT}UNINDEXED_FILTERING_RETRIEVE`]: 'false',
        [`${STRICT}UNINDEXED_FILTERING_UPDATE`]: 'false',
      },
    });
    const store = openAs(null);
    await fill(store);
    for (const write of writesOf(store).slice(1, 2)) await write();
    const edition = await store.open('bundle');
    const [{ hits }] = await edition.search([{ ...EVERYTHING, scoring: 'BLENDED' }]);
    expect(hits).toHaveLength(idsOfBatch(0).length);
    await store.clips.put(CLIP);
    expect(await store.clips.replace(CLIP)).toBe(true);
    expect(await store.clips.sweep()).toBe(0);
    await edition.facets({ modality: 'MUSIC', filter: null, excludeIds: [] });
    expect(await store.removeItems('bundle', idsOfBatch(0))).toHaveLength(idsOfBatch(0).length);
  });
});

/** Makes a collection anew, empty, as an operator may by mistake. */
async function resetCollection(collectionUrl: string, settings: object): Promise<void> {
  await fetch(collectionUrl, { method: 'DELETE' });
  const headers = { 'content-type': 'application/json' };
  const { ok } = await fetch(collectionUrl, { method: 'PUT', headers, body: JSON.stringify(settings) });
  expect(ok).toBe(true);
}

const CLIP = {
  id: 'clip_a',
  state: { status: 'READY' as const },
  durationSeconds: 1,
  expiresAt: new Date(Date.now() + 10 * 60_000).toISOString(),
  features: [],
};
