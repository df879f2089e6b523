import { describe, expect, it } from 'vitest';
import { createMatrixScan } from '../../src/store/embedded/scan.ts';
import { createScoreCache, hashVector } from '../../src/store/embedded/score-cache.ts';

const MAX_BYTES = 64 * 1024;
const KEY_BYTES = 100;

describe('the score cache', () => {
  it('keeps to its bytes however small the entries are, the latest used', () => {
    const cache = createScoreCache(MAX_BYTES);
    const keys = Array.from({ length: 5_000 }, (_, i) => hashVector(Float32Array.of(i, 1)));
    for (const key of keys) {
      cache.put(key, new Float32Array(2));
      cache.get(keys[0]);
    }
    const kept = keys.filter((key) => cache.get(key));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(MAX_BYTES / KEY_BYTES);
    expect(kept).toContain(keys[0]);
    expect(kept).toContain(keys[4_999]);
    cache.put('large', new Float32Array(MAX_BYTES / 8));
    cache.put('larger', new Float32Array(MAX_BYTES / 8));
    expect([cache.get('large'), cache.get('larger')?.length]).toEqual([undefined, MAX_BYTES / 8]);
  });

  it('tells vectors apart by keys of one length', () => {
    const long = new Float32Array(512).fill(0.5);
    expect(hashVector(long)).toHaveLength(hashVector(Float32Array.of(1)).length);
    expect(hashVector(long.slice())).toBe(hashVector(long));
    expect(hashVector(long.with(511, 0.25))).not.toBe(hashVector(long));
  });

  it('is given scores that hold no other query’s memory', async () => {
    const scan = await createMatrixScan(1);
    const scores = await scan.products(
      Float32Array.of(1, 0, 0, 1),
      2,
      2,
      Array.from({ length: 32 }, (_, i) => Float32Array.of(i, 2 * i)),
    );
    expect(scores[3]).toEqual(Float32Array.of(3, 6));
    for (const { buffer, byteLength } of scores) expect(buffer.byteLength).toBe(byteLength);
  });
});
