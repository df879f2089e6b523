import { UsageError } from '../shared/errors.ts';
import { LIBRARY_COLUMNS, type LibraryColumn } from './csv-columns.ts';
import type { Library, LibraryItem } from './library.ts';
import { toKnownCells } from './write-library.ts';

/** Throws a UsageError, naming the columns that there are, unless `column` is a known or a further one. */
export function requireColumn({ attributes }: Library, column: string, purpose: string): void {
  const columns = [...LIBRARY_COLUMNS, ...attributes.map(({ name }) => name)];
  if (columns.includes(column)) return;
  throw new UsageError(`The library has no column "${column}" to ${purpose}; it has ${columns.join(', ')}.`);
}

/** The first value that an item has in a column; null where it has none. */
export function firstValueOf(item: LibraryItem, column: string, { folder }: Library): string | null {
  if (column === 'genres') return item.genres.at(0) ?? null;
  const further = item.attributes.find(({ name }) => name === column);
  if (further) return further.value;
  const isKnown = (name: string): name is LibraryColumn => LIBRARY_COLUMNS.some((known) => known === name);
  return (isKnown(column) && toKnownCells(item, folder)[column]) || null;
}
