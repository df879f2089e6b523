import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editionPointId } from '../../../src/store/qdrant/point-ids.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';
import {
  type Edition,
  type EditionWriter,
  isOwnedBy,
  type Shard,
  type VectorStore,
} from '../../../src/store/vector-store.ts';
import { EVERYTHING, expectWritten, WRITER_OPTIONS } from '../../soak/written-generations.ts';
import { BATCH_COUNT, batchEntries, idsOfBatch, vectorOf } from '../generations.ts';
import { dropCollections, hasQdrant, openQdrantServer, type QdrantServer } from './qdrant-server.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const shardsOf = (count: number): Shard[] =>
  Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));

describe('Searches of the Qdrant store while items are written', () => {
  let server: RecordingServer;
  let store: VectorStore;
  let writer: EditionWriter;
  let edition: Edition;

  beforeEach(async () => {
    server = await startRecordingServer();
    const open = (apiKey: string | null) => createQdrantStore({ url: server.url, apiKey, prefix: 'test' });
    store = open(null);
    writer = await store.write('bundle', WRITER_OPTIONS);
    await writer.upsert(entriesOf(0));
    edition = await open(SEARCH_KEY).open('bundle');
  });
  afterEach(async () => {
    await writer.close();
    await server.close();
  });

  const search = async () =>
    (await edition.search([EVERYTHING]))[0].hits.map(({ itemId }) => itemId).toSorted();
  let generation = 0;
  const replace = () => {
    generation += BATCH_COUNT;
    return writer.upsert(entriesOf(generation));
  };
  /** How many requests it sends, once a search was made, and how many before the first that searches may notice. */
  const requestsOf = async (write: () => Promise<unknown>): Promise<{ length: number; unseen: number }> => {
    await search();
    server.requests.splice(0);
    await write();
    const unseen = server.requests.findIndex(
      ({ method, path }) => (method === 'PUT' || path.endsWith('/delete')) && !path.includes('-meta/'),
    );
    return { length: server.requests.length, unseen };
  };

  it('find every item once, wherever the requests of a write fall between theirs', async () => {
    const { length, unseen } = await requestsOf(replace);
    expect(length - unseen).toBeGreaterThan(2);
    for (let list = unseen; list <= length; list++) {
      for (const turns of turnsAfter(list, length)) {
        const [, found] = await takeTurns(server, turns, [replace, search]);
        expect([turns, found]).toEqual([turns, ITEM_IDS]);
      }
    }
  });

  it('find every item once where it is replaced again while they look again', async () => {
    const { length } = await requestsOf(replace);
    const replaceTwice = async () => {
      await replace();
      await replace();
    };
    for (let again = 1; again <= 6; again++) {
      const turns = [0, 1, length, again, Number.POSITIVE_INFINITY];
      const [, found] = await takeTurns(server, turns, [replaceTwice, search]);
      expect([turns, found]).toEqual([turns, ITEM_IDS]);
    }
  });

  it('score an item by all of its segments, also where they take several writes', async () => {
    const [entry] = entriesOf(0);
    const findScore = async (): Promise<number> => {
      const [{ hits }] = await edition.search([EVERYTHING]);
      return hits.find(({ itemId }) => itemId === entry.record.id)?.score ?? Number.NaN;
    };
    const scoreOf = (best: number) => Math.cos(0.01 * (best - 1));
    const replaceWith = (best: number) => {
      const toSegment = (generation: number) => ({
        ...entry.segments[0],
        ssl: vectorOf(generation),
        sup: vectorOf(generation),
      });
      // The last one written is by far the best.
      const segments = [...Array.from({ length: 299 }, () => toSegment(150)), toSegment(best)];
      return writer.upsert([{ ...entry, segments }]);
    };
    await replaceWith(10);
    const { length } = await requestsOf(() => replaceWith(20));
    for (let list = 0; list <= length; list++) {
      const best = 30 + list;
      const turns = [list, 1, length, Number.POSITIVE_INFINITY];
      const [, score] = await takeTurns(server, turns, [() => replaceWith(best), findScore]);
      const isOfEither = [best, list === 0 ? 20 : best - 1].some(
        (one) => Math.abs(score - scoreOf(one)) < 1e-6,
      );
      expect([turns, score, isOfEither]).toEqual([turns, score, true]);
    }
  });

  it('list an item once that loses the space that they look at', async () => {
    const [entry] = entriesOf(0);
    const withoutSsl = { ...entry, segments: entry.segments.map((segment) => ({ ...segment, ssl: null })) };
    const lose = () => writer.upsert([withoutSsl]);
    const searchSsl = async () =>
      (await edition.search([{ ...EVERYTHING, alpha: 0 }]))[0].hits.map(({ itemId }) => itemId).toSorted();
    const { length } = await requestsOf(lose);
    for (let before = 0; before <= length; before++) {
      await writer.upsert([entry]);
      const turns = [0, 3, before, 1, Number.POSITIVE_INFINITY];
      const [, found] = await takeTurns(server, turns, [lose, searchSsl]);
      expect([turns, found]).toEqual([turns, ITEM_IDS]);
    }
  });

  it('keep to the widest bounds of scores that were read, whatever a replica that lags tells', async () => {
    const blended = async () =>
      (await edition.search([{ ...EVERYTHING, scoring: 'BLENDED' }]))[0].hits.length;
    expect(await blended()).toBe(ITEM_IDS.length);
    const { dimensions } = WRITER_OPTIONS;
    const content = JSON.stringify({ bundle: 'bundle', dimensions, attributes: [], bounds: {}, sequence: 1 });
    const payload = { kind: 'edition', bundle: 'bundle', version: 'before', content };
    await fetch(`${server.url}/collections/test-meta/points`, {
      method: 'PUT',
      body: JSON.stringify({ points: [{ id: editionPointId('bundle'), vector: {}, payload }] }),
    });
    expect([await blended(), await blended()]).toEqual([ITEM_IDS.length, ITEM_IDS.length]);
  });

  it('find every other item once while one is removed', async () => {
    for (let batch = 0; batch < BATCH_COUNT; batch++) await writer.upsert(batchEntries(batch).entries);
    const itemIds = await search();
    const remove = () => store.removeItems('bundle', [itemIds.shift() ?? '']);
    const { length, unseen } = await requestsOf(remove);
    for (const turns of turnsAfter(unseen, length)) {
      const [[removedId], found] = await takeTurns(server, turns, [remove, search]);
      expect([turns, found.filter((id) => id !== removedId)]).toEqual([turns, itemIds]);
    }
  });
});

