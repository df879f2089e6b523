/** Score arrays by space and query vector, for one state of the vectors; the least recently used go first. */
export interface ScoreCache {
  get(key: string): Float32Array | undefined;
  put(key: string, scores: Float32Array): void;
  clear(): void;
}

export function createScoreCache(maxBytes: number): ScoreCache {
  const entries = new Map<string, Float32Array>();
  let bytes = 0;

  const drop = (key: string) => {
    bytes -= entries.get(key)?.byteLength ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const scores = entries.get(key);
      if (scores) {
        entries.delete(key);
        entries.set(key, scores);
      }
      return scores;
    },
    put(key, scores) {
      drop(key);
      entries.set(key, scores);
      bytes += scores.byteLength;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}
