import { writeSync } from 'node:fs';
import { createQdrantStore } from '../../src/store/qdrant/qdrant-store.ts';
import { WRITER_OPTIONS, writeGenerations } from './written-generations.ts';

/** Writes one shard's part of batch after batch, saying of each when it is acknowledged, until it is killed. */
const [url, bundleId, index, count, firstGeneration] = process.argv.slice(2);
const shard = { index: Number(index), count: Number(count) };
const store = createQdrantStore({ url, apiKey: null, prefix: 'test' });
const writer = await store.write(bundleId, { ...WRITER_OPTIONS, shard });
await writeGenerations(writer, {
  shard,
  firstGeneration: Number(firstGeneration),
  isOver: () => false,
  onWritten: (batch, generation) => writeSync(1, `${batch} ${generation}\n`),
});