/** Turns of a write of so many requests and a search, whose lists, items and vectors are read at all later places. */
function* turnsAfter(list: number, length: number): Generator<number[]> {
  for (let items = list; items <= length; items++) {
    for (let vectors = items; vectors <= length; vectors++) {
      yield [list, 1, items - list, 1, vectors - items, 1, Number.POSITIVE_INFINITY];
    }
  }
}

const ITEM_IDS = idsOfBatch(0).slice(0, 2);
const entriesOf = (generation: number) => batchEntries(generation).entries.slice(0, ITEM_IDS.length);
/** Tells the server whose requests are whose. */
const SEARCH_KEY = 'search';

/**
 * Runs a write and a search; by turns, the write first, each sends so many requests, or all it has. What is left goes on
 * as it comes.
 */
async function takeTurns<Written, Found>(
  server: RecordingServer,
  turns: readonly number[],
  [write, search]: [() => Promise<Written>, () => Promise<Found>],
): Promise<[Written, Found]> {
  const newSide = () => ({ waiting: [] as (() => void)[], isOver: false });
  const [writing, searching] = [newSide(), newSide()];
  const sides = [writing, searching];
  server.before = ({ apiKey }) =>
    new Promise((resolve) => (apiKey === SEARCH_KEY ? searching : writing).waiting.push(resolve));
  const outcome = Promise.all([
    write().finally(() => {
      writing.isOver = true;
    }),
    search().finally(() => {
      searching.isOver = true;
    }),
  ]);
  const areAtRest = () => sides.every(({ isOver, waiting }) => isOver || waiting.length > 0);
  for (const [i, turn] of turns.entries()) {
    const side = sides[i % 2];
    for (let sent = 0; sent < turn; sent++) {
      while (!areAtRest()) await setImmediate();
      if (side.isOver) break;
      side.waiting.shift()?.();
    }
  }
  server.before = async () => {};
  for (const { waiting } of sides) for (const send of waiting) send();
  return outcome;
}

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
