import { createHash } from 'node:crypto';

/** What an id of library.csv may be. */
export const ITEM_ID_PATTERN = /^[A-Za-z0-9._~-]{1,128}$/;

/** Ids of uploaded clips start so; an item's never does. */
export const CLIP_ID_PREFIX = 'clip_';

/** The id of a row that names none: 16 hexadecimal digits of the relative path's SHA-256. */
export function toItemId(relativePath: string): string {
  return createHash('sha256').update(relativePath).digest('hex').slice(0, 16);
}

/** The id of the music item that a video without `pairedWith` implies: its own soundtrack. */
export function toSoundtrackId(videoId: string): string {
  return `${videoId}.sound`;
}
