import type { SpaceVectors } from '../head/head.ts';
import type { Modality } from '../media/media.ts';
import type { Embedder } from './embedding.ts';
import { retryWhenBusy } from './retry-when-busy.ts';

/** Far fewer than a queue holds, so that other callers get their turn. */
const VECTORS_PER_CALL = 1_024;

/** Unit vectors of any number of feature vectors, in order; a full queue is waited for rather than failed on. */
export async function projectAll(
  embedder: Embedder,
  modality: Modality,
  features: readonly Float32Array[],
  signal?: AbortSignal,
): Promise<SpaceVectors[]> {
  const parts: SpaceVectors[][] = [];
  for (let start = 0; start < features.length; start += VECTORS_PER_CALL) {
    const part = features.slice(start, start + VECTORS_PER_CALL);
    parts.push(await retryWhenBusy(() => embedder.project(modality, part, signal), signal));
  }
  return parts.flat();
}
