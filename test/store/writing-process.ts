import { writeSync } from 'node:fs';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { batchEntries, DIMENSIONS } from './generations.ts';

/** Writes batch after batch, saying of each when it is acknowledged, until it is killed. */
const [directory, bundleId, firstGeneration] = process.argv.slice(2);
const store = await createEmbeddedStore({ directory, threads: 1 });
const writer = await store.write(bundleId, {
  dimensions: DIMENSIONS,
  attributes: [],
  shard: null,
  discardEdits: false,
  restore: false,
});
for (let generation = Number(firstGeneration); ; generation++) {
  const { batch, entries } = batchEntries(generation);
  await writer.upsert(entries);
  writeSync(1, `${batch} ${generation}\n`);
}
