import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { MediaProbe } from '../media/media.ts';
import { MediaError, UsageError } from '../shared/errors.ts';
import { LIBRARY_FILE_NAME } from './csv-columns.ts';
import { toItemId } from './item-id.ts';
import type { Library, LibraryItem } from './library.ts';
import { toModality } from './read-library.ts';
import { writeLibrary } from './write-library.ts';

export interface ScanOptions {
  /** Overwrites a library.csv that is there. */
  force: boolean;
  probe: (path: string, signal?: AbortSignal) => Promise<MediaProbe>;
  onProgress?: (doneFiles: number, totalFiles: number) => void;
  signal?: AbortSignal;
}

export interface ScanResult {
  file: string;
  library: Library;
  /** Media that could not be read, each with why; left out of the library. */
  unreadable: { path: string; reason: string }[];
  /** Files that are no media at all. */
  otherFiles: number;
}

/** How many files are probed at a time, each by a child process. */
const CONCURRENCY = 2;

/** Folders whose name says what kind of media they hold: they don't count when stems are compared. */
const KIND_FOLDERS = new Set(['music', 'audio', 'video', 'videos']);

/**
 * Writes `library.csv` for the media in a folder and below, known by their content. Titles, artists and genres come
 * from tags, and a video is paired with the music of the same stem beside it, or in folders that differ in
 * {@link KIND_FOLDERS} only (`music/a.mp3`, `videos/a.mp4`). Hidden files are passed over; links are followed.
 *
 * @throws UsageError where the folder is missing, holds no media, or has a library.csv and `force` is not set
 */
export async function scanFolder(folder: string, options: ScanOptions): Promise<ScanResult> {
  const root = resolve(folder);
  await refuseExisting(root, options.force);
  const paths = await listFiles(root);
  const probed = await probeAll(paths, options);
  const items = probed.flatMap((file) => ('probe' in file ? [toItem(file.path, file.probe, root)] : []));
  if (items.length === 0) throw new UsageError(`There is no music and no video in ${root} that can be read.`);
  const library: Library = { folder: root, items: pairByStem(items, root), attributes: [] };
  const failed = probed.flatMap((file) => ('error' in file ? [file] : []));
  return {
    file: await writeLibrary(library),
    library,
    unreadable: failed
      .filter(({ error }) => error.code !== 'UNSUPPORTED_MEDIA')
      .map(({ path, error }) => ({ path, reason: `${error.code}: ${error.message}` })),
    otherFiles: failed.filter(({ error }) => error.code === 'UNSUPPORTED_MEDIA').length,
  };
}

async function refuseExisting(root: string, force: boolean): Promise<void> {
  const found = await stat(root).catch(() => null);
  if (!found?.isDirectory()) throw new UsageError(`There is no folder ${root}.`);
  const file = join(root, LIBRARY_FILE_NAME);
  if (!force && (await stat(file).catch(() => null))) {
    throw new UsageError(`${file} is there already; to replace it: control-mvr scan ${folder(root)} --force`);
  }
}

function folder(path: string): string {
  return path.includes(' ') ? `"${path}"` : path;
}

/** All files below, in the order of their paths. A folder that is reached twice by links is listed once. */
async function listFiles(root: string): Promise<string[]> {
  const seen = new Set<string>();
  const walk = async (directory: string): Promise<string[]> => {
    const real = await realpath(directory);
    if (seen.has(real)) return [];
    seen.add(real);
    const names = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
    const found: string[] = [];
    for (const name of names) {
      const path = join(directory, name);
      const entry = await stat(path).catch(() => null); // a broken link
      if (entry?.isDirectory()) found.push(...(await walk(path)));
      else if (entry?.isFile() && path !== join(root, LIBRARY_FILE_NAME)) found.push(path);
    }
    return found;
  };
  return walk(root);
}

type Probed = { path: string; probe: MediaProbe } | { path: string; error: MediaError };

async function probeAll(paths: readonly string[], options: ScanOptions): Promise<Probed[]> {
  const { probe, signal, onProgress } = options;
  const probed: Probed[] = new Array(paths.length);
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      const at = next++;
      const path = paths[at];
      try {
        probed[at] = { path, probe: await probe(path, signal) };
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
        probed[at] = { path, error };
      }
      onProgress?.(++done, paths.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return probed;
}

function toItem(path: string, probe: MediaProbe, root: string): LibraryItem {
  return {
    id: toItemId(relative(root, path).replaceAll(sep, '/')),
    modality: toModality(probe),
    path,
    title: probe.tags.title?.trim() || basename(path, extname(path)),
    artist: probe.tags.artist?.trim() || null,
    genres: toGenres(probe.tags.genre ?? ''),
    source: null,
    pairedWith: null,
    split: null,
    startSeconds: null,
    endSeconds: null,
    mediaUrl: null,
    attributes: [],
  };
}

/** Tags put several genres into one text, with any of these between them. */
function toGenres(tag: string): string[] {
  const genres = tag.split(/[|;,/\0]/).map((genre) => genre.trim());
  return [...new Set(genres.filter((genre) => genre !== ''))];
}

/** Of several tracks with a video's stem, the one beside it wins, else the first by path. */
function pairByStem(items: readonly LibraryItem[], root: string): LibraryItem[] {
  const music = items.filter((item) => item.modality === 'MUSIC');
  const byStem = Map.groupBy(music, (item) => stemOf(item.path, root));
  return items.map((item) => {
    if (item.modality !== 'VIDEO') return item;
    const tracks = byStem.get(stemOf(item.path, root)) ?? [];
    const track = tracks.find(({ path }) => dirname(path) === dirname(item.path)) ?? tracks.at(0);
    return { ...item, pairedWith: track?.id ?? null };
  });
}

function stemOf(path: string, root: string): string {
  const folders = relative(root, dirname(path)).split(sep);
  const kept = folders.filter((name) => name !== '' && !KIND_FOLDERS.has(name.toLowerCase()));
  return [...kept, basename(path, extname(path))].join('/');
}
