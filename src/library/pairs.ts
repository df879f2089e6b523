import { UsageError } from '../shared/errors.ts';
import { toSoundtrackId } from './item-id.ts';
import type { Library, LibraryItem, LibraryPair } from './library.ts';

/**
 * Every video with its music: the item that `pairedWith` names, else the soundtrack of its own. A video whose track is
 * an unreadable row is in no pair. `labelField` is `genres` or the name of a further column. Throws a UsageError where
 * the library has no such column.
 */
export function pairsOf(library: Library, labelField = 'genres'): LibraryPair[] {
  if (labelField !== 'genres' && !library.attributes.some(({ name }) => name === labelField)) {
    const columns = ['genres', ...library.attributes.map(({ name }) => name)].join(', ');
    throw new UsageError(`The library has no column "${labelField}" to take labels from; it has ${columns}.`);
  }
  const byId = new Map(library.items.map((item) => [item.id, item]));
  return library.items
    .filter((item) => item.modality === 'VIDEO')
    .flatMap((video) => {
      const music = video.pairedWith === null ? soundtrackOf(video) : byId.get(video.pairedWith);
      if (!music) return [];
      const ofTrack = labelsOf(music, labelField);
      return [{ video, music, labels: ofTrack.length > 0 ? ofTrack : labelsOf(video, labelField) }];
    });
}

/** The music item that a video without a track of its own implies; it shares the video's file and labels. */
export function soundtrackOf(video: LibraryItem): LibraryItem {
  return { ...video, id: toSoundtrackId(video.id), modality: 'MUSIC', pairedWith: null };
}

/** An item's own labels: its genres, or the values of a further column. */
export function labelsOf(item: LibraryItem, labelField: string): string[] {
  if (labelField === 'genres') return item.genres;
  return item.attributes.filter(({ name }) => name === labelField).map(({ value }) => value);
}
