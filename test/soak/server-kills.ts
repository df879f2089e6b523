import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createQdrantStore } from '../../src/store/qdrant/qdrant-store.ts';
import type { Shard } from '../../src/store/vector-store.ts';
import { startQdrant } from '../store/qdrant/qdrant-server.ts';
import {
  type Acknowledged,
  countPoints,
  expectNoOlder,
  expectWritten,
  newest,
  SEGMENTS_PER_ITEM,
  until,
  WRITER_OPTIONS,
  writeGenerations,
} from './written-generations.ts';

const MAX_UP_MS = 1_500;
const MAX_AWAY_MS = 3_000;

/** Two shards are indexed side by side while the server is killed and started again; both runs go on by themselves. */
export async function indexWhileServerIsKilled({
  kills,
  report = () => {},
}: {
  kills: number;
  report?: (line: string) => void;
}): Promise<void> {
  const qdrant = await startQdrant();
  const shards: Shard[] = [1, 2].map((index) => ({ index, count: 2 }));
  const acknowledged: Acknowledged[] = shards.map(() => new Map());
  let isOver = false;
  try {
    const store = createQdrantStore({ url: qdrant.url, apiKey: null, prefix: 'test' });
    const writers = await Promise.all(
      shards.map((shard) => store.write('bundle', { ...WRITER_OPTIONS, shard })),
    );
    const edition = await store.open('bundle');
    const writing = Promise.all(
      writers.map((writer, i) =>
        writeGenerations(writer, {
          shard: shards[i],
          isOver: () => isOver,
          onWritten: (batch, generation) => acknowledged[i].set(batch, generation),
        }),
      ),
    );
    // Awaited below, and what fails before then ends the kills too.
    const failed = writing.then(() => new Promise<never>(() => {}));
    failed.catch(() => undefined);
    for (let kill = 1; kill <= kills; kill++) {
      const since = newest(acknowledged);
      await Promise.race([failed, until(() => newest(acknowledged) !== since)]);
      await sleep(Math.random() * MAX_UP_MS);
      await qdrant.kill();
      const before = acknowledged.map((written) => new Map(written));
      await sleep(Math.random() * MAX_AWAY_MS);
      await qdrant.restart();
      for (const [i, written] of before.entries()) await expectNoOlder(edition, written, shards[i]);
      report(`kill ${kill} of ${kills}: shards acknowledged up to generation ${newest(acknowledged)}`);
    }
    isOver = true;
    await writing;
    const ids: string[] = [];
    for (const [i, shard] of shards.entries()) {
      const keepIds = new Set(await expectWritten(edition, acknowledged[i], shard));
      expect(await writers[i].finish({ keepIds })).toEqual({ deleted: 0, isCurrent: i === 1 });
      await writers[i].close();
      ids.push(...keepIds);
    }
    expect(await countPoints(`${qdrant.url}/collections/test-music-bundle`)).toBe(
      ids.length * SEGMENTS_PER_ITEM,
    );
  } finally {
    isOver = true;
    await qdrant.close();
  }
}
