import { describe, expect, it } from 'vitest';
import { type BackboneManifestFile, backboneManifestSchema } from '../../src/backbone/manifest.ts';
import type { TensorSlot, TensorType } from '../../src/backbone/onnx/tensor.ts';
import { CLIP_VIT_B32, MERT_V1_95M } from '../../src/backbone/paper-backbones.ts';
import { verifyGraph } from '../../src/backbone/verify-graph.ts';
import { IntegrityError } from '../../src/shared/errors.ts';

type Unhashed = Omit<BackboneManifestFile, 'sha256'>;

const slot = (name: string, dims: (number | string)[], type: TensorType = 'float32'): TensorSlot => ({
  name,
  type,
  dims,
});

/** What is said of a graph; nothing where it is as the manifest says. */
function differencesOf(manifest: Unhashed, inputs: TensorSlot[], outputs: TensorSlot[]): string[] {
  const parsed = backboneManifestSchema.parse({ ...manifest, sha256: '0'.repeat(64) });
  try {
    verifyGraph(parsed, 'backbone.onnx', { inputs, outputs });
    return [];
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return error.message.split('\n  ').slice(1);
  }
}

const pixels = slot('pixel_values', ['batch', 3, 224, 224]);
const embeds = slot('image_embeds', ['batch', 512]);
const values = slot('input_values', ['batch', 'samples']);
const means = slot('layer_means', ['batch', 13, 768]);

describe('verifyGraph', () => {
  it('takes graphs with all axes open, and outputs that are not used', () => {
    expect(differencesOf(CLIP_VIT_B32, [pixels], [embeds])).toEqual([]);
    const open = slot('pixel_values', ['b', 'c', 'h', 'w']);
    expect(differencesOf(CLIP_VIT_B32, [open], [embeds, slot('last_hidden_state', [1, 2, 3, 4])])).toEqual(
      [],
    );
    expect(differencesOf(MERT_V1_95M, [values], [means])).toEqual([]);
  });

  it('names every difference', () => {
    const inputs = [slot('pixel_values', ['batch', 224, 224, 3], 'uint8'), slot('mask', ['batch'])];
    expect(differencesOf(CLIP_VIT_B32, inputs, [slot('image_embeds', [4, 768], 'float64')])).toEqual([
      'it has the input mask, which the manifest does not name',
      'its input pixel_values is of uint8, not of float32',
      'its input pixel_values has 224 along rgb, not 3',
      'its input pixel_values has 3 along width, not 224',
      'its output image_embeds is of float64, not of float32',
      'its output image_embeds has a batch fixed at 4; only 1 with a maxBatch of 1 can be run',
      'its output image_embeds has 768 along dimension, not 512',
    ]);
  });

  it('names what is missing, and other ranks', () => {
    expect(
      differencesOf(MERT_V1_95M, [slot('audio', ['b', 's'])], [slot('states', ['b', 't', 768])]),
    ).toEqual([
      'it has the input audio, which the manifest does not name',
      'it has no input input_values',
      'it has no output layer_means; it has states',
    ]);
    expect(
      differencesOf(
        MERT_V1_95M,
        [slot('input_values', ['b', 1, 's'])],
        [slot('layer_means', ['b', 12, 768])],
      ),
    ).toEqual([
      'its input input_values is [b, 1, s], not [batch, samples]',
      'its output layer_means has 12 layers, none of them 12',
    ]);
  });

  it('wants windows of the length that a graph is fixed to, and never a shorter one', () => {
    const fixed = [slot('input_values', ['batch', 120_000])];
    expect(differencesOf(MERT_V1_95M, fixed, [means])).toEqual([
      'its input input_values takes exactly 120000 samples: the manifest needs a window of as many, whose remainder is not alone',
    ]);
    const cut = (samples: number): Unhashed => ({
      ...MERT_V1_95M,
      input: { ...MERT_V1_95M.input, window: { samples, remainder: 'overlapping' } } as Unhashed['input'],
    });
    expect(differencesOf(cut(120_000), fixed, [means])).toEqual([]);
    expect(differencesOf(cut(96_000), fixed, [means])).toEqual([
      'its input input_values has 120000 along samples, not 96000',
    ]);
  });

  it('takes a batch that is fixed to 1 only for a maxBatch of 1', () => {
    const single = [slot('pixel_values', [1, 3, 224, 224])];
    expect(differencesOf(CLIP_VIT_B32, single, [embeds])).toHaveLength(1);
    expect(differencesOf({ ...CLIP_VIT_B32, maxBatch: 1 }, single, [embeds])).toEqual([]);
  });
});
