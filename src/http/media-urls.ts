import { createHmac, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import type { ItemRecord } from '../store/vector-store.ts';

/** A signed URL works for one to two of these, and stays the same for one, so that caches can keep what it names. */
const EXPIRY_STEP_SECONDS = 12 * 3600;
const ACCESS_CACHE_MS = 10_000;
const SIGNATURE_BYTES = 16;

type PlayableItem = Pick<ItemRecord, 'id' | 'mediaUrl' | 'mediaPath' | 'hasThumbnail'>;

export interface MediaUrls {
  /**
   * Where the item plays: its own URL, else the server's; null where the file can't be read. At once where that is
   * known.
   */
  mediaUrl(item: PlayableItem): string | null | Promise<string | null>;
  thumbnailUrl(item: PlayableItem): string | null;
  /** True for a path below the server's root with the query that was made for it and has not expired. */
  isValid(path: string, query: { expires?: unknown; signature?: unknown }): boolean;
}

export interface MediaUrlOptions extends Pick<Config['http'], 'publicUrl' | 'apiKeys'> {
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * URLs of items' files: root-relative, absolute with a public URL. With API keys in force they carry an expiry and
 * an HMAC under the keys, since an audio element can't send a header; a change of keys ends them all.
 */
export function createMediaUrls({ publicUrl, apiKeys, now = Date.now }: MediaUrlOptions): MediaUrls {
  const secret = [...apiKeys].sort().join('\n');
  const isSigned = apiKeys.length > 0;
  const accessible = new LRUCache<string, boolean | Promise<boolean>>({ max: 20_000, ttl: ACCESS_CACHE_MS });

  const sign = (path: string, expires: number) =>
    createHmac('sha256', secret)
      .update(`control-mvr media\n${path}\n${expires}`)
      .digest()
      .subarray(0, SIGNATURE_BYTES);

  const toUrl = (path: string): string => {
    const base = `${publicUrl ?? ''}${path}`;
    if (!isSigned) return base;
    const expires = (Math.floor(now() / 1_000 / EXPIRY_STEP_SECONDS) + 2) * EXPIRY_STEP_SECONDS;
    return `${base}?expires=${expires}&signature=${sign(path, expires).toString('base64url')}`;
  };

  const canAccess = (path: string, mode: number): boolean | Promise<boolean> => {
    const known = accessible.get(path);
    if (known !== undefined) return known;
    const finding = access(path, mode).then(
      () => true,
      () => false,
    );
    accessible.set(path, finding);
    finding.then((found) => accessible.set(path, found));
    return finding;
  };

  // A server that holds no media learns so from their folder, once for all files in it.
  const canPlay = (path: string): boolean | Promise<boolean> =>
    whenKnown(
      canAccess(dirname(path), constants.F_OK),
      (isThere) => isThere && canAccess(path, constants.R_OK),
    );

  return {
    mediaUrl({ id, mediaUrl, mediaPath }) {
      if (mediaUrl) return mediaUrl;
      return whenKnown(canPlay(mediaPath), (isPlayable) => (isPlayable ? toUrl(toMediaPath(id)) : null));
    },
    thumbnailUrl: (item) => (item.hasThumbnail ? toUrl(toThumbnailPath(item.id)) : null),
    isValid(path, { expires, signature }) {
      if (!isSigned) return true;
      if (typeof expires !== 'string' || typeof signature !== 'string') return false;
      const given = Buffer.from(signature, 'base64url');
      const expiresAt = Number(expires);
      return (
        given.length === SIGNATURE_BYTES &&
        timingSafeEqual(given, sign(path, expiresAt)) &&
        expiresAt * 1_000 > now()
      );
    },
  };
}

// Ids are of unreserved characters, which need no escaping.
export const toMediaPath = (id: string) => `/media/${id}`;
export const toThumbnailPath = (id: string) => `/media/${id}/thumbnail`;

/** Without a turn of the event loop where the value is there: a page of hits asks for many. */
function whenKnown<Value, Result>(
  value: Value | Promise<Value>,
  use: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}
