import { writeSync } from 'node:fs';
import { copyStore } from '../../../src/retrieval/copy-store.ts';
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts';
import { createQdrantStore } from '../../../src/store/qdrant/qdrant-store.ts';

/** Copies an embedded store to a Qdrant, saying how many items it has copied so far, until it is killed. */
const [directory, url, prefix] = process.argv.slice(2);
const source = await createEmbeddedStore({ directory, threads: 1 });
const target = createQdrantStore({ url, apiKey: process.env.QDRANT_API_KEY ?? null, prefix });
await copyStore(source, target, {
  force: false,
  stage: (title, run) =>
    run((done) => {
      if (title === 'Copying tracks and videos') writeSync(1, `${done}\n`);
    }),
});
