/** Peaks at `count` equal steps: the highest of those that each step covers. */
export function resamplePeaks(peaks: Uint8Array, count: number): number[] {
  return Array.from({ length: peaks.length ? count : 0 }, (_, i) => {
    const start = Math.floor((i * peaks.length) / count);
    const end = Math.max(start + 1, Math.ceil(((i + 1) * peaks.length) / count));
    return Math.max(...peaks.subarray(start, end));
  });
}
