import type { BackboneManifestFile } from '../manifest.ts';
import { CLIP_VIT_B32, MERT_V1_95M, type PaperManifest } from '../paper-backbones.ts';

/** A backbone that lies on the hub, with everything about it known beforehand. */
export interface PublishedBackbone {
  kind: 'published';
  manifest: BackboneManifestFile;
  repository: string;
  /** A commit: what it holds never changes. */
  revision: string;
  /** Where each file that the manifest names lies in the repository. */
  locations: Record<string, { path: string; sizeBytes: number }>;
}

/** A backbone that nobody is sure to publish as ONNX: it is exported once, from weights on the hub. */
export interface ExportedBackbone {
  kind: 'exported';
  manifest: PaperManifest;
  /** Makes its folder, which is the command's last word; to be run in the project's root. */
  exportCommand: string;
  /** Where a mirror keeps what was exported. On the public hub that name is nobody's, so it is not asked for there. */
  mirrorRepository: string;
}

export type CatalogueEntry = PublishedBackbone | ExportedBackbone;

/**
 * CLIP ViT-B/32 as two float32 graphs. Sizes and hashes are those on record for this commit with many independent users
 * of the repository; the hub states them for the graphs too, and `models pull` compares all three.
 */
const CLIP: PublishedBackbone = {
  kind: 'published',
  repository: 'Xenova/clip-vit-base-patch32',
  revision: 'd15189d7028b43f1d3e65039190477f6af591c2a',
  manifest: {
    ...CLIP_VIT_B32,
    sha256: 'fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40',
    text: {
      file: 'text.onnx',
      sha256: '3f6571f5bad13a97c469c1622e1cfc4d9aef78b79fdbfcff804ca357bfada8cc',
      tokenizer: {
        kind: 'clip-bpe',
        file: 'tokenizer.json',
        sha256: 'f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd',
      },
      // The graph takes no mask: attention looks back only, and the model pools at the first end token.
      input: { idsName: 'input_ids', type: 'int64', contextLength: 77 },
      output: { name: 'text_embeds' },
      maxBatch: 32,
    },
  },
  locations: {
    'backbone.onnx': { path: 'onnx/vision_model.onnx', sizeBytes: 351_685_709 },
    'text.onnx': { path: 'onnx/text_model.onnx', sizeBytes: 254_058_553 },
    'tokenizer.json': { path: 'tokenizer.json', sizeBytes: 2_224_119 },
  },
};

const MERT: ExportedBackbone = {
  kind: 'exported',
  manifest: MERT_V1_95M,
  exportCommand: 'python export/export_mert.py --out',
  mirrorRepository: 'control-mvr/mert-v1-95m',
};

/** Every backbone that `models pull` knows by name. */
export const CATALOGUE: readonly CatalogueEntry[] = [CLIP, MERT];
