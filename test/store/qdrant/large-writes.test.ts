import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import type { ItemEntry } from '../../../src/store/vector-store.ts';
import { EVERYTHING, WRITER_OPTIONS } from '../../soak/written-generations.ts';
import { batchEntries } from '../generations.ts';
import { Refusal } from './collections-in-memory.ts';
import { dropCollections, hasQdrant, openQdrantServer, type QdrantServer } from './qdrant-server.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

/** What Qdrant takes unless told otherwise. */
const MAX_REQUEST_BYTES = 32 * 2 ** 20;
const MEGABYTE = 2 ** 20;
/** Of tests that move so much. */
const TIMEOUT_MS = 5 * 60_000;

const [EXAMPLE] = batchEntries(0).entries;
const entryOf = (id: string, changes: Partial<ItemEntry> = {}): ItemEntry => ({
  ...EXAMPLE,
  ...changes,
  record: { ...EXAMPLE.record, ...changes.record, id },
});
const bytesOf = (sizeBytes: number) => Uint8Array.from(randomBytes(sizeBytes));

describe('A batch over a recording server that takes requests of 32 MB', () => {
  let server: RecordingServer;
  const sizes: number[] = [];
  beforeAll(async () => {
    server = await startRecordingServer();
    server.before = async ({ body }) => {
      const sizeBytes = Buffer.byteLength(JSON.stringify(body ?? null));
      sizes.push(sizeBytes);
      if (sizeBytes <= MAX_REQUEST_BYTES) return;
      throw new Refusal(400, `JSON payload (${sizeBytes} bytes) is larger than allowed.`);
    };
  });
  afterAll(() => server.close());

  const write = async (entries: ItemEntry[]) => {
    const store = createQdrantStore({ url: server.url, apiKey: null, prefix: `test-${randomUUID()}` });
    const writer = await store.write('bundle', WRITER_OPTIONS);
    sizes.length = 0;
    server.requests.length = 0;
    try {
      await writer.upsert(entries);
    } finally {
      await writer.close();
    }
    const [{ hits }] = await (await store.open('bundle')).search([EVERYTHING]);
    return hits.map(({ itemId }) => itemId);
  };

  it('is split where its segments are larger, by what filters look at as well', {
    timeout: TIMEOUT_MS,
  }, async () => {
    // Each segment carries the starts of all words.
    const title = Array.from({ length: 1_000 }, (_, i) => `${i}${'word'.repeat(12)}`).join(' ');
    const record = { ...EXAMPLE.record, title };
    const segments = Array.from({ length: 40 }, (_, i) => ({
      ...EXAMPLE.segments[0],
      startSeconds: i,
      endSeconds: i + 1,
    }));
    expect(await write([entryOf('many', { record, segments })])).toEqual(['many']);
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(MAX_REQUEST_BYTES);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_REQUEST_BYTES / 2);
  });

  it('is split where the records and previews of its items are larger', { timeout: TIMEOUT_MS }, async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const thumbnail = bytesOf(7 * MEGABYTE);
    expect((await write(ids.map((id) => entryOf(id, { thumbnail })))).toSorted()).toEqual(ids);
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(MAX_REQUEST_BYTES);
  });

  it('is one write to all of its items where it is not', async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `item-${i}`);
    expect(await write(ids.map((id) => entryOf(id)))).toHaveLength(ids.length);
    const writes = server.requests.filter(
      ({ method, path }) => method === 'PUT' && path.endsWith('-items/points'),
    );
    expect(writes).toHaveLength(1);
  });

  it('is refused with the setting that allows it where one item alone is larger', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const thumbnail = bytesOf(25 * MEGABYTE);
    await expect(write([entryOf('large', { thumbnail })])).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('max_request_size_mb'),
    });
  });
});

describe.skipIf(!hasQdrant)('With a Qdrant server (QDRANT_URL, or qdrant on the PATH)', () => {
  let server: QdrantServer;
  const prefix = `test-${randomUUID()}`;
  beforeAll(async () => {
    server = await openQdrantServer();
  });
  afterAll(async () => {
    await dropCollections(server, prefix);
    await server.close();
  });

  it('a batch of items that is larger than a request may be is written', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { url, apiKey } = server;
    const store = createQdrantStore({ url, apiKey, prefix, timeoutMs: TIMEOUT_MS / 5 });
    const writer = await store.write('bundle', WRITER_OPTIONS);
    const ids = ['a', 'b'];
    const thumbnail = bytesOf(13 * MEGABYTE);
    await writer.upsert(ids.map((id) => entryOf(id, { thumbnail })));
    await writer.close();
    const edition = await store.open('bundle');
    for (const id of ids) {
      const written = (await edition.thumbnail(id)) ?? new Uint8Array();
      expect(Buffer.compare(written, thumbnail)).toBe(0);
    }
  });
});
