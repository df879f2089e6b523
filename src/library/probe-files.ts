import { Readable } from 'node:stream';
import { MediaError } from '../shared/errors.ts';

export interface ProbeOptions<Probe> {
  probe: (path: string, signal?: AbortSignal) => Promise<Probe>;
  onProgress?: ((doneFiles: number, totalFiles: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A file with what it holds, or with why that can't be told. */
export type ProbedFile<Probe> = { path: string; probe: Probe } | { path: string; error: MediaError };

/** How many files are probed at a time, each by a child process. */
const CONCURRENT_PROBES = 3;

/** Probes files, a few at a time, and gives the outcomes in order. What is no fault of a file ends the run. */
export async function probeFiles<Probe>(
  paths: readonly string[],
  { probe, onProgress, signal }: ProbeOptions<Probe>,
): Promise<ProbedFile<Probe>[]> {
  signal?.throwIfAborted();
  let done = 0;
  const attempt = async (path: string, options?: { signal?: AbortSignal }): Promise<ProbedFile<Probe>> => {
    try {
      return { path, probe: await probe(path, options?.signal) };
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return { path, error };
    } finally {
      onProgress?.(++done, paths.length);
    }
  };
  return Readable.from(paths).map(attempt, { concurrency: CONCURRENT_PROBES, signal }).toArray({ signal });
}
