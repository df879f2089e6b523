import { describe, expect, it } from 'vitest';
import { LITE_BACKBONES } from '../../src/backbone/lite/lite-backbones.ts';
import { backboneManifestSchema } from '../../src/backbone/manifest.ts';
import { CLIP_VIT_B32, MERT_V1_95M } from '../../src/backbone/paper-backbones.ts';

const sha256 = 'a'.repeat(64);
const clip = { ...CLIP_VIT_B32, sha256 };
const mert = { ...MERT_V1_95M, sha256 };
const text = {
  file: 'text.onnx',
  sha256,
  tokenizer: { kind: 'clip-bpe', file: 'tokenizer.json', sha256 },
  input: { idsName: 'ids', type: 'int64', contextLength: 77 },
  output: { name: 'text' },
  maxBatch: 8,
};

/** Where each fault lies, and what it says. */
function faultsOf(manifest: unknown): string[] {
  const parsed = backboneManifestSchema.safeParse(manifest);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('backboneManifestSchema', () => {
  it('takes the built-in backbones and those of the paper', () => {
    for (const manifest of [clip, mert, ...LITE_BACKBONES.map((lite) => ({ ...lite.manifest, sha256 }))]) {
      expect(faultsOf(manifest)).toEqual([]);
    }
  });

  it('reads what lite backbones leave out as what they have always done', () => {
    const [audio, vision] = LITE_BACKBONES.map(({ manifest }) =>
      backboneManifestSchema.parse({ ...manifest, sha256 }),
    );
    expect(audio.input).toMatchObject({ normalisation: { kind: 'none' } });
    expect(vision.input).toMatchObject({ resize: { by: 'decoder' }, pixels: { type: 'uint8' } });
    expect(audio.output).toMatchObject({ axes: ['batch', 'dimension'], normalisation: 'none' });
  });

  it.each<[string, unknown, string]>([
    ['a field that it does not know', { ...clip, normalization: 'unit' }, 'Unrecognized key'],
    ['sound for VIDEO', { ...clip, input: mert.input }, 'input.kind: must be frames for VIDEO'],
    [
      'a graph that pools, and windows',
      {
        ...mert,
        output: { ...mert.output, axes: ['batch', 'dimension'], layers: undefined, pooling: 'graph' },
      },
      'output.pooling: must be mean where segments are cut',
    ],
    [
      'a graph that pools, and an axis of time',
      {
        ...mert,
        input: { ...mert.input, window: undefined },
        output: { name: 'states', dimension: 8, axes: ['batch', 'time', 'dimension'], pooling: 'graph' },
      },
      'output.pooling: must be mean where the output has axes of layers or time',
    ],
    [
      'layers without their axis',
      { ...mert, output: { ...mert.output, axes: ['batch', 'dimension'] } },
      'output.layers: needs an axis of layers',
    ],
    [
      'axes without a dimension',
      { ...mert, output: { ...mert.output, axes: ['batch', 'layers'] } },
      'output.axes: must start with batch',
    ],
    [
      'a window that the graph cannot take',
      { ...mert, input: { ...mert.input, window: { samples: 399, remainder: 'alone' } } },
      'input.window: is shorter than the 400',
    ],
    [
      'windows of single frames',
      { ...clip, input: { ...clip.input, window: { frames: 4, remainder: 'padded' } } },
      'input.window: needs a layout with a frames axis',
    ],
    [
      'a resize that leaves a margin',
      { ...clip, input: { ...clip.input, resize: { by: 'bicubic', fit: 'cover', shorterSidePixels: 223 } } },
      'input.resize.shorterSidePixels: does not cover 224 × 224',
    ],
    [
      'a deviation of nothing',
      {
        ...clip,
        input: { ...clip.input, pixels: { type: 'float32', mean: [0, 0, 0], deviation: [1, 0, 1] } },
      },
      'input.pixels.deviation: must not be 0',
    ],
    [
      'a file outside its folder',
      { ...clip, weightFiles: [{ file: '../weights', sha256 }] },
      'weightFiles.0.file',
    ],
    ['words for sound', { ...mert, text }, 'text: is for backbones of pictures'],
    [
      'one input as ids and mask',
      { ...clip, text: { ...text, input: { ...text.input, maskName: 'ids' } } },
      'text.input.maskName: must differ from idsName',
    ],
    [
      'the graph as its own text tower',
      { ...clip, text: { ...text, file: 'backbone.onnx' } },
      'text.file: names the file backbone.onnx twice',
    ],
    [
      'the manifest as its vocabulary',
      { ...clip, text: { ...text, tokenizer: { ...text.tokenizer, file: 'Manifest.json' } } },
      'text.tokenizer.file: names the file manifest.json twice',
    ],
    [
      'a layer that counts twice',
      { ...mert, output: { ...mert.output, layers: [0, 0] } },
      'output.layers: must name no layer twice',
    ],
    [
      'a picture in months',
      { ...clip, input: { ...clip.input, framesPerSecond: 1e-7 } },
      'input.framesPerSecond: Too small',
    ],
    [
      'pictures that fit nowhere',
      {
        ...clip,
        input: { ...clip.input, widthPixels: 1e6, heightPixels: 224, resize: { by: 'decoder' } },
      },
      'input.widthPixels: Too big',
    ],
  ])('refuses %s', (_, manifest, fault) => {
    expect(faultsOf(manifest)).toEqual([expect.stringContaining(fault)]);
  });

  it('names all faults at once', () => {
    const faults = faultsOf({
      ...clip,
      modality: 'MUSIC',
      maxBatch: 0,
      output: { ...clip.output, pooling: 'sum' },
    });
    expect(faults.join('\n')).toMatch(/maxBatch/);
    expect(faults.join('\n')).toMatch(/output\.pooling/);
  });
});
