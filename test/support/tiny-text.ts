import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackboneManifestFile } from '../../src/backbone/manifest.ts';
import { installBackbone } from './install-backbone.ts';
import { referencePath } from './reference.ts';
import { TINY_CLIP } from './tiny-backbones.ts';

type TextPart = NonNullable<BackboneManifestFile['text']>;

const TEXT_FILE = 'text.onnx';
const TOKENIZER_FILE = 'tokenizer.json';

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** What the manifest says of the reference's tiny text tower, with or without a mask. */
export function tinyText({
  masked = false,
  ...changes
}: Partial<TextPart> & { masked?: boolean } = {}): TextPart {
  return {
    file: TEXT_FILE,
    sha256: sha256Of(textGraphPath(masked)),
    tokenizer: {
      kind: 'clip-bpe',
      file: TOKENIZER_FILE,
      sha256: sha256Of(referencePath('clip/tokenizer/tokenizer.json')),
    },
    input: {
      idsName: 'input_ids',
      ...(masked && { maskName: 'attention_mask' }),
      type: 'int64',
      contextLength: 77,
    },
    output: { name: 'text_embeds' },
    maxBatch: 8,
    ...changes,
  };
}

/** Both tiny towers of CLIP, where the registry finds them. */
export function installTinyClip(directory: string, options: Parameters<typeof tinyText>[0] = {}): void {
  const text = tinyText(options);
  installBackbone(directory, { ...TINY_CLIP, text }, referencePath('clip/vision_model.onnx'));
  const folder = join(directory, TINY_CLIP.id);
  copyFileSync(textGraphPath(options.masked ?? false), join(folder, text.file));
  copyFileSync(referencePath('clip/tokenizer/tokenizer.json'), join(folder, text.tokenizer.file));
}

function textGraphPath(masked: boolean): string {
  return referencePath('clip', masked ? 'text_model_with_mask.onnx' : 'text_model.onnx');
}
