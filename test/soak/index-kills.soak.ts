import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_RECIPE } from '../../src/demo/demo-plan.ts';
import { synthesiseDemo } from '../../src/demo/synthesise-demo.ts';
import { MODALITIES } from '../../src/media/media.ts';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { createQdrantStore } from '../../src/store/qdrant/qdrant-store.ts';
import type { VectorStore } from '../../src/store/vector-store.ts';
import { createWorkspace, type Running } from '../e2e/support/control-mvr.ts';
import { waitUntil } from '../e2e/support/wait-until.ts';
import { ffmpeg } from '../media/make-media.ts';
import { type StartedQdrant, startQdrant } from '../store/qdrant/qdrant-server.ts';
import { countPoints } from './written-generations.ts';

const KILLS = 10;
const MAX_UP_MS = 1_500;
const SHARDS = ['1/2', '2/2'];
const RECIPE = {
  ...DEMO_RECIPE,
  genres: DEMO_RECIPE.genres.slice(0, 2),
  sourcesPerGenre: { train: 3, val: 0, test: 0 },
};
/** Each file stands for so many items, so that an index takes a while. */
const COPIES = 8;

describe('kill -9 of `index --shard 1/2` and `--shard 2/2`, side by side, with STORE=qdrant', () => {
  const workspace = createWorkspace('soak');
  const library = join(workspace.dataDirectory, 'demo', 'many.csv');
  let qdrant: StartedQdrant;
  let bundleId: string;

  beforeAll(async () => {
    qdrant = await startQdrant();
    const { folder } = await synthesiseDemo(join(workspace.dataDirectory, 'demo'), {
      ffmpeg,
      recipe: RECIPE,
    });
    await multiply(join(folder, 'library.csv'), library);
    const trained = await workspace.run(['train', folder]);
    expect(trained.exitCode, trained.stderr).toBe(0);
    bundleId = (await readFile(join(workspace.dataDirectory, 'current-bundle'), 'utf8')).trim();
    const indexed = await workspace.run(['index', library]);
    expect(indexed.exitCode, indexed.stderr).toBe(0);
  }, 30 * 60_000);
  afterAll(async () => {
    await workspace.close();
    await qdrant.close();
  });

  const start = (shard: string) =>
    workspace.spawn(['index', library, '--shard', shard], { STORE: 'qdrant', QDRANT_URL: qdrant.url });

  it(`${KILLS} times, leaves the store with what one run without a fault makes, and serves it only then`, async () => {
    const store = createQdrantStore({ url: qdrant.url, apiKey: null, prefix: 'control-mvr' });
    const reference = await createEmbeddedStore({
      directory: join(workspace.dataDirectory, 'store'),
      threads: 1,
    });
    const { tracks, videos } = await (await reference.open(bundleId)).counts();
    const countItems = () => countPoints(`${qdrant.url}/collections/control-mvr-items`);
    const counts: number[] = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      const least = Math.floor(((kill - 1) / KILLS) * (tracks + videos));
      const isFarEnough = async () => (await countItems()) >= least;
      await Promise.all(SHARDS.map((shard) => killAtRandom(start(shard), isFarEnough)));
      counts.push(await countItems());
      process.stdout.write(
        `  kill ${kill} of ${KILLS}: ${counts.at(-1)} of ${tracks + videos} items are there\n`,
      );
    }
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    const runs = await Promise.all(SHARDS.map((shard) => start(shard).finished));
    for (const { exitCode, stderr } of runs) expect(exitCode, stderr).toBe(0);
    expect(await store.currentBundleId()).toBe(bundleId);
    expect(await readAll(store)).toEqual(await readAll(reference));
    await reference.close();
  });

  /** All that is there, less when it was first indexed. */
  async function readAll(store: VectorStore) {
    const edition = await store.open(bundleId);
    const lists = await Promise.all(
      MODALITIES.map((modality) =>
        edition.list({ modality, filter: null, excludeIds: [], first: 10_000, after: null }),
      ),
    );
    const itemIds = lists.flatMap((list) => list.itemIds);
    const records = (await edition.retrieve(itemIds)).map((record) => ({ ...record, addedAt: null }));
    const segments = (await edition.segments(itemIds)).map((item) => item?.segments);
    const previews = await Promise.all(
      itemIds.map(async (id) => [await edition.peaks(id), await edition.thumbnail(id)]),
    );
    return { records, segments, previews };
  }
});

/** At a random moment of its indexing, once it is far enough; it may have ended before. */
async function killAtRandom(run: Running, isFarEnough: () => Promise<boolean>): Promise<void> {
  const isIndexing = () => run.stderr().includes('❯ Indexing');
  await waitUntil(async () => run.child.exitCode !== null || (isIndexing() && (await isFarEnough())));
  await Promise.race([run.finished, sleep(Math.random() * MAX_UP_MS)]);
  if (run.child.exitCode === null) await run.kill();
  else expect(run.child.exitCode, run.stderr()).toBe(0);
}

/** Writes a library that holds every row several times, under other ids. */
async function multiply(from: string, to: string): Promise<void> {
  const [header, ...rows] = (await readFile(from, 'utf8')).trim().split(/\r?\n/);
  const copies = rows.flatMap((row) =>
    Array.from({ length: COPIES }, (_, copy) => row.replaceAll(/\b((track|video)-\d+)(?=,)/g, `$1.${copy}`)),
  );
  await writeFile(to, `${[header, ...copies].join('\n')}\n`);
}
