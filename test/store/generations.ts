import type { ItemEntry } from '../../src/store/vector-store.ts';

export const BATCH_COUNT = 4;
const ITEMS_PER_BATCH = 25;
const SEGMENTS_PER_ITEM = 3;
const DIMENSION = 16;
export const DIMENSIONS = { ssl: DIMENSION, sup: DIMENSION };

/**
 * The write of one generation: always the same items of its batch, all of them marked with the generation in
 * their title, their fingerprint and each of their vectors.
 */
export function batchEntries(generation: number): { batch: number; entries: ItemEntry[] } {
  const batch = generation % BATCH_COUNT;
  const entries = idsOfBatch(batch).map((id): ItemEntry => {
    const vector = vectorOf(generation);
    return {
      record: {
        id,
        modality: 'MUSIC',
        title: String(generation),
        artist: null,
        genres: [],
        attributes: [],
        source: null,
        durationSeconds: 30,
        pairedWith: null,
        mediaUrl: null,
        mediaPath: `/media/${id}`,
      },
      segments: Array.from({ length: SEGMENTS_PER_ITEM }, (_, i) => ({
        startSeconds: 10 * i,
        endSeconds: 10 * i + 10,
        ssl: vector,
        sup: vector,
      })),
      peaks: Uint8Array.of(generation % 101),
      thumbnail: null,
      fingerprint: String(generation),
    };
  });
  return { batch, entries };
}

export function idsOfBatch(batch: number): string[] {
  return Array.from({ length: ITEMS_PER_BATCH }, (_, i) => `b${batch}-${i}`);
}

/** A unit vector that tells a generation from those before it. */
export function vectorOf(generation: number): Float32Array {
  const angle = generation * 0.01;
  const vector = new Float32Array(DIMENSION);
  vector[0] = Math.cos(angle);
  vector[1] = Math.sin(angle);
  return vector;
}
