import { isUtf8 } from 'node:buffer';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { MediaProbe } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import { LIBRARY_FILE_NAME } from './csv-columns.ts';
import { toItemId } from './item-id.ts';
import type { Library, LibraryItem } from './library.ts';
import { type ProbeOptions, probeFiles } from './probe-files.ts';
import { toModality } from './read-library.ts';
import { writeLibrary } from './write-library.ts';

export interface ScanOptions extends ProbeOptions<MediaProbe> {
  /** Overwrites a library.csv that is there. */
  force: boolean;
}

/** A path that could not be read, and why. */
export interface Unreadable {
  path: string;
  reason: string;
}

export interface ScanResult {
  file: string;
  library: Library;
  /** Media, folders and links that could not be read, and names that library.csv can't hold; left out. */
  unreadable: Unreadable[];
  /** Paths of files that are no media at all. */
  otherFiles: string[];
}

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
  const { paths, unreadable } = await listFiles(root);
  const probed = await probeFiles(paths, options);
  const items = probed.flatMap((file) => ('probe' in file ? [toItem(file.path, file.probe, root)] : []));
  const failed = probed.flatMap((file) => ('error' in file ? [file] : []));
  const damaged = failed
    .filter(({ error }) => error.code !== 'UNSUPPORTED_MEDIA')
    .map(({ path, error }) => ({ path, reason: `${error.code}: ${error.message}` }));
  const leftOut = [...unreadable, ...damaged];
  if (items.length === 0) {
    const reasons = leftOut.map(({ path, reason }) => `\n  ${path}: ${reason}`).join('');
    throw new UsageError(`There is no music and no video in ${root} that can be read.${reasons}`);
  }
  const library: Library = {
    folder: root,
    items: pairByStem(items, root),
    attributes: [],
    unreadable: [],
  };
  return {
    file: await writeLibrary(library),
    library,
    unreadable: leftOut,
    otherFiles: failed.filter(({ error }) => error.code === 'UNSUPPORTED_MEDIA').map(({ path }) => path),
  };
}

/** UsageError where there is no such folder, or a library.csv in it and no leave to replace it. */
export async function refuseExisting(root: string, force: boolean): Promise<void> {
  const found = await stat(root).catch(() => null);
  if (!found?.isDirectory()) throw new UsageError(`There is no folder ${root}.`);
  const file = join(root, LIBRARY_FILE_NAME);
  if (!force && (await stat(file).catch(() => null))) {
    throw new UsageError(`${file} is there already; to replace it, add --force`);
  }
}

export interface Listing {
  paths: string[];
  unreadable: Unreadable[];
}

/** All files below, in the order of their paths. A folder that is reached twice by links is listed once. */
export async function listFiles(root: string): Promise<Listing> {
  const seen = new Set<string>();
  const listing: Listing = { paths: [], unreadable: [] };
  const leaveOut = (path: string, reason: string) => listing.unreadable.push({ path, reason });
  const walk = async (directory: string): Promise<void> => {
    const real = await realpath(directory);
    if (seen.has(real)) return;
    seen.add(real);
    for (const { name, isUtf8 } of await readNames(directory)) {
      const path = join(directory, name);
      if (name.startsWith('.') || path === join(root, LIBRARY_FILE_NAME)) continue;
      if (!isUtf8) {
        leaveOut(path, 'its name is not UTF-8, as library.csv is; rename it');
        continue;
      }
      try {
        const entry = await stat(path);
        if (entry.isDirectory()) await walk(path);
        else if (entry.isFile()) listing.paths.push(path);
      } catch (error) {
        leaveOut(path, reasonOf(error));
      }
    }
  };
  try {
    await walk(root);
  } catch (error) {
    throw new UsageError(`${root} can't be read: ${reasonOf(error)}.`, { cause: error });
  }
  return listing;
}

/** A folder's names in order. One that is not UTF-8 comes as people would see it, and names no file. */
async function readNames(directory: string): Promise<{ name: string; isUtf8: boolean }[]> {
  const names = await readdir(directory, { encoding: 'buffer' });
  return names
    .map((bytes) => ({ name: bytes.toString('utf8'), isUtf8: isUtf8(bytes) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the system says of a path; anything else is no fault of a path and goes on. */
function reasonOf(error: unknown): string {
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (syscall === undefined) throw error;
  return code === 'ENOENT' ? 'it leads nowhere (ENOENT)' : `it can't be opened (${code})`;
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
