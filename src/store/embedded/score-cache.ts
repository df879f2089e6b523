import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Score arrays of query vectors, for one state of the vectors; the least recently used go first. */
export interface ScoreCache {
  get(key: string): Float32Array | undefined;
  put(key: string, scores: Float32Array): void;
  clear(): void;
}

/** What an entry takes beside its scores: key, buffer and its place in the order. */
const ENTRY_OVERHEAD_BYTES = 1024;

/** `scores` that are put must own their buffer. */
export function createScoreCache(maxBytes: number): ScoreCache {
  const entries = new LRUCache<string, Float32Array>({
    maxSize: maxBytes,
    sizeCalculation: (scores) => scores.byteLength + ENTRY_OVERHEAD_BYTES,
  });
  return {
    get: (key) => entries.get(key),
    put: (key, scores) => void entries.set(key, scores),
    clear: () => entries.clear(),
  };
}

/** Of one length whatever the vector's; equal for equal vectors only. */
export function hashVector(vector: Float32Array): string {
  return hash('sha256', new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), 'base64');
}
