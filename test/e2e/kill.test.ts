import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_RECIPE, planDemo } from '../../src/demo/demo-plan.ts';
import { synthesiseDemo } from '../../src/demo/synthesise-demo.ts';
import { IntegrityError } from '../../src/shared/errors.ts';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import type { Edition, ItemRecord, SegmentRecord, VectorStore } from '../../src/store/vector-store.ts';
import { postFile, send } from '../http/start-server.ts';
import { ffmpeg } from '../media/make-media.ts';
import { createWorkspace, readStageSeconds } from './support/control-mvr.ts';
import { ask, ranking, searchVideos, upload } from './support/requests.ts';
import { waitUntil } from './support/wait-until.ts';

const KILLS = 10;
const SERVER_KILLS = 3;
const RECIPE = {
  ...DEMO_RECIPE,
  genres: DEMO_RECIPE.genres.slice(0, 2),
  sourcesPerGenre: { train: 3, val: 0, test: 0 },
};
/** Each file stands for so many items, so that an index takes a while. */
const COPIES = 8;

/** An item with all that the store holds of it. */
interface Stored {
  record: Omit<ItemRecord, 'addedAt'>;
  addedAt: string;
  segments: SegmentRecord[] | null;
  peaks: Uint8Array | null;
  thumbnail: Uint8Array | null;
}

