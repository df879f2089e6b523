import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backboneManifestSchema } from '../../src/backbone/manifest.ts';
import { prepareInput } from '../../src/backbone/prepare-input.ts';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { collect, LIMITS } from '../media/make-media.ts';
import {
  largestDifference,
  REFERENCE_DIR,
  readDocument,
  readFloats,
  referencePath,
} from '../support/reference.ts';
import { createReferenceBackbones } from '../support/reference-backbones.ts';
import { TINY_MERT } from '../support/tiny-backbones.ts';

/** Suggested by the reference, for float32 on a CPU. */
const LIMIT = { inputValues: 1e-5, features: 1e-4, hiddenStates: 1e-3, batch: 1e-5 };

/** Sounds whose golden values are there in full. */
const WHOLE = ['sweep', 'short-31237'];

interface Clip {
  name: string;
  samples: number;
  frames: number;
  /** The first and last eight values. */
  input_values: { std: number; first: number[]; last: number[] };
  layer_means: number[][];
}

describe.skipIf(!REFERENCE_DIR)("MERT's reference (skipped: set REFERENCE_DIR)", () => {
  const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });
  let backbones: ReturnType<typeof createReferenceBackbones>;
  beforeAll(() => {
    backbones = createReferenceBackbones();
  });
  afterAll(async () => {
    await backbones.close();
    await reader.close();
  });

  const clips: Clip[] = REFERENCE_DIR ? readDocument('mert/golden/clips.json') : [];
  const hashes = REFERENCE_DIR ? readDocument('files.json') : {};
  const rule = { segmentSeconds: 10, hopSeconds: 10 };
  const decode = async (name: string) => {
    const path = referencePath('mert/audio', `${name}.wav`);
    const [segment] = await collect(reader.readWaveform(path, { sampleRateHz: 24_000, rule }));
    return segment.samples;
  };
  const meanOf = (rows: readonly ArrayLike<number>[]) =>
    Array.from(rows[0], (_, at) => rows.reduce((sum, row) => sum + row[at], 0) / rows.length);

  /** What the graph is fed for a sound, as our decoder reads it. */
  const prepare = async (name: string) => {
    const data = await decode(name);
    const { input } = backboneManifestSchema.parse({ ...TINY_MERT, sha256: '0'.repeat(64) });
    return prepareInput({ type: 'float32', data, dims: [1, data.length] }, input);
  };

  it('normalises what our decoder reads of every sound', async () => {
    expect(clips).toHaveLength(7);
    for (const { name, samples, input_values } of clips) {
      const values = (await prepare(name)).data as Float32Array;
      expect(values, name).toHaveLength(samples);
      for (const [found, golden] of [
        [values.subarray(0, 8), input_values.first],
        [values.subarray(-8), input_values.last],
      ]) {
        expect(largestDifference(found, golden), name).toBeLessThan(LIMIT.inputValues);
      }
      // Silence and a constant become exact zeros.
      if (input_values.std === 0) expect(values.every((value) => value === 0)).toBe(true);
    }
    expect(clips.filter(({ input_values }) => input_values.std === 0)).toHaveLength(2);
    for (const name of WHOLE) {
      const golden = readFloats('mert/golden', `${name}.input_values`);
      const values = (await prepare(name)).data as Float32Array;
      expect(largestDifference(values, golden.data), name).toBeLessThan(LIMIT.inputValues);
    }
  });

  it('gives the golden states of every layer, frame by frame', async () => {
    const path = referencePath('mert/model.onnx');
    const graph = await backbones.inference.open({ path, sha256: hashes['mert/model.onnx'].sha256 });
    const run = async (name: string) => {
      const { hidden_states, last_hidden_state } = await graph.run({ input_values: await prepare(name) });
      return { dims: hidden_states.dims, states: hidden_states.data, last: last_hidden_state.data };
    };
    for (const { name, frames, layer_means } of clips) {
      const { dims } = await run(name);
      expect(dims, name).toEqual([1, layer_means.length, frames, layer_means[0].length]);
    }
    for (const name of WHOLE) {
      const golden = readFloats('mert/golden', `${name}.hidden_states`);
      const { dims, states, last } = await run(name);
      expect(dims, name).toEqual([1, ...golden.shape]);
      expect(largestDifference(states as Float32Array, golden.data), name).toBeLessThan(LIMIT.hiddenStates);
      const ofLastLayer = golden.data.subarray(-last.length);
      expect(last.length, name).toBe(golden.data.length / golden.shape[0]);
      expect(largestDifference(last as Float32Array, ofLastLayer), name).toBeLessThan(LIMIT.hiddenStates);
    }
    await graph.close();
  });

  it('takes the layers it is told, of every sound', async () => {
    for (const layers of [[0, 1, 2, 3], [2], [1, 3]]) {
      const id = `means-${layers.join('')}`;
      const output = { ...TINY_MERT.output, layers };
      const backbone = await backbones.open({ ...TINY_MERT, id, output }, 'mert/layer_means.onnx');
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
    const last = await backbones.open(
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

    const all = await backbones.open(
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
    const backbone = await backbones.open({ ...TINY_MERT, id: 'windows' }, 'mert/layer_means.onnx');
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
    const [ofSweep, ofNoise, ofRest] = await backbone.extract([sweep, noise, rest].map((part) => join(part)));
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
