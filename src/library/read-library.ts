import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, resolve, sep } from 'node:path';
import type { Modality } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import { LIBRARY_COLUMNS, LIBRARY_FILE_NAME, parseDecimal, VALUE_SEPARATOR } from './csv-columns.ts';
import { type CsvFault, toCsvError } from './csv-records.ts';
import { CLIP_ID_PREFIX, ITEM_ID_PATTERN, toItemId, toSoundtrackId } from './item-id.ts';
import type { Library, LibraryItem, ReadFailure, Split } from './library.ts';
import { type CsvRow, parseCsv } from './parse-csv.ts';
import { probeFiles } from './probe-files.ts';

/** Says whether a file holds pictures and sound; `MediaReader.probe` is one. */
export type ContentProbe = (
  path: string,
  signal?: AbortSignal,
) => Promise<{ video: unknown; audio: unknown }>;

export interface ReadLibraryOptions {
  /** Called as files are probed, which happens where `kind` is empty. */
  onProgress?: (doneFiles: number, totalFiles: number) => void;
  signal?: AbortSignal;
}

/**
 * Reads `library.csv`, given itself or by its folder, with the defaults of each column filled in.
 *
 * Paths are relative to the file's folder and stay inside it: a `library.csv` from elsewhere can't publish other
 * files of this machine. Media that live elsewhere come in by a symbolic link inside the folder. `probe` is asked
 * where `kind` is empty: with pictures it is a video, else music. Where it can't tell, the row is one of
 * `unreadable`. Files are not looked at otherwise: what reads them finds out whether it can.
 *
 * Throws one UsageError that lists every fault of the text with its line and column.
 */
export async function readLibrary(
  folderOrFile: string,
  probe: ContentProbe,
  options: ReadLibraryOptions = {},
): Promise<Library> {
  const file = await findLibraryFile(resolve(folderOrFile));
  const folder = dirname(file);
  const { columns, rows, faults } = parseCsv(await readFile(file), file);
  if (!columns.includes('path')) faults.push({ line: 1, column: 'path', message: 'this column is required' });
  if (faults.length > 0) throw toCsvError(file, faults);

  const attributes = toAttributeColumns(columns, rows);
  const drafts = rows.map((row) => parseRow(row, folder, attributes, faults));
  const unreadable = await fillModalities(drafts, probe, options);
  checkIds(drafts, faults);
  checkPairs(drafts, faults);
  if (faults.length > 0) throw toCsvError(file, faults);
  return { folder, items: drafts.flatMap(toItem), attributes, unreadable };
}

/** A row on its way to an item: the modality is null until its content was looked at. */
interface Draft extends Omit<LibraryItem, 'modality'> {
  line: number;
  modality: Modality | null;
  /** True where `kind` is empty. */
  isKindByContent: boolean;
  /** False where the path is faulty, so that its content must not be looked at. */
  hasSoundPath: boolean;
  /** False where the id comes from the path. */
  hasOwnId: boolean;
}

async function findLibraryFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return path;
  const file = join(path, LIBRARY_FILE_NAME);
  if (found?.isDirectory() && (await isFile(file))) return file;
  const scan = found?.isDirectory() ? ` Make one with: bin/control-mvr scan ${path}` : '';
  throw new UsageError(`There is no ${found ? file : path}.${scan}`);
}

/** The columns beyond the known ones; one is numeric where every cell that holds something holds a number. */
function toAttributeColumns(columns: readonly string[], rows: readonly CsvRow[]): Library['attributes'] {
  const known: readonly string[] = LIBRARY_COLUMNS;
  return columns
    .filter((name) => !known.includes(name))
    .map((name) => {
      const cells = rows.map((row) => row.cells[name].trim()).filter((cell) => cell !== '');
      return { name, isNumber: cells.length > 0 && cells.every((cell) => parseDecimal(cell) !== null) };
    });
}

