import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import type { Inference } from '../src/backbone/inference-client.ts';
import { loadConfig } from '../src/config/config.ts';
import { createServices, type Services } from '../src/services.ts';
import type { Edition, VectorStore } from '../src/store/vector-store.ts';
import { toWav } from './media/make-media.ts';
import { createFakeReader, fakeMedia } from './retrieval/clip-fakes.ts';
import { createEntries, DIMENSION } from './support/api.ts';
import { fillStore } from './support/fill-store.ts';
import { writeRandomBundle } from './support/random-bundle.ts';

/** The API over real workers and a small store, each of which can be made to fail. */
describe('The API', () => {
  let directory: string;
  let services: Services;
  let bundleId: string;
  let api: Api;
  /** Head graphs: how many were asked for, and how many of them are open. */
  let graphs: { asked: number; open: number };
  let openEdition: (open: () => Promise<Edition>) => Promise<Edition>;
  let openGraph: (open: Inference['open']) => Inference['open'];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-api-'));
    services = createServices(loadConfig({ DATA_DIR: directory, DEVICE: 'cpu', LOG_LEVEL: 'silent' }));
    const store = await services.openStore();
    bundleId = await writeRandomBundle(services, DIMENSION);
    const entries = createEntries(1);
    await fillStore(store, bundleId, entries);

    graphs = { asked: 0, open: 0 };
    openEdition = (open) => open();
    openGraph = (open) => open;
    const faultyStore: VectorStore = { ...store, open: (id) => openEdition(() => store.open(id)) };
    const inference: Inference = {
      ...services.inference,
      async open(...file) {
        graphs.asked++;
        const graph = await openGraph(services.inference.open)(...file);
        graphs.open++;
        const close = async () => {
          graphs.open--;
          await graph.close();
        };
        return { ...graph, close };
      },
    };
    api = await createApi({
      ...services,
      inference,
      openStore: async () => faultyStore,
      clipReader: createFakeReader(),
    });
    expect(graphs).toEqual({ asked: 2, open: 2 });
  });
  afterEach(async () => {
    await api.close();
    await services.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Makes what is served another bundle than the current one. */
  const startSwap = () => void Object.assign(api.live.current().manifest, { id: 'f'.repeat(64) });
  const endSwap = () => void Object.assign(api.live.current().manifest, { id: bundleId });

  it.each<[string, () => void]>([
    [
      'edition',
      () => {
        openEdition = () => Promise.reject(new Error('A worker ended with code 1.'));
      },
    ],
    [
      'second head',
      () => {
        openGraph = (open) => (graphs.asked % 2 === 0 ? async () => Promise.reject(new Error('No.')) : open);
      },
    ],
  ])('leaves nothing open of a bundle whose %s cannot be opened, and serves on', async (_title, fail) => {
    fail();
    startSwap();
    await expect.poll(() => graphs.asked, { timeout: 20_000 }).toBeGreaterThanOrEqual(6); // tried twice
    expect(await api.notReadyReasons()).toHaveLength(1);
    endSwap();
    await expect.poll(() => graphs.open, { timeout: 20_000 }).toBe(2);
    expect(await api.live.current().edition.counts()).toMatchObject({ tracks: 40, videos: 20 });
  });

  it('closes the heads of a bundle whose edition cannot be closed', async () => {
    openEdition = async (open) => {
      const edition = await open();
      const close = async () => {
        await edition.close();
        throw new Error('The edition was closed.');
      };
      return { ...edition, close };
    };
    const old = api.live.current();
    startSwap();
    await expect.poll(() => api.live.current() !== old, { timeout: 20_000 }).toBe(true);
    expect(graphs.open).toBe(4);
    await expect(api.close()).rejects.toThrow('The edition was closed.');
    expect(graphs.open).toBe(0);
  });

  it('reads uploads within limits of their own', async () => {
    const path = join(directory, 'long.wav');
    const tenMinutes = services.config.limits.maxClipSeconds;
    await writeFile(
      path,
      toWav({ sampleRateHz: 1_000, channels: [new Float32Array((tenMinutes + 1) * 1_000)] }),
    );
    await expect(services.clipReader.probe(path)).rejects.toMatchObject({ code: 'TOO_LONG' });
    expect((await services.reader.probe(path)).durationSeconds).toBe(tenMinutes + 1);
  });

  it('deletes a clip in work with its file, over GraphQL', async () => {
    const media = fakeMedia({ durationSeconds: 20, video: true, msPerSegment: 60_000 });
    const clip = await api.clips.accept(Readable.from([Buffer.from(media)]));
    const filesLeft = async () => {
      const entries = await readdir(services.config.directories.uploads, {
        recursive: true,
        withFileTypes: true,
      });
      return entries.filter((entry) => entry.isFile());
    };
    expect(await filesLeft()).toHaveLength(1);
    const { body } = await api.graphqlServer.executeOperation(
      { query: 'mutation ($id: ID!) { deleteClip(id: $id) { deletedClipId } }', variables: { id: clip.id } },
      { contextValue: api.createContext({}) },
    );
    expect(body).toMatchObject({ singleResult: { data: { deleteClip: { deletedClipId: clip.id } } } });
    expect(await filesLeft()).toEqual([]);
    expect(await api.clips.waitFor(clip.id, 0)).toBeNull();
  });
});
