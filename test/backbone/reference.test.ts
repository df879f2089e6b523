import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackboneInput } from '../../src/backbone/backbone.ts';
import { createInference } from '../../src/backbone/inference-client.ts';
import { backboneManifestSchema } from '../../src/backbone/manifest.ts';
import type { PaperManifest } from '../../src/backbone/paper-backbones.ts';
import { prepareInput } from '../../src/backbone/prepare-input.ts';
import { type BackboneRegistry, createBackboneRegistry } from '../../src/backbone/registry.ts';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { createResizer } from '../../src/media/resize.ts';
import { norm } from '../../src/shared/vector-math.ts';
import { collect, LIMITS } from '../media/make-media.ts';
import { DEVICE_UNDER_TEST } from '../support/device-under-test.ts';
import { installBackbone } from '../support/install-backbone.ts';
import {
  largestDifference,
  REFERENCE_DIR,
  readBytes,
  readDocument,
  readFloats,
  readImages,
  referencePath,
} from '../support/reference.ts';
import { TINY_CLIP, TINY_MERT } from '../support/tiny-backbones.ts';

/** Suggested by the reference, for float32 on a CPU. */
const LIMIT = { pixelValues: 1e-5, inputValues: 1e-5, features: 1e-4, hiddenStates: 1e-3, batch: 1e-5 };

interface Clip {
  name: string;
  samples: number;
  layer_means: number[][];
}

