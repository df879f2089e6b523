import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIBRARY_FILE_NAME } from '../library/csv-columns.ts';
import type { LibraryItem } from '../library/library.ts';
import { type WritableLibrary, writeLibrary } from '../library/write-library.ts';
import { UsageError } from '../shared/errors.ts';
import { isProcessRunning } from '../shared/process.ts';
import { createWorkerClient } from '../shared/worker-client.ts';
import { DEMO_RECIPE, type DemoPair, type DemoRecipe, planDemo } from './demo-plan.ts';
import { encodePair, genresOf } from './encode-pair.ts';
import type { RenderHandlers } from './render-worker.ts';

export interface SynthesiseOptions {
  /** Path of ffmpeg. */
  ffmpeg: string;
  signal?: AbortSignal;
  onProgress?: (donePairs: number, totalPairs: number) => void;
  recipe?: DemoRecipe;
}

/** Says what a folder was made from. Raise the version when the same recipe gives other files. */
const RECIPE_FILE_NAME = 'recipe.json';
const RECIPE_VERSION = 1;
const UNFINISHED_PREFIX = '.unfinished-';
const CONCURRENCY = 2;

/**
 * Makes the demo library: rendered by worker threads, encoded by ffmpeg, two pairs at a time. An interrupted run goes
 * on where it was: every file appears whole, and `library.csv` last. A folder made from another recipe is made anew.
 *
 * @throws UsageError where the folder holds something that is no demo
 */
export async function synthesiseDemo(
  directory: string,
  { ffmpeg, signal, onProgress, recipe = DEMO_RECIPE }: SynthesiseOptions,
): Promise<{ folder: string }> {
  await prepareFolder(directory, recipe);
  const pairs = planDemo(recipe);
  const missing = await findMissing(directory, pairs);
  if (missing.length > 0) {
    const done = pairs.length - missing.length;
    onProgress?.(done, pairs.length);
    await makePairs(directory, missing, ffmpeg, signal, (made) => onProgress?.(done + made, pairs.length));
  }
  if (!(await exists(join(directory, LIBRARY_FILE_NAME)))) await writeLibrary(toLibrary(directory, pairs));
  return { folder: directory };
}

async function prepareFolder(directory: string, recipe: DemoRecipe): Promise<void> {
  await mkdir(directory, { recursive: true });
  const recipeFile = join(directory, RECIPE_FILE_NAME);
  const wanted = `${JSON.stringify({ version: RECIPE_VERSION, ...recipe }, null, 2)}\n`;
  const found = await readFile(recipeFile, 'utf8').catch(() => null);
  if (found === null && (await readdir(directory)).length > 0) {
    throw new UsageError(`${directory} is not empty and holds no demo; the demo needs a folder of its own.`);
  }
  if (found !== wanted) {
    for (const name of [LIBRARY_FILE_NAME, 'music', 'videos']) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
    await writeFile(recipeFile, wanted);
  }
  for (const name of await readdir(directory)) {
    if (name.startsWith(UNFINISHED_PREFIX) && isAbandoned(Number(name.slice(UNFINISHED_PREFIX.length)))) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
  for (const name of ['music', 'videos']) await mkdir(join(directory, name), { recursive: true });
}

/** This process has no folder yet: one of its number is left from an earlier process. */
function isAbandoned(processId: number): boolean {
  return processId === process.pid || !isProcessRunning(processId);
}

async function findMissing(directory: string, pairs: readonly DemoPair[]): Promise<DemoPair[]> {
  const missing: DemoPair[] = [];
  for (const pair of pairs) {
    const { music, video } = pathsOf(directory, pair);
    if (!((await exists(music)) && (await exists(video)))) missing.push(pair);
  }
  return missing;
}

/** Renders and encodes pairs; each lane has its own worker. The first failure stops both. */
async function makePairs(
  directory: string,
  pairs: readonly DemoPair[],
  ffmpeg: string,
  outerSignal: AbortSignal | undefined,
  onMade: (made: number) => void,
): Promise<void> {
  const unfinished = join(directory, `${UNFINISHED_PREFIX}${process.pid}`);
  await mkdir(unfinished);
  const failure = new AbortController();
  const signal = outerSignal ? AbortSignal.any([outerSignal, failure.signal]) : failure.signal;
  let next = 0;
  let made = 0;
  const lane = async () => {
    const renderer = createWorkerClient<RenderHandlers>(new URL('./render-worker.ts', import.meta.url), null);
    try {
      while (next < pairs.length) {
        signal.throwIfAborted();
        const pair = pairs[next++];
        const raw = {
          framesPath: join(unfinished, `${pair.videoId}.yuv`),
          samplesPath: join(unfinished, `${pair.trackId}.pcm`),
        };
        const files = {
          ...raw,
          videoPath: join(unfinished, pair.videoId),
          musicPath: join(unfinished, pair.trackId),
        };
        await renderer.call('renderPair', { pair, ...raw });
        await encodePair(ffmpeg, pair, files, signal);
        const finished = pathsOf(directory, pair);
        await rename(files.musicPath, finished.music);
        await rename(files.videoPath, finished.video);
        for (const path of Object.values(raw)) await rm(path);
        onMade(++made);
      }
    } catch (error) {
      failure.abort(error);
      throw error;
    } finally {
      await renderer.close();
    }
  };
  try {
    const lanes = await Promise.allSettled(Array.from({ length: CONCURRENCY }, lane));
    outerSignal?.throwIfAborted();
    if (lanes.some(({ status }) => status === 'rejected')) throw failure.signal.reason;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function toLibrary(folder: string, pairs: readonly DemoPair[]): WritableLibrary {
  return {
    folder,
    items: pairs.flatMap((pair) => toItems(folder, pair)),
    attributes: [
      { name: 'bpm', isNumber: true },
      { name: 'year', isNumber: true },
      { name: 'mood', isNumber: false },
    ],
  };
}

function toItems(folder: string, pair: DemoPair): LibraryItem[] {
  const { music, video } = pathsOf(folder, pair);
  const shared = {
    artist: null,
    genres: [],
    source: pair.source,
    pairedWith: null,
    split: pair.split,
    startSeconds: null,
    endSeconds: null,
    mediaUrl: null,
  };
  const attributes = [
    { name: 'year', value: String(pair.year) },
    ...pair.moods.map((value) => ({ name: 'mood', value })),
  ];
  return [
    {
      ...shared,
      id: pair.trackId,
      modality: 'MUSIC',
      path: music,
      title: pair.trackTitle,
      artist: pair.artist,
      genres: genresOf(pair),
      attributes: [{ name: 'bpm', value: String(Math.round(pair.music.tempoBpm)) }, ...attributes],
    },
    {
      ...shared,
      id: pair.videoId,
      modality: 'VIDEO',
      path: video,
      title: pair.videoTitle,
      pairedWith: pair.trackId,
      attributes,
    },
  ];
}

function pathsOf(folder: string, pair: DemoPair): { music: string; video: string } {
  return {
    music: join(folder, 'music', `${pair.trackId}.${pair.musicFormat}`),
    video: join(folder, 'videos', `${pair.videoId}.mp4`),
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
