import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createQdrantStore } from '../../src/store/qdrant/qdrant-store.ts';
import type { Shard } from '../../src/store/vector-store.ts';
import { startQdrant } from '../store/qdrant/qdrant-server.ts';
import {
  type Acknowledged,
  countPoints,
  expectWritten,
  newest,
  SEGMENTS_PER_ITEM,
  WRITER_OPTIONS,
} from './written-generations.ts';

const MAX_UP_MS = 1_000;

/** Two processes that each index a shard are killed again and again; those that follow them go on at once. */
export async function killWriters({
  kills,
  report = () => {},
}: {
  kills: number;
  report?: (line: string) => void;
}): Promise<void> {
  const qdrant = await startQdrant();
  try {
    const store = createQdrantStore({ url: qdrant.url, apiKey: null, prefix: 'test', gracePeriodMs: 0 });
    const shards: Shard[] = [1, 2].map((index) => ({ index, count: 2 }));
    const acknowledged: Acknowledged[] = shards.map(() => new Map());
    for (let kill = 1; kill <= kills; kill++) {
      await Promise.all(shards.map((shard, i) => writeUntilKilled(qdrant.url, shard, acknowledged[i])));
      const edition = await store.open('bundle');
      for (const [i, shard] of shards.entries()) await expectWritten(edition, acknowledged[i], shard);
      report(`kill ${kill} of ${kills}: shards acknowledged up to generation ${newest(acknowledged)}`);
    }
    // A run over the whole library tidies up after both.
    const writer = await store.write('bundle', WRITER_OPTIONS);
    const ids = [...(await writer.fingerprints()).keys()];
    expect(await writer.finish({ keepIds: new Set(ids) })).toEqual({ deleted: 0, isCurrent: true });
    await writer.close();
    expect(await countPoints(`${qdrant.url}/collections/test-music-bundle`)).toBe(
      ids.length * SEGMENTS_PER_ITEM,
    );
  } finally {
    await qdrant.close();
  }
}

/** It is killed at a random moment after the first batch that it acknowledges. */
async function writeUntilKilled(
  url: string,
  { index, count }: Shard,
  acknowledged: Acknowledged,
): Promise<void> {
  const firstGeneration = Math.max(-1, ...acknowledged.values()) + 1;
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'writing-process.ts'),
      url,
      'bundle',
      ...[index, count, firstGeneration].map(String),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [batch, generation] = line.split(' ').map(Number);
    acknowledged.set(batch, generation);
  });
  await Promise.race([once(lines, 'line'), ended]);
  await sleep(Math.random() * MAX_UP_MS);
  child.kill('SIGKILL');
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
}
