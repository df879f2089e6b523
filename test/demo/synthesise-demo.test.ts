import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoRecipe, planDemo } from '../../src/demo/demo-plan.ts';
import { DEMO_GENRES } from '../../src/demo/genres.ts';
import { synthesiseDemo } from '../../src/demo/synthesise-demo.ts';
import { hashFile } from '../../src/library/content-hash.ts';
import { pairsOf } from '../../src/library/pairs.ts';
import { readLibrary } from '../../src/library/read-library.ts';
import { scanFolder } from '../../src/library/scan-folder.ts';
import { assignSplits } from '../../src/library/split.ts';
import { locateFfmpeg } from '../../src/media/ffmpeg.ts';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { UsageError } from '../../src/shared/errors.ts';

const paths = { ffmpegPath: null, ffprobePath: null };
const { ffmpeg } = locateFfmpeg(paths);
const reader = createMediaReader({
  ...paths,
  limits: { maxDurationSeconds: 60, maxFrameSidePixels: 1024, timeoutMs: 30_000, memoryBytes: 2 ** 31 },
});
const recipe: DemoRecipe = {
  seed: 3,
  genres: [DEMO_GENRES[3]],
  sourcesPerGenre: { train: 1, val: 0, test: 1 },
};

let parent: string;
let directory: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'demo-'));
  directory = join(parent, 'demo');
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function hashesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const hashes: Record<string, string> = {};
  for (const name of names) {
    if ((await stat(join(folder, name))).isFile()) hashes[name] = await hashFile(join(folder, name));
  }
  return hashes;
}

describe('synthesiseDemo', () => {
  it('goes on after an interruption and makes a library of playable media', async () => {
    const stop = new AbortController();
    const interrupted = synthesiseDemo(directory, {
      ffmpeg,
      recipe,
      signal: stop.signal,
      onProgress: (done) => done === 1 && stop.abort(new Error('interrupted')),
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect((await readdir(directory)).sort()).toEqual(['music', 'recipe.json', 'videos']);
    const first = await hashesOf(directory);

    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    expect(await synthesiseDemo(directory, { ffmpeg, recipe, onProgress })).toEqual({ folder: directory });
    expect(progress[0]).toBeGreaterThanOrEqual(1);
    expect(progress.at(-1)).toBe(4);
    expect(await hashesOf(directory)).toMatchObject(first);

    const library = await readLibrary(directory, reader.probe);
    const hashes = new Map<string, string>();
    for (const item of library.items) hashes.set(item.id, await hashFile(item.path));
    expect(new Set(hashes.values()).size).toBe(8);
    const splits = assignSplits(library.items, hashes);
    expect([...splits.values()].map(({ split }) => split).sort()).toEqual([
      ...Array(4).fill('test'),
      ...Array(4).fill('train'),
    ]);
    for (const { video, music } of pairsOf(library)) {
      const planned = planDemo(recipe).find(({ videoId }) => videoId === video.id);
      const pictures = await reader.probe(video.path);
      expect(pictures.video).toMatchObject({
        codec: 'h264',
        widthPixels: 320,
        heightPixels: 180,
        framesPerSecond: 24,
      });
      expect(pictures.audio !== null).toBe(planned?.hasSoundtrack);
      expect(pictures.durationSeconds).toBeCloseTo(10, 0);
      const sound = await reader.probe(music.path);
      expect(sound).toMatchObject({ video: null, audio: { channels: 2, sampleRateHz: 48_000 } });
      expect(sound.durationSeconds).toBeCloseTo(10, 0);
      expect(music).toMatchObject({ id: planned?.trackId, artist: planned?.artist });
    }
  });

  it('leaves what is whole alone and makes what is missing to the same bytes', async () => {
    const before = await hashesOf(directory);
    const written = (await stat(join(directory, 'library.csv'))).mtimeMs;
    await synthesiseDemo(directory, { ffmpeg, recipe, onProgress: () => expect.unreachable() });
    expect((await stat(join(directory, 'library.csv'))).mtimeMs).toBe(written);
    await rm(join(directory, 'videos/video-002.mp4'));
    await synthesiseDemo(directory, { ffmpeg, recipe });
    expect(await hashesOf(directory)).toEqual(before);
  });

  it('makes media that scan knows by content and tags', async () => {
    const { items } = await readLibrary(directory, reader.probe);
    const folder = await mkdtemp(join(parent, 'scan-'));
    for (const [name, id] of [
      ['music', 'track-002'],
      ['videos', 'video-002'],
    ]) {
      await mkdir(join(folder, name));
      // Names without an extension: nothing but the content tells what they are.
      await copyFile(items.find((item) => item.id === id)?.path ?? '', join(folder, name, 'a'));
    }
    const { library, unreadable } = await scanFolder(folder, { force: false, probe: reader.probe });
    expect(unreadable).toEqual([]);
    const planned = planDemo(recipe)[1];
    const [track, video] = library.items;
    expect(track).toMatchObject({ modality: 'MUSIC', title: planned.trackTitle, artist: planned.artist });
    expect(video).toMatchObject({ modality: 'VIDEO', title: planned.videoTitle, pairedWith: track.id });
  });

  it('refuses a folder that holds something else', async () => {
    const other = await mkdtemp(join(parent, 'other-'));
    await writeFile(join(other, 'thesis.txt'), 'mine');
    await expect(synthesiseDemo(other, { ffmpeg, recipe })).rejects.toThrow(UsageError);
    expect(await readdir(other)).toEqual(['thesis.txt']);
  });

  it('fails with what ffmpeg said and leaves no unfinished file', async () => {
    const failing = join(parent, 'failing');
    await expect(synthesiseDemo(failing, { ffmpeg: '/nowhere/ffmpeg', recipe })).rejects.toThrow(UsageError);
    expect((await readdir(failing)).sort()).toEqual(['music', 'recipe.json', 'videos']);
  });
});
