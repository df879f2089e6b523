import type { BundleManifest } from '../bundle/manifest.ts';
import type { Embedder } from '../embedding/embedding.ts';
import type { Modality } from '../media/media.ts';
import type { Edition } from '../store/vector-store.ts';

/**
 * The loaded bundle and the library that it embedded: heads and vectors that belong together. A request takes
 * one when it starts and keeps it to its end, so that a swap of bundles falls between two requests.
 */
export interface Serving {
  readonly manifest: BundleManifest;
  /** The backbone whose features each modality's heads read. */
  readonly backboneIds: Record<Modality, string>;
  readonly embedder: Embedder;
  readonly edition: Edition;
}
