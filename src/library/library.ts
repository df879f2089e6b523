import type { Modality } from '../media/media.ts';
import type { MediaFault } from '../shared/errors.ts';

export type Split = 'train' | 'val' | 'test';

/** One row of library.csv, validated, with defaults filled in. */
export interface LibraryItem {
  id: string;
  modality: Modality;
  /** Absolute path of the media file. */
  path: string;
  title: string;
  artist: string | null;
  /** Empty: unlabelled. */
  genres: string[];
  source: string | null;
  /** For a video: the music item's id; its row may be an unreadable one. Null where it pairs with its own soundtrack (`<id>.sound`). */
  pairedWith: string | null;
  split: Split | null;
  /** The part of the file that is the item; null: from its start, to its end. */
  startSeconds: number | null;
  endSeconds: number | null;
  /** Overrides where it plays. */
  mediaUrl: string | null;
  /** Further columns; several values of one column are several entries. */
  attributes: { name: string; value: string }[];
}

export interface Library {
  /** Absolute path of the folder that library.csv's paths are relative to. */
  folder: string;
  items: LibraryItem[];
  /** Further columns in file order; a number column holds numbers only. */
  attributes: { name: string; isNumber: boolean }[];
  /** Rows whose file does not tell whether it is music or video, where the row doesn't either; left out of `items`. */
  unreadable: ReadFailure[];
}

/** A row or item whose file can't be read, and why. It stops nothing. */
export interface ReadFailure {
  id: string;
  path: string;
  code: MediaFault | 'UNREADABLE';
  message: string;
}

/** A video and its music: what the ssl space learns from. */
export interface LibraryPair {
  video: LibraryItem;
  /** The music item, or the implied `<video id>.sound` that shares the video's path. */
  music: LibraryItem;
  /** The track's labels, else the video's. */
  labels: string[];
}
