import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createQdrantStore, type QdrantStoreOptions } from '../../src/store/qdrant/qdrant-store.ts';
import { startCluster, TWO_REPLICAS } from './cluster.ts';
import { expectAllOf, fill } from './new-bundle.ts';
import { until } from './written-generations.ts';

const BUNDLES = ['old', 'new', 'newer', 'newest'];
const PATIENCE_MS = 5 * 60_000;

/**
 * In a cluster of three nodes with several replicas of each shard, a run over a new bundle begins while a node is away,
 * each of the three in turn. It ends without a node that has no replica of `<prefix>-meta`; without one that has, it may
 * wait until that is back, and no sooner is the bundle before it replaced. Searches go on.
 */
export async function beginWithoutNode({
  awayMs,
  layout = TWO_REPLICAS,
  report = () => {},
}: {
  awayMs: number;
  layout?: QdrantStoreOptions['layout'];
  report?: (line: string) => void;
}): Promise<void> {
  const cluster = await startCluster();
  let isOver = false;
  try {
    const store = createQdrantStore({
      url: cluster.url,
      apiKey: null,
      prefix: 'test',
      layout,
      patienceMs: PATIENCE_MS,
    });
    await fill(store, BUNDLES[0]);
    await cluster.untilWhole();
    let searches = 0;
    const searching = (async () => {
      while (!isOver) {
        const bundleId = await store.currentBundleId();
        await expectAllOf(await store.open(bundleId as string));
        searches++;
      }
    })();
    const failed = searching.then(() => new Promise<never>(() => {}));
    failed.catch(() => undefined);

    for (const [i, node] of cluster.nodes.entries()) {
      const [before, after] = BUNDLES.slice(i, i + 2);
      const hasMeta = await holdsShard(`${node.url}/collections/test-meta/cluster`);
      await node.kill();
      const killedMs = performance.now();
      const seconds = () => Math.round((performance.now() - killedMs) / 1000);
      const searchesBefore = searches;
      let endedAfter: number | null = null;
      const run = fill(store, after).then(() => {
        endedAfter = seconds();
      });
      run.catch(() => undefined);
      await Promise.race([failed, run, ...(hasMeta ? [sleep(awayMs)] : [])]);
      const shown = await store.currentBundleId();
      expect(endedAfter === null ? [before, after] : [after]).toContain(shown);
      await Promise.race([failed, until(() => searches > searchesBefore + 1)]);
      const searchesAway = searches - searchesBefore;
      const isWaiting = endedAfter === null;
      await node.restart();
      await Promise.race([failed, run]);
      report(
        `without node ${i + 1}, which has ${hasMeta ? 'a' : 'no'} replica of meta: ${searchesAway} searches, the ` +
          `run ${isWaiting ? `waited for it and ` : ''}ended after ${endedAfter} s`,
      );
      await cluster.untilWhole();
      expect(await store.currentBundleId()).toBe(after);
      await expectAllOf(await store.open(after));
    }
    isOver = true;
    await searching;
  } finally {
    isOver = true;
    await cluster.close();
  }
}

async function holdsShard(collectionUrl: string): Promise<boolean> {
  const { result } = (await (await fetch(collectionUrl)).json()) as { result: { local_shards: unknown[] } };
  return result.local_shards.length > 0;
}
