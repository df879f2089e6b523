/** The columns of library.csv that the project knows, in the order in which it writes them. */
export const LIBRARY_COLUMNS = [
  'id',
  'kind',
  'path',
  'title',
  'artist',
  'genres',
  'source',
  'pairedWith',
  'split',
  'startSeconds',
  'endSeconds',
  'mediaUrl',
] as const;

export type LibraryColumn = (typeof LIBRARY_COLUMNS)[number];

export const LIBRARY_FILE_NAME = 'library.csv';

/** Separates the values of one cell. */
export const VALUE_SEPARATOR = '|';

const NUMBER_PATTERN = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a cell holds in decimal notation, else null. */
export function parseDecimal(text: string): number | null {
  const value = NUMBER_PATTERN.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}