describe('kill -9', { timeout: 600_000 }, () => {
  const workspace = createWorkspace('kill');
  const library = join(workspace.dataDirectory, 'demo', 'many.csv');
  let bundleId: string;
  let reference: Map<string, Stored>;
  let indexSeconds: number;

  const index = (dataDirectory: string) =>
    workspace.spawn(['index', library], {
      DATA_DIR: dataDirectory,
      BUNDLE_DIR: join(workspace.dataDirectory, 'bundles'),
    });

  beforeAll(async () => {
    const { folder } = await synthesiseDemo(join(workspace.dataDirectory, 'demo'), {
      ffmpeg,
      recipe: RECIPE,
    });
    await multiply(join(folder, 'library.csv'), library);
    const trained = await workspace.run(['train', folder]);
    expect(trained.exitCode, trained.stderr).toBe(0);
    bundleId = (await readFile(join(workspace.dataDirectory, 'current-bundle'), 'utf8')).trim();

    const { exitCode, stderr } = await index(workspace.dataDirectory).finished;
    expect(exitCode, stderr).toBe(0);
    indexSeconds = readStageSeconds(stderr).Indexing;
    const store = await openStore(workspace.dataDirectory);
    reference = await readAll(store);
    await store.close();
    expect(reference.size).toBe(planDemo(RECIPE).length * 2 * COPIES);
  }, 600_000);
  afterAll(() => workspace.close());

  const openStore = (dataDirectory: string) =>
    createEmbeddedStore({ directory: join(dataDirectory, 'store'), threads: 1 });

  /** Everything that the bundle's edition holds; nothing before it is there. */
  async function readAll(store: VectorStore): Promise<Map<string, Stored>> {
    const edition = await store.open(bundleId).catch((error) => {
      if (error instanceof IntegrityError) return null;
      throw error;
    });
    if (edition === null) return new Map();
    const ids = [...(await listAll(edition, 'MUSIC')), ...(await listAll(edition, 'VIDEO'))];
    const records = await edition.retrieve(ids);
    const segments = (await edition.segments(ids)).map((item) => item?.segments ?? null);
    const items = await Promise.all(
      ids.map(async (id, at): Promise<[string, Stored]> => {
        const { addedAt = '', ...record } = records[at] ?? ({} as ItemRecord);
        const [peaks, thumbnail] = [await edition.peaks(id), await edition.thumbnail(id)];
        return [id, { record, addedAt, segments: segments[at], peaks, thumbnail }];
      }),
    );
    await edition.close();
    return new Map(items);
  }

  /** What is there is whole: equal to what one run without a fault made of it. */
  function expectWhole(items: Map<string, Stored>): void {
    for (const [id, { addedAt, ...item }] of items) {
      const { addedAt: _at, ...expected } = reference.get(id) ?? ({} as Stored);
      expect(addedAt).toMatch(/^\d{4}-/);
      expect(item, id).toEqual(expected);
    }
  }

  it(`in the middle of index keeps what was there and leaves nothing half done, ${KILLS} times over`, async () => {
    const sizes: number[] = [];
    for (let round = 0; sizes.length < KILLS; round++) {
      const dataDirectory = join(workspace.folder, `killed-${round}`);
      await shareFeatures(dataDirectory);
      const store = await openStore(dataDirectory);
      let acknowledged = new Map<string, Stored>();
      while (sizes.length < KILLS) {
        const kill = await killIndex(dataDirectory, store);
        if (kill === null) break;
        expectAllOf(acknowledged, kill.before);
        expectAllOf(kill.before, kill.after);
        expectWhole(kill.after);
        if (kill.after.size < reference.size) expect(await store.currentBundleId()).toBeNull();
        acknowledged = kill.after;
        sizes.push(acknowledged.size);
      }
      const { exitCode, stderr } = await index(dataDirectory).finished;
      expect(exitCode, stderr).toBe(0);
      const [, unchanged] = /unchanged (\d+)/.exec(stderr) ?? [];
      expect(Number(unchanged)).toBeGreaterThanOrEqual(acknowledged.size);
      const finished = await readAll(store);
      expectAllOf(acknowledged, finished);
      expectWhole(finished);
      expect([...finished.keys()]).toEqual([...reference.keys()]);
      expect(await store.currentBundleId()).toBe(bundleId);
      await store.close();
    }
    console.log(`Items there after each of ${sizes.length} kills, of ${reference.size}: ${sizes.join(', ')}`);
    expect(sizes.some((size) => size > 0 && size < reference.size)).toBe(true);
  });

  /** Kills an index at a random moment: what another process saw before and after. Null where it ended first. */
  async function killIndex(dataDirectory: string, store: VectorStore) {
    const run = index(dataDirectory);
    await waitUntil(() => run.child.exitCode !== null || run.stderr().includes('❯ Indexing'));
    await Promise.race([run.finished, sleep(Math.random() * 0.4 * indexSeconds * 1_000)]);
    const before = await readAll(store);
    await run.kill();
    if (run.child.signalCode === 'SIGKILL') return { before, after: await readAll(store) };
    const { exitCode, stderr } = await run.finished;
    expect(exitCode, stderr).toBe(0);
    return null;
  }

  it(`in the middle of uploads loses no clip that was acknowledged, ${SERVER_KILLS} times over`, async () => {
    const video = await readFile(join(workspace.dataDirectory, 'demo', 'videos', 'video-001.mp4'));
    const filesLeft = async () =>
      (await readdir(join(workspace.dataDirectory, 'uploads'), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name);
    const readyIds: string[] = [];
    const begunIds: string[] = [];
    for (let kills = 0; kills < SERVER_KILLS; kills++) {
      const server = await workspace.serve();
      readyIds.push((await upload(server.url, video)).id);
      const half = request(`${server.url}/clips`, { method: 'POST', agent: false });
      half.on('error', () => {});
      half.write(video.subarray(0, video.length / 2));
      await waitUntil(async () => (await filesLeft()).length > 0);
      const begun = await send(server.url, { ...postFile(video), path: '/clips?waitSeconds=0' });
      begunIds.push(begun.json.id);
      await server.kill();
    }
    const { url, stop } = await workspace.serve();
    expect(await filesLeft()).toEqual([]);
    for (const id of readyIds) {
      expect(
        ranking(await searchVideos(url, { query: { media: { id, by: 'VIDEO' } }, alpha: 0 }))[0],
      ).toMatch(/^video-001\./);
    }
    for (const id of begunIds) {
      const readState = async () =>
        (await ask(url, 'query ($id: ID!) { clip(id: $id) { status failure { code } } }', { id })).clip;
      await waitUntil(async () => (await readState()).status !== 'PROCESSING');
      expect([
        { status: 'READY', failure: null },
        { status: 'FAILED', failure: { code: 'INTERRUPTED' } },
      ]).toContainEqual(await readState());
    }
    expect((await stop()).exitCode).toBe(0);
  });

  /** The features and the current bundle, so that a killed run is about the store alone. */
  async function shareFeatures(dataDirectory: string): Promise<void> {
    await mkdir(dataDirectory);
    for (const name of ['features', 'backbones', 'current-bundle']) {
      await cp(join(workspace.dataDirectory, name), join(dataDirectory, name), { recursive: true });
    }
  }
});

async function listAll(edition: Edition, modality: 'MUSIC' | 'VIDEO'): Promise<string[]> {
  const { itemIds, hasNextPage } = await edition.list({
    modality,
    filter: null,
    excludeIds: [],
    first: 10_000,
    after: null,
  });
  expect(hasNextPage).toBe(false);
  return itemIds;
}

/** Nothing that was there is missing, and none of it was made anew. */
function expectAllOf(earlier: Map<string, Stored>, later: Map<string, Stored>): void {
  const missing = [...earlier].filter(([id, { addedAt }]) => later.get(id)?.addedAt !== addedAt);
  expect(missing.map(([id]) => id)).toEqual([]);
}

/** Writes a library that holds every row several times, under other ids. */
async function multiply(from: string, to: string): Promise<void> {
  const [header, ...rows] = (await readFile(from, 'utf8')).trim().split(/\r?\n/);
  const copies = rows.flatMap((row) =>
    Array.from({ length: COPIES }, (_, copy) => row.replaceAll(/\b((track|video)-\d+)(?=,)/g, `$1.${copy}`)),
  );
  await writeFile(to, `${[header, ...copies].join('\n')}\n`);
}
