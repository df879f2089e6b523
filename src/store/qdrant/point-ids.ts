import { createHash } from 'node:crypto';

/** The namespace of all our names; made once at random. */
const NAMESPACE = Buffer.from('7d0f6c7e7c5b4b0f9a3b5a5d0d9c2e41', 'hex');

/** A UUID of version 5 (RFC 9562): the same name gives the same id, so that repeated writes overwrite. */
function toUuid(...parts: (string | number)[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join('-');
}

export const itemPointId = (bundleId: string, itemId: string) => toUuid('item', bundleId, itemId);
export const segmentPointId = (bundleId: string, itemId: string, revision: string, ordinal: number) =>
  toUuid('segment', bundleId, itemId, revision, ordinal);
export const clipPointId = (clipId: string) => toUuid('clip', clipId);
export const editionPointId = (bundleId: string) => toUuid('edition', bundleId);
/** `part` names the part of the library that a writer fills. */
export const pendingPointId = (bundleId: string, part: string) => toUuid('pending', bundleId, part);
export const notePointId = (itemId: string) => toUuid('note', itemId);
export const POINTER_ID = toUuid('pointer');
export const WRITERS_ID = toUuid('writers');

/** The characters of an item's id, in order. */
const ID_CHARACTERS = '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~';
/** 67 to the eighth power stays below 2^53. */
const CHARACTERS_PER_KEY = 8;
const RADIX = ID_CHARACTERS.length + 1;

/** Whole numbers that sort, one after the other, as the first sixteen characters of an id do. */
export interface IdOrder {
  idOrder: number;
  idOrderNext: number;
}

/**
 * The keys that items are listed by, since Qdrant orders by numbers only. Where an id holds another character, it
 * sorts with those that share the characters before it, never out of order.
 */
export function toIdOrder(itemId: string): IdOrder {
  const ranks: number[] = [];
  let isForeign = false;
  for (let i = 0; i < 2 * CHARACTERS_PER_KEY; i++) {
    let rank = isForeign ? RADIX - 1 : 0;
    if (!isForeign && i < itemId.length) {
      rank = ID_CHARACTERS.indexOf(itemId[i]) + 1;
      if (rank === 0) {
        isForeign = true;
        rank = [...ID_CHARACTERS].filter((character) => character < itemId[i]).length;
      }
    }
    ranks.push(rank);
  }
  const toKey = (part: readonly number[]) => part.reduce((key, rank) => key * RADIX + rank, 0);
  return {
    idOrder: toKey(ranks.slice(0, CHARACTERS_PER_KEY)),
    idOrderNext: toKey(ranks.slice(CHARACTERS_PER_KEY)),
  };
}
