import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { sweepDrafts, toDraftName } from '../shared/drafts.ts';
import { LIBRARY_COLUMNS, LIBRARY_FILE_NAME, type LibraryColumn, VALUE_SEPARATOR } from './csv-columns.ts';
import type { Library, LibraryItem } from './library.ts';

const DRAFT_PREFIX = `.${LIBRARY_FILE_NAME}.`;

/** What can be written: every row became an item. */
export type WritableLibrary = Omit<Library, 'unreadable'>;

/** Writes `library.csv` into the library's folder, all of it or nothing, and returns its path. */
export async function writeLibrary(library: WritableLibrary): Promise<string> {
  const file = join(library.folder, LIBRARY_FILE_NAME);
  await sweepDrafts(library.folder, (name) => name.startsWith(DRAFT_PREFIX));
  const unfinished = join(library.folder, toDraftName(DRAFT_PREFIX));
  try {
    await writeFile(unfinished, formatLibrary(library));
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return file;
}

/** The text of `library.csv`: UTF-8 and RFC 4180, paths relative to the folder with forward slashes. */
export function formatLibrary({ folder, items, attributes }: WritableLibrary): string {
  const header = [...LIBRARY_COLUMNS, ...attributes.map(({ name }) => name)];
  const rows = items.map((item) => {
    const known = toKnownCells(item, folder);
    const further = attributes.map(({ name }) =>
      item.attributes
        .filter((attribute) => attribute.name === name)
        .map(({ value }) => value)
        .join(VALUE_SEPARATOR),
    );
    return [...LIBRARY_COLUMNS.map((column) => known[column]), ...further];
  });
  // By itself it quotes only whole record delimiters; other readers end a line at either half.
  return stringify([header, ...rows], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}

/** An item's known columns as cells; empty where it has no value. */
export function toKnownCells(item: LibraryItem, folder: string): Record<LibraryColumn, string> {
  return {
    id: item.id,
    kind: item.modality === 'MUSIC' ? 'music' : 'video',
    path: relative(folder, item.path).replaceAll(sep, '/'),
    title: item.title,
    artist: item.artist ?? '',
    genres: item.genres.join(VALUE_SEPARATOR),
    source: item.source ?? '',
    pairedWith: item.pairedWith ?? '',
    split: item.split ?? '',
    startSeconds: item.startSeconds?.toString() ?? '',
    endSeconds: item.endSeconds?.toString() ?? '',
    mediaUrl: item.mediaUrl ?? '',
  };
}