function parseRow(
  { line, cells }: CsvRow,
  folder: string,
  attributes: Library['attributes'],
  faults: CsvFault[],
): Draft {
  const text = (column: string) => cells[column]?.trim() ?? '';
  const fault = (column: string, message: string) => faults.push({ line, column, message });
  const seconds = (column: 'startSeconds' | 'endSeconds') => {
    if (text(column) === '') return null;
    const value = parseDecimal(text(column));
    if (value === null || value < 0) fault(column, `"${text(column)}" is not a number of seconds from 0 up`);
    return value;
  };

  const relativePath = cells.path;
  const pathFault = faultOfPath(relativePath, folder);
  if (pathFault) fault('path', pathFault);

  const id = text('id') || toItemId(relativePath);
  if (!ITEM_ID_PATTERN.test(id)) fault('id', `"${id}" is not 1 to 128 of A–Z a–z 0–9 . _ ~ -`);
  else if (id.startsWith(CLIP_ID_PREFIX)) fault('id', `"${id}" starts with ${CLIP_ID_PREFIX}, as uploads do`);

  const kind = text('kind');
  if (!['', 'music', 'video'].includes(kind)) fault('kind', `"${kind}" is neither music nor video nor empty`);

  const split = text('split');
  if (!['', 'train', 'val', 'test'].includes(split)) {
    fault('split', `"${split}" is neither train, val, test nor empty`);
  }

  const startSeconds = seconds('startSeconds');
  const endSeconds = seconds('endSeconds');
  if (endSeconds !== null && endSeconds <= (startSeconds ?? 0)) {
    fault('endSeconds', `${endSeconds} is not after the start at ${startSeconds ?? 0}`);
  }

  const mediaUrl = text('mediaUrl') || null;
  if (mediaUrl !== null && !/^https?:$/.test(URL.parse(mediaUrl)?.protocol ?? '')) {
    fault('mediaUrl', `"${mediaUrl}" is not an http or https address`);
  }

  return {
    line,
    id,
    modality: kind === 'music' ? 'MUSIC' : kind === 'video' ? 'VIDEO' : null,
    isKindByContent: kind === '',
    path: join(folder, relativePath),
    title: text('title') || basename(relativePath, extname(relativePath)),
    artist: text('artist') || null,
    genres: toValues(text('genres')),
    source: text('source') || null,
    pairedWith: text('pairedWith') || null,
    split: (split || null) as Split | null,
    startSeconds,
    endSeconds,
    mediaUrl,
    attributes: attributes.flatMap(({ name }) => toValues(text(name)).map((value) => ({ name, value }))),
    hasSoundPath: pathFault === null,
    hasOwnId: text('id') !== '',
  };
}

function faultOfPath(relativePath: string, folder: string): string | null {
  if (relativePath.trim() === '') return 'every row needs a path';
  if (relativePath.includes('\0')) return 'a path has no zero bytes';
  if (isAbsolute(relativePath)) return `"${relativePath}" is absolute; paths are relative to ${folder}`;
  const inside = join(folder, relativePath).startsWith(folder.endsWith(sep) ? folder : folder + sep);
  return inside ? null : `"${relativePath}" leaves ${folder}; put a symbolic link inside it instead`;
}

/** The distinct values of a cell, in order. */
function toValues(cell: string): string[] {
  const values = cell.split(VALUE_SEPARATOR).map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== ''))];
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/** Looks at the files of rows that don't name their kind, each file once, and returns those rows that stay without. */
async function fillModalities(
  drafts: readonly Draft[],
  probe: ContentProbe,
  options: ReadLibraryOptions,
): Promise<ReadFailure[]> {
  const unknown = drafts.filter(({ isKindByContent, hasSoundPath }) => isKindByContent && hasSoundPath);
  const probed = await probeFiles([...new Set(unknown.map(({ path }) => path))], { probe, ...options });
  const byPath = new Map(probed.map((file) => [file.path, file]));
  return unknown.flatMap((draft) => {
    const file = byPath.get(draft.path);
    if (!file) return [];
    if ('error' in file) {
      return [{ id: draft.id, path: draft.path, code: file.error.code, message: file.error.message }];
    }
    draft.modality = toModality(file.probe);
    return [];
  });
}

/** Pictures make a video, whatever sound comes with them. */
export function toModality(content: { video: unknown; audio: unknown }): Modality {
  return content.video ? 'VIDEO' : 'MUSIC';
}

function checkIds(drafts: readonly Draft[], faults: CsvFault[]): void {
  const firsts = new Map<string, Draft>();
  for (const draft of drafts) {
    const first = firsts.get(draft.id);
    if (first) faults.push({ line: draft.line, column: 'id', message: toDuplicateMessage(draft, first) });
    else firsts.set(draft.id, draft);
  }
  for (const { id, line, modality, pairedWith } of drafts) {
    if (modality !== 'VIDEO' || pairedWith !== null) continue;
    const taken = firsts.get(toSoundtrackId(id));
    if (taken === undefined) continue;
    const message = `line ${taken.line} has the id that the soundtrack of "${id}" goes by`;
    faults.push({ line, column: 'id', message });
  }
}

function toDuplicateMessage(draft: Draft, first: Draft): string {
  if (draft.hasOwnId || first.hasOwnId) return `"${draft.id}" is the id of line ${first.line} already`;
  return `line ${first.line} has the same path; parts of one file need an id each`;
}

function checkPairs(drafts: readonly Draft[], faults: CsvFault[]): void {
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  for (const { line, modality, pairedWith } of drafts) {
    if (pairedWith === null) continue;
    const fault = (message: string) => faults.push({ line, column: 'pairedWith', message });
    const partner = byId.get(pairedWith);
    if (modality === 'MUSIC') fault('only a video is paired with something; leave it empty for music');
    else if (!partner) fault(`no row has the id "${pairedWith}"`);
    else if (partner.modality === 'VIDEO') fault(`"${pairedWith}" is a video; a video is paired with music`);
  }
}

function toItem({ line, isKindByContent, hasSoundPath, hasOwnId, modality, ...item }: Draft): LibraryItem[] {
  return modality === null ? [] : [{ ...item, modality }];
}
