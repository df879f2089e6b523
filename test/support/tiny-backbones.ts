import { CLIP_VIT_B32, MERT_V1_95M, type PaperManifest } from '../../src/backbone/paper-backbones.ts';

/** The manifests of the paper's backbones, fitted to the reference's tiny graphs in nothing but their sizes. */
export const TINY_CLIP: PaperManifest = {
  ...CLIP_VIT_B32,
  output: { ...CLIP_VIT_B32.output, dimension: 24 },
};

export const TINY_MERT: PaperManifest = {
  ...MERT_V1_95M,
  output: { ...MERT_V1_95M.output, dimension: 32, layers: [0, 1, 2, 3] },
};
