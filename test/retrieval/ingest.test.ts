import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFeatureCache } from '../../src/embedding/feature-cache.ts';
import type { Library, LibraryItem, ReadFailure } from '../../src/library/library.ts';
import type { MediaReader } from '../../src/media/media.ts';
import {
  IncompleteIndexError,
  type IngestOptions,
  type IngestTools,
  ingest,
} from '../../src/retrieval/ingest.ts';
import { BusyError, MediaError } from '../../src/shared/errors.ts';
import type { Edition, ItemEntry, VectorStore } from '../../src/store/vector-store.ts';
import { createFolder, createItem } from '../library/support.ts';
import {
  createFakeBackbone,
  createFakeReader,
  type FakeMedia,
  fakeMedia,
  RULE,
  SILENT_LOG,
} from './clip-fakes.ts';

const OPTIONS: IngestOptions = { shard: null, soundtracks: false, discardEdits: false, restore: false };
const DIMENSIONS = { ssl: 2, sup: 2 };
const UNREADABLE: ReadFailure = { id: 'x', path: '/x', code: 'CORRUPT_MEDIA', message: 'damaged' };

/** The fake reader, which finds no sound where there is none, as the real one does. */
function createReader(): MediaReader {
  const reader = createFakeReader();
  return {
    ...reader,
    async *readWaveform(path, request, signal) {
      const { audio } = await reader.probe(path);
      if (!audio) throw new MediaError('NO_AUDIO', 'The file holds no sound.');
      yield* reader.readWaveform(path, request, signal);
    },
  };
}

/** Editions as plain maps: what is asked here is what `ingest` tells a store, not what a store does. */
function createMapStore() {
  const editions = new Map<string, Map<string, ItemEntry>>();
  let currentId: string | null = null;
  const store = {
    currentBundleId: async () => currentId,
    open: async (bundleId: string) => ({
      retrieve: async (ids: string[]) => ids.map((id) => editions.get(bundleId)?.get(id)?.record ?? null),
      close: async () => {},
    }),
    async write(bundleId: string) {
      const edition = editions.get(bundleId) ?? new Map<string, ItemEntry>();
      editions.set(bundleId, edition);
      return {
        fingerprints: async () => new Map([...edition].map(([id, { fingerprint }]) => [id, fingerprint])),
        upsert: async (entries: ItemEntry[]) => {
          for (const entry of entries) edition.set(entry.record.id, entry);
        },
        finish: async ({ keepIds }: { keepIds: Set<string> }) => {
          const gone = [...edition.keys()].filter((id) => !keepIds.has(id));
          for (const id of gone) edition.delete(id);
          currentId = bundleId;
          return { deleted: gone.length, isCurrent: true };
        },
        close: async () => {},
      };
    },
  };
  return {
    store: store as unknown as VectorStore & { open(id: string): Promise<Edition> },
    currentId: () => currentId,
    read: (bundleId: string) => editions.get(bundleId) ?? new Map<string, ItemEntry>(),
  };
}

