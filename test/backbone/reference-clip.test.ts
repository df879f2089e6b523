import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackboneInput } from '../../src/backbone/backbone.ts';
import { backboneManifestSchema } from '../../src/backbone/manifest.ts';
import { prepareInput } from '../../src/backbone/prepare-input.ts';
import { createResizer } from '../../src/media/resize.ts';
import { norm } from '../../src/shared/vector-math.ts';
import { largestDifference, REFERENCE_DIR, readBytes, readFloats, readImages } from '../support/reference.ts';
import { createReferenceBackbones } from '../support/reference-backbones.ts';
import { TINY_CLIP } from '../support/tiny-backbones.ts';

/** Suggested by the reference, for float32 on a CPU. */
const LIMIT = { pixelValues: 1e-5, features: 1e-4, batch: 1e-5 };

describe.skipIf(!REFERENCE_DIR)("CLIP's reference (skipped: set REFERENCE_DIR)", () => {
  let backbones: ReturnType<typeof createReferenceBackbones>;
  beforeAll(() => {
    backbones = createReferenceBackbones();
  });
  afterAll(() => backbones.close());

  const size = { widthPixels: 224, heightPixels: 224 };
  const input = TINY_CLIP.input;
  if (input.kind !== 'frames' || !input.resize || input.resize.by === 'decoder') throw new Error('no resize');
  const { resize } = input;
  const images = REFERENCE_DIR ? readImages() : [];

  it('resizes and crops all images to the very bytes', () => {
    expect(images).toHaveLength(9);
    for (const { name, pixels, ...source } of images) {
      const golden = readBytes('clip/preprocess', `${name}.rgb`);
      expect(Buffer.compare(createResizer(source, size, resize)(pixels), golden), name).toBe(0);
    }
  });

  it('normalises pixels', () => {
    const full = ['landscape-320x180', 'portrait-181x317', 'strip-1000x37', 'wide-640x360'];
    const manifest = backboneManifestSchema.parse({ ...TINY_CLIP, sha256: '0'.repeat(64) });
    for (const name of full) {
      const data = readBytes('clip/preprocess', `${name}.rgb`);
      const prepared = prepareInput({ type: 'uint8', data, dims: [1, 1, 224, 224, 3] }, manifest.input);
      const golden = readFloats('clip/preprocess', `${name}.pixel_values`);
      expect(prepared.dims).toEqual([1, ...golden.shape]);
      expect(largestDifference(prepared.data as Float32Array, golden.data), name).toBeLessThan(
        LIMIT.pixelValues,
      );
    }
  });

  it('embeds frames alone and together, and averages the unit embeddings of a segment', async () => {
    const raw = { ...TINY_CLIP, output: { ...TINY_CLIP.output, normalisation: 'none' as const } };
    const golden = readFloats('clip/golden/image_embeds');
    const rows = images.map((_, row) => golden.data.slice(row * 24, (row + 1) * 24));
    const frames = images.map(({ name }) => readBytes('clip/preprocess', `${name}.rgb`));
    const one = (pixels: Uint8Array): BackboneInput => ({ pixels, count: 1 });

    const plain = await backbones.open({ ...raw, id: 'plain' }, 'clip/vision_model.onnx');
    const together = await plain.extract(frames.map(one));
    for (const [row, frame] of frames.entries()) {
      expect(largestDifference(together[row], rows[row]), images[row].name).toBeLessThan(LIMIT.features);
      const [alone] = await plain.extract([one(frame)]);
      expect(largestDifference(together[row], alone)).toBeLessThan(LIMIT.batch);
    }

    const unit = await backbones.open(TINY_CLIP, 'clip/vision_model.onnx');
    const segment = { pixels: Buffer.concat(frames), count: frames.length };
    const [pooled] = await unit.extract([segment]);
    const expected = Array.from({ length: 24 }, (_, at) =>
      rows.reduce((sum, row) => sum + row[at] / norm(row) / rows.length, 0),
    );
    expect(largestDifference(pooled, expected)).toBeLessThan(LIMIT.features);
  });
});
