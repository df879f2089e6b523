import type { Dimensions, SpaceVectors } from '../head/head.ts';
import type { Modality } from '../media/media.ts';

/** Projects features through a bundle's heads, on the device, batched. */
export interface Embedder {
  readonly bundleId: string;
  readonly dimensions: Dimensions;
  /** Unit vectors of each feature vector, in order. BusyError where the queue is full. */
  project(
    modality: Modality,
    features: readonly Float32Array[],
    signal?: AbortSignal,
  ): Promise<SpaceVectors[]>;
  /** Unit vectors of each text, in order; absent where the bundle reads no texts. BusyError as above. */
  embedTexts?(texts: readonly string[], signal?: AbortSignal): Promise<SpaceVectors[]>;
}
