import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import {
  type Edition,
  type EditionWriter,
  isOwnedBy,
  type Shard,
  type VectorStore,
} from '../../../src/store/vector-store.ts';
import { EVERYTHING, expectWritten, WRITER_OPTIONS } from '../../soak/written-generations.ts';
import { BATCH_COUNT, batchEntries, idsOfBatch } from '../generations.ts';
import { dropCollections, hasQdrant, openQdrantServer, type QdrantServer } from './qdrant-server.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const shardsOf = (count: number): Shard[] =>
  Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));

describe('Searches of the Qdrant store while items are written', () => {
  let server: RecordingServer;
  let writer: EditionWriter;
  let edition: Edition;

  beforeEach(async () => {
    server = await startRecordingServer();
    const store = createQdrantStore({ url: server.url, apiKey: null, prefix: 'test' });
    writer = await store.write('bundle', WRITER_OPTIONS);
    await writer.upsert(batchEntries(0).entries);
    edition = await store.open('bundle');
  });
  afterEach(async () => {
    await writer.close();
    await server.close();
  });

  for (const [moment, path] of [
    ['after the segments were listed', 'items/points'],
    ['while their vectors are read', 'music-bundle/points'],
  ]) {
    it(`lose no item that is replaced ${moment}`, async () => {
      const before = (await edition.search([EVERYTHING]))[0].hits.map(({ itemId }) => itemId);
      expect(before.toSorted()).toEqual(idsOfBatch(0).toSorted());
      server.before = async (request) => {
        if (request.method !== 'POST' || !request.path.endsWith(path)) return;
        server.before = async () => {};
        await writer.upsert(batchEntries(BATCH_COUNT).entries);
      };
      const during = (await edition.search([EVERYTHING]))[0].hits.map(({ itemId }) => itemId);
      expect(during.toSorted()).toEqual(before.toSorted());
    });
  }
});

describeSideBySide('The Qdrant store over a recording server', async () => ({
  ...(await startRecordingServer()),
  apiKey: null,
}));
describe.skipIf(!hasQdrant)('With a Qdrant server (QDRANT_URL, or qdrant on the PATH)', () => {
  describeSideBySide('The Qdrant store', openQdrantServer, dropCollections);
});

/** `index --shard i/n`, n jobs at once. */
function describeSideBySide(
  name: string,
  openServer: () => Promise<QdrantServer>,
  drop: (server: QdrantServer, prefix: string) => Promise<void> = async () => {},
): void {
  describe(`${name}, filled by several shards side by side,`, () => {
    let server: QdrantServer;
    let prefix: string;
    let open: () => VectorStore;

    beforeEach(async () => {
      server = await openServer();
      prefix = `test-${randomUUID()}`;
      open = () => createQdrantStore({ url: server.url, apiKey: server.apiKey, prefix });
    });
    afterEach(async () => {
      await drop(server, prefix);
      await server.close();
    });

    it('holds what all of them wrote, and is served when the last has finished', async () => {
      const shards = shardsOf(4);
      const outcomes = await Promise.all(
        shards.map(async (shard) => {
          const writer = await open().write('bundle', { ...WRITER_OPTIONS, shard });
          const ids: string[] = [];
          for (let generation = 0; generation < BATCH_COUNT; generation++) {
            const { entries } = batchEntries(generation);
            const own = entries.filter(({ record }) => isOwnedBy(shard, record.id));
            await writer.upsert(own);
            ids.push(...own.map(({ record }) => record.id));
          }
          const { isCurrent } = await writer.finish({ keepIds: new Set(ids) });
          await writer.close();
          return isCurrent;
        }),
      );
      expect(outcomes).toContain(true);
      expect(await open().currentBundleId()).toBe('bundle');
      const edition = await open().open('bundle');
      await expectWritten(
        edition,
        new Map(Array.from({ length: BATCH_COUNT }, (_, batch) => [batch, batch])),
      );
      // The bounds of BLENDED hold for what each of them wrote.
      const [blended] = await edition.search([{ ...EVERYTHING, scoring: 'BLENDED' }]);
      expect(blended.hits).toHaveLength(BATCH_COUNT * idsOfBatch(0).length);
    });

    it('lets nobody else in meanwhile', async () => {
      const [first, second] = shardsOf(2);
      const writer = await open().write('bundle', { ...WRITER_OPTIONS, shard: first });
      const beside = await open().write('bundle', { ...WRITER_OPTIONS, shard: second });
      for (const [bundleId, shard] of [
        ['bundle', null],
        ['bundle', first],
        ['bundle', { index: 3, count: 3 }],
        ['other', second],
      ] as const) {
        await expect(open().write(bundleId, { ...WRITER_OPTIONS, shard })).rejects.toMatchObject({
          name: 'BusyError',
        });
      }
      await beside.close();
      await writer.close();
      const alone = await open().write('bundle', WRITER_OPTIONS);
      await expect(open().write('bundle', { ...WRITER_OPTIONS, shard: first })).rejects.toMatchObject({
        name: 'BusyError',
      });
      await alone.close();
    });
  });
}
