import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createQdrantStore, type QdrantStoreOptions } from '../../src/store/qdrant/qdrant-store.ts';
import type { Edition, VectorStore } from '../../src/store/vector-store.ts';
import { idsOfBatch } from '../store/generations.ts';
import { startCluster, TWO_REPLICAS } from './cluster.ts';
import {
  type Acknowledged,
  EVERYTHING,
  expectNoOlder,
  expectWritten,
  newest,
  until,
  WRITER_OPTIONS,
  writeGenerations,
} from './written-generations.ts';

const CALLERS = 3;
const PAUSE_MS = 100;
const [EDITED_ID] = idsOfBatch(0);

/**
 * In a cluster of three nodes with several replicas of each shard, one node after the other dies under a load of
 * searches and writes and comes back: searches, edits and uploads go on, and what was acknowledged is there while it is
 * away and afterwards.
 */
export async function loseNodes({
  deaths,
  awayMs,
  layout = TWO_REPLICAS,
  report = () => {},
}: {
  deaths: number;
  awayMs: number;
  layout?: QdrantStoreOptions['layout'];
  report?: (line: string) => void;
}): Promise<void> {
  const cluster = await startCluster();
  const acknowledged: Acknowledged = new Map();
  let isOver = false;
  try {
    const store = createQdrantStore({ url: cluster.url, apiKey: null, prefix: 'test', layout });
    const writer = await store.write('bundle', WRITER_OPTIONS);
    const edition = await store.open('bundle');
    const searches = { done: 0 };
    const edits = { done: 0 };
    const load = Promise.all([
      writeGenerations(writer, {
        isOver: () => isOver,
        onWritten: (batch, generation) => acknowledged.set(batch, generation),
      }),
      ...Array.from({ length: CALLERS }, async () => {
        while (!isOver) {
          const itemCount = acknowledged.size * idsOfBatch(0).length;
          const [{ hits }] = await edition.search([EVERYTHING]);
          expect(hits.length).toBeGreaterThanOrEqual(itemCount);
          expect(new Set(hits.map(({ itemId }) => itemId)).size).toBe(hits.length);
          searches.done++;
        }
      }),
      (async () => {
        while (!isOver) {
          if (acknowledged.has(0)) await serveOnce(store, edition, edits);
          await sleep(PAUSE_MS);
        }
      })(),
    ]);
    // Awaited below, and what fails before then ends the deaths too.
    const failed = load.then(() => new Promise<never>(() => {}));
    failed.catch(() => undefined);

    for (let death = 0; death < deaths; death++) {
      const node = cluster.nodes[death % cluster.nodes.length];
      await Promise.race([failed, until(() => acknowledged.size > 0 && edits.done > 0)]);
      await node.kill();
      const before = { written: new Map(acknowledged), searches: searches.done, edits: edits.done };
      await Promise.race([failed, sleep(awayMs)]);
      // Slow, but on: the searches that wait for the lost node's answer are sent again.
      await Promise.race([failed, until(() => searches.done > before.searches && edits.done > before.edits)]);
      await expectNoOlder(edition, before.written);
      report(
        `death ${death + 1} of ${deaths}: meanwhile ${searches.done - before.searches} searches and ` +
          `${edits.done - before.edits} edits, and writes from generation ${newest([before.written])} to ${newest([acknowledged])}`,
      );
      await node.restart();
      await cluster.untilWhole();
    }
    isOver = true;
    await load;

    const keepIds = new Set(await expectWritten(edition, acknowledged));
    await writer.finish({ keepIds });
    await writer.close();
    for (const [i, node] of cluster.nodes.entries()) {
      await node.kill();
      expect(await store.currentBundleId()).toBe('bundle');
      await expectWritten(await store.open('bundle'), acknowledged);
      const [record] = await edition.retrieve([EDITED_ID]);
      expect(Number(record?.artist)).toBeGreaterThanOrEqual(edits.done);
      await node.restart();
      await cluster.untilWhole();
      report(`all of it is there without node ${i + 1}`);
    }
  } finally {
    isOver = true;
    await cluster.close();
  }
}

/** What else a server does all the time, and what users do. */
async function serveOnce(store: VectorStore, edition: Edition, edits: { done: number }): Promise<void> {
  await store.currentBundleId();
  await edition.search([{ ...EVERYTHING, scoring: 'BLENDED' }]);
  const clip = {
    id: `clip_${edits.done}`,
    state: { status: 'READY' as const },
    durationSeconds: 1,
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    features: [],
  };
  await store.clips.put(clip);
  expect(await store.clips.get([clip.id])).toEqual([clip]);
  await store.updateItem(edition.bundleId, EDITED_ID, { artist: String(edits.done + 1) });
  edits.done++;
}