describe('ingest', () => {
  let folder: string;
  let library: Library;
  let map: ReturnType<typeof createMapStore>;

  const write = (name: string, media: FakeMedia) => writeFile(join(folder, name), fakeMedia(media));
  const itemOf = (id: string, values: Partial<LibraryItem> = {}) =>
    createItem({ id, path: join(folder, id), ...values });
  const run = (
    bundleId: string,
    of = library,
    options: Partial<IngestOptions> = {},
    tools: Partial<IngestTools> = {},
  ) =>
    ingest(
      of,
      { ...OPTIONS, ...options },
      {
        reader: createReader(),
        backbones: { MUSIC: createFakeBackbone('MUSIC'), VIDEO: createFakeBackbone('VIDEO') },
        cache: createFeatureCache({ directory: join(folder, 'features'), log: SILENT_LOG }),
        rule: RULE,
        embedder: { bundleId, dimensions: DIMENSIONS, project: projectOnes },
        store: map.store,
        ...tools,
      },
    );
  const projectOnes = async (_modality: unknown, features: readonly Float32Array[]) =>
    features.map(() => ({ ssl: Float32Array.of(1, 0), sup: null }));
  const idsIn = (bundleId: string) => [...map.read(bundleId).keys()].sort();

  beforeEach(async () => {
    folder = await createFolder({});
    map = createMapStore();
    library = { folder, items: ['a', 'b', 'c'].map((id) => itemOf(id)), attributes: [], unreadable: [] };
    for (const [index, id] of ['a', 'b', 'c'].entries())
      await write(id, { durationSeconds: 10 + index, audio: true });
  });

  it('keeps the old entries of files that fail, reports them and lets new broken files be', async () => {
    await run('one');
    await rm(join(folder, 'a'));
    await writeFile(join(folder, 'b'), 'no media');
    await writeFile(join(folder, 'new'), 'no media');
    const broken = { ...library, items: [...library.items, itemOf('new')] };
    const report = await run('one', broken);
    expect(report.failures.map(({ id, code }) => [id, code])).toEqual([
      ['a', 'UNREADABLE'],
      ['b', 'UNSUPPORTED_MEDIA'],
      ['new', 'UNSUPPORTED_MEDIA'],
    ]);
    expect(report).toMatchObject({ unchanged: 1, indexed: 0, deleted: 0, isCurrent: true });
    expect(idsIn('one')).toEqual(['a', 'b', 'c']);
    // A row that is not there any more is another thing.
    expect(await run('one', { ...library, items: library.items.slice(1) })).toMatchObject({ deleted: 1 });
  });

  it('keeps the old entry of a row that does not tell its kind any more, and of its soundtrack', async () => {
    await write('v', { durationSeconds: 10, audio: true, video: true });
    const video = itemOf('v', { modality: 'VIDEO' });
    await run('one', { ...library, items: [...library.items, video] }, { soundtracks: true });
    const unreadable = [{ ...UNREADABLE, id: 'v', path: video.path }];
    const report = await run('one', { ...library, unreadable }, { soundtracks: true });
    expect(report.failures).toEqual(unreadable);
    expect(idsIn('one')).toEqual(['a', 'b', 'c', 'v', 'v.sound']);
  });

  it('leaves a new edition back that lacks what is served, and goes on from it once that is mended', async () => {
    await run('one');
    await rm(join(folder, 'a'));
    const refused = run('two');
    await expect(refused).rejects.toThrow(IncompleteIndexError);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('1 of the tracks and videos that are served now'),
      failures: [{ id: 'a', code: 'UNREADABLE' }],
    });
    expect(map.currentId()).toBe('one');
    expect(idsIn('one')).toEqual(['a', 'b', 'c']);

    const lostRow = { ...library, items: library.items.slice(1), unreadable: [{ ...UNREADABLE, id: 'a' }] };
    await expect(run('two', lostRow)).rejects.toThrow(IncompleteIndexError);

    await write('a', { durationSeconds: 10, audio: true });
    expect(await run('two')).toMatchObject({ indexed: 1, unchanged: 2, isCurrent: true });
    expect(map.currentId()).toBe('two');
  });

  it('makes a new edition current though files fail that were not served', async () => {
    await run('one');
    await writeFile(join(folder, 'new'), 'no media');
    const grown = { ...library, items: [...library.items, itemOf('new')], unreadable: [UNREADABLE] };
    expect(await run('two', grown)).toMatchObject({ indexed: 3, failures: [{ id: 'x' }, { id: 'new' }] });
    expect(map.currentId()).toBe('two');
  });

  it('never makes an edition current of which nothing could be read', async () => {
    for (const id of ['a', 'b', 'c']) await rm(join(folder, id));
    await expect(run('one')).rejects.toThrow('Nothing of the library could be read');
    expect(map.currentId()).toBeNull();
    const rows = { ...library, items: [], unreadable: [UNREADABLE] };
    await expect(run('one', rows)).rejects.toMatchObject({ failures: [UNREADABLE] });
  });

  it.each(['EACCES', 'EIO', 'ENOENT', 'ENOSPC'])(
    'ends at a fault of the cache (%s): no file is broken',
    async (code) => {
      await run('one');
      const fault = Object.assign(new Error(`${code}: the cache's own`), { code, syscall: 'open' });
      const cache = { remember: () => Promise.reject(fault) };
      await expect(run('two', library, {}, { cache })).rejects.toBe(fault);
      expect(map.currentId()).toBe('one');
    },
  );

  it('ends at a fault of the program', async () => {
    const project = () => Promise.reject(new RangeError('wrong length'));
    await expect(
      run('one', library, {}, { embedder: { bundleId: 'one', dimensions: DIMENSIONS, project } }),
    ).rejects.toThrow(RangeError);
  });

  it('waits where the embedder is busy', async () => {
    let refusals = 5;
    const project: typeof projectOnes = async (modality, features) => {
      if (refusals-- > 0) throw new BusyError('Full.', 1);
      return projectOnes(modality, features);
    };
    const embedder = { bundleId: 'one', dimensions: DIMENSIONS, project };
    expect(await run('one', library, {}, { embedder })).toMatchObject({ indexed: 3, failures: [] });
  });

  it('pairs a video with its own soundtrack only where there is one', async () => {
    await write('loud', { durationSeconds: 10, audio: true, video: true });
    await write('mute', { durationSeconds: 11, video: true });
    const videos = ['loud', 'mute'].map((id) => itemOf(id, { modality: 'VIDEO' }));
    const withVideos = { ...library, items: videos };
    const report = await run('one', withVideos, { soundtracks: true });
    expect(report.failures).toEqual([]);
    const pairs = [...map.read('one').values()].map(({ record }) => [record.id, record.pairedWith]);
    expect(pairs.sort()).toEqual([
      ['loud', 'loud.sound'],
      ['loud.sound', null],
      ['mute', null],
    ]);
    // Its sound is taken out: the soundtrack goes, and is no failure.
    await write('loud', { durationSeconds: 12, video: true });
    expect(await run('one', withVideos, { soundtracks: true })).toMatchObject({ deleted: 1, failures: [] });
    expect(map.read('one').get('loud')?.record.pairedWith).toBeNull();
    expect(idsIn('one')).toEqual(['loud', 'mute']);
  });

  it('counts the soundtracks that are no tracks any more, whichever bundle held them', async () => {
    for (const id of ['v', 'w']) await write(id, { durationSeconds: 10, audio: true, video: true });
    const videos = ['v', 'w'].map((id) => itemOf(id, { modality: 'VIDEO' }));
    const withVideos = { ...library, items: [...library.items, ...videos] };
    expect(await run('one', withVideos)).toMatchObject({ droppedSoundtracks: 0 });
    for (const next of ['one', 'two']) {
      expect(await run('one', withVideos, { soundtracks: true })).toMatchObject({ droppedSoundtracks: 0 });
      expect(await run(next, withVideos)).toMatchObject({ droppedSoundtracks: 2 });
      expect(await run(next, withVideos)).toMatchObject({ droppedSoundtracks: 0 });
    }
  });
});
