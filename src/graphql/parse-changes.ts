import type { ItemChangesInput } from '../__generated__/resolvers-types.ts';
import { UserInputError } from '../shared/errors.ts';
import type { ItemChanges } from '../store/vector-store.ts';

const MAX_TEXT_LENGTH = 500;
const MAX_GENRE_LENGTH = 100;
const MAX_GENRES = 50;
const MAX_REMOVED_ITEMS = 1_000;

/** Validates an edit; null leaves a field as it is. Throws a UserInputError that names the first wrong field. */
export function parseItemChanges({ title, artist, genres }: ItemChangesInput): ItemChanges {
  const changes: ItemChanges = {};
  if (title != null) changes.title = parseText(title, MAX_TEXT_LENGTH, 'changes.title');
  if (artist != null) changes.artist = parseText(artist, MAX_TEXT_LENGTH, 'changes.artist');
  if (genres != null) {
    if (genres.length > MAX_GENRES)
      throw new UserInputError(`An item has at most ${MAX_GENRES} genres.`, 'changes.genres');
    const parsed = genres.map((genre, i) => parseText(genre, MAX_GENRE_LENGTH, `changes.genres[${i}]`));
    changes.genres = [...new Set(parsed)];
  }
  return changes;
}

/** Distinct ids. Throws a UserInputError for too many at once. */
export function parseItemIds(ids: readonly string[]): string[] {
  if (ids.length > MAX_REMOVED_ITEMS)
    throw new UserInputError(`At most ${MAX_REMOVED_ITEMS} items are removed at once.`, 'ids');
  return [...new Set(ids)];
}

/**
 * Text without white space around it, of 1 to `maxLength` characters. Half a surrogate pair, which JSON may carry and
 * no store can hold, becomes U+FFFD.
 */
function parseText(text: string, maxLength: number, argument: string): string {
  const trimmed = text.toWellFormed().trim();
  if (trimmed.length === 0 || trimmed.length > maxLength)
    throw new UserInputError(`${argument} has 1 to ${maxLength} characters.`, argument);
  return trimmed;
}