describe.skipIf(!REFERENCE_DIR)('reference backbones (skipped: set REFERENCE_DIR)', () => {
  const inference = createInference({ device: DEVICE_UNDER_TEST });
  const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });
  let directory: string;
  let registry: BackboneRegistry;

  /** Installs a graph under a manifest and opens it. */
  const open = (manifest: PaperManifest, ...graph: string[]) => {
    installBackbone(directory, manifest, referencePath(...graph));
    return registry.open(manifest.id);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reference-'));
    registry = createBackboneRegistry({ directory, inference });
  });
  afterAll(async () => {
    await registry.close();
    await inference.close();
    await reader.close();
    await rm(directory, { recursive: true, force: true });
  });

  describe('CLIP', () => {
    const size = { widthPixels: 224, heightPixels: 224 };
    const input = TINY_CLIP.input;
    if (input.kind !== 'frames' || !input.resize || input.resize.by === 'decoder')
      throw new Error('no resize');
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

      const plain = await open({ ...raw, id: 'plain' }, 'clip/vision_model.onnx');
      const together = await plain.extract(frames.map(one));
      for (const [row, frame] of frames.entries()) {
        expect(largestDifference(together[row], rows[row]), images[row].name).toBeLessThan(LIMIT.features);
        const [alone] = await plain.extract([one(frame)]);
        expect(largestDifference(together[row], alone)).toBeLessThan(LIMIT.batch);
      }

      const unit = await open(TINY_CLIP, 'clip/vision_model.onnx');
      const segment = { pixels: Buffer.concat(frames), count: frames.length };
      const [pooled] = await unit.extract([segment]);
      const expected = Array.from({ length: 24 }, (_, at) =>
        rows.reduce((sum, row) => sum + row[at] / norm(row) / rows.length, 0),
      );
      expect(largestDifference(pooled, expected)).toBeLessThan(LIMIT.features);
    });
  });

  describe('MERT', () => {
    const clips: Clip[] = REFERENCE_DIR ? readDocument('mert/golden/clips.json') : [];
    const rule = { segmentSeconds: 10, hopSeconds: 10 };
    const decode = async (name: string) => {
      const path = referencePath('mert/audio', `${name}.wav`);
      const [segment] = await collect(reader.readWaveform(path, { sampleRateHz: 24_000, rule }));
      return segment.samples;
    };
    const meanOf = (rows: readonly ArrayLike<number>[]) =>
      Array.from(rows[0], (_, at) => rows.reduce((sum, row) => sum + row[at], 0) / rows.length);

    it('normalises what our decoder reads', async () => {
      const manifest = backboneManifestSchema.parse({ ...TINY_MERT, sha256: '0'.repeat(64) });
      for (const name of ['sweep', 'short-31237']) {
        const data = await decode(name);
        const { data: values } = prepareInput(
          { type: 'float32', data, dims: [1, data.length] },
          manifest.input,
        );
        const golden = readFloats('mert/golden', `${name}.input_values`);
        expect(largestDifference(values as Float32Array, golden.data), name).toBeLessThan(LIMIT.inputValues);
      }
      const silence = await decode('silence');
      const prepared = prepareInput(
        { type: 'float32', data: silence, dims: [1, silence.length] },
        manifest.input,
      );
      expect((prepared.data as Float32Array).every((value) => value === 0)).toBe(true);
    });

    it('takes the layers it is told, of every sound', async () => {
      expect(clips).toHaveLength(7);
      for (const layers of [[0, 1, 2, 3], [2], [1, 3]]) {
        const id = `means-${layers.join('')}`;
        const output = { ...TINY_MERT.output, layers };
        const backbone = await open({ ...TINY_MERT, id, output }, 'mert/layer_means.onnx');
        for (const { name, layer_means } of clips) {
          const [features] = await backbone.extract([{ samples: await decode(name) }]);
          const expected = meanOf(layers.map((layer) => layer_means[layer]));
          expect(largestDifference(features, expected), name).toBeLessThan(LIMIT.features);
        }
      }
    });

    it('reads an export that gives states over time, all layers or the last alone', async () => {
      const golden = readFloats('mert/golden/sweep.hidden_states');
      const [layerCount, frameCount, dimension] = golden.shape;
      const at = (layer: number, frame: number, i: number) =>
        golden.data[(layer * frameCount + frame) * dimension + i];
      const meanOfLayer = (layer: number) =>
        Array.from(
          { length: dimension },
          (_, i) =>
            Array.from({ length: frameCount }, (_, frame) => at(layer, frame, i)).reduce((a, b) => a + b) /
            frameCount,
        );
      const samples = await decode('sweep');
      const last = await open(
        {
          ...TINY_MERT,
          id: 'last',
          output: {
            name: 'last_hidden_state',
            dimension,
            axes: ['batch', 'time', 'dimension'],
            pooling: 'mean',
          },
        },
        'mert/model.onnx',
      );
      const [ofLast] = await last.extract([{ samples }]);
      expect(largestDifference(ofLast, meanOfLayer(layerCount - 1))).toBeLessThan(LIMIT.features);

      const all = await open(
        {
          ...TINY_MERT,
          id: 'all',
          output: {
            ...TINY_MERT.output,
            name: 'hidden_states',
            axes: ['batch', 'layers', 'time', 'dimension'],
          },
        },
        'mert/model.onnx',
      );
      const [ofAll] = await all.extract([{ samples }]);
      expect(largestDifference(ofAll, meanOf([0, 1, 2, 3].map(meanOfLayer)))).toBeLessThan(LIMIT.features);
    });

    it('joins windows of 5 s to a segment, a shorter rest by its length and never padded', async () => {
      const backbone = await open({ ...TINY_MERT, id: 'windows' }, 'mert/layer_means.onnx');
      const [sweep, noise, rest] = await Promise.all(['sweep', 'noise', 'short-31237'].map(decode));
      const join = (...parts: Float32Array[]) => {
        const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const part of parts) {
          samples.set(part, at);
          at += part.length;
        }
        return { samples };
      };
      const [ofSweep, ofNoise, ofRest] = await backbone.extract(
        [sweep, noise, rest].map((part) => join(part)),
      );
      const [two, three, stub] = await backbone.extract([
        join(sweep, noise),
        join(sweep, noise, rest),
        join(sweep, rest.subarray(0, 399)),
      ]);
      expect(largestDifference(two, meanOf([ofSweep, ofNoise]))).toBeLessThan(LIMIT.batch);
      const seconds = [sweep.length, noise.length, rest.length];
      const total = seconds.reduce((a, b) => a + b);
      const weighted = Array.from(ofSweep, (_, i) =>
        [ofSweep, ofNoise, ofRest].reduce((sum, row, at) => sum + (row[i] * seconds[at]) / total, 0),
      );
      expect(largestDifference(three, weighted)).toBeLessThan(LIMIT.batch);
      // Fewer samples than the graph takes are left out at the end of a segment, and refused by themselves.
      expect(largestDifference(stub, ofSweep)).toBeLessThan(LIMIT.batch);
      await expect(backbone.extract([{ samples: rest.subarray(0, 399) }])).rejects.toMatchObject({
        code: 'NO_AUDIO',
      });
    });
  });
});
