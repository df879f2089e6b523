import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackboneManifest, backboneManifestSchema } from '../../src/backbone/manifest.ts';
import { CLIP_VIT_B32, MERT_V1_95M } from '../../src/backbone/paper-backbones.ts';
import { prepareInput } from '../../src/backbone/prepare-input.ts';
import { reduceOutput } from '../../src/backbone/reduce-output.ts';
import { IntegrityError } from '../../src/shared/errors.ts';
import { createRandom } from '../../src/shared/random.ts';
import { largestDifference } from '../support/reference.ts';

const sha256 = '0'.repeat(64);

describe('prepareInput', () => {
  const [batch, frames, height, width] = [2, 3, 4, 5];
  const random = createRandom(2);
  const bytes = Uint8Array.from({ length: batch * frames * height * width * 3 }, () => random.integer(256));
  const byteAt = (b: number, f: number, y: number, x: number, channel: number) =>
    bytes[(((b * frames + f) * height + y) * width + x) * 3 + channel];
  const mean: [number, number, number] = [0.1, 0.2, 0.3];
  const deviation: [number, number, number] = [0.5, 0.4, 0.3];

  it.each([
    ['batch-frames-height-width-rgb', [batch, frames, height, width, 3]],
    ['batch-frames-rgb-height-width', [batch, frames, 3, height, width]],
    ['batch-height-width-rgb', [batch * frames, height, width, 3]],
    ['batch-rgb-height-width', [batch * frames, 3, height, width]],
  ] as const)('lays pixels out as %s, as bytes and normalised', (layout, dims) => {
    const hasFrames = layout.includes('frames');
    const isChannelsFirst = layout.includes('rgb-height');
    for (const pixels of [{ type: 'uint8' as const }, { type: 'float32' as const, mean, deviation }]) {
      const { input } = backboneManifestSchema.parse({
        ...CLIP_VIT_B32,
        sha256,
        input: { ...CLIP_VIT_B32.input, layout, pixels },
      });
      // Frames that are rows by themselves come as windows of one.
      const rows = hasFrames ? [batch, frames] : [batch * frames, 1];
      const prepared = prepareInput(
        { type: 'uint8', data: bytes.slice(), dims: [...rows, height, width, 3] },
        input,
      );
      expect(prepared.dims).toEqual(dims);
      expect(prepared.type).toBe(pixels.type);
      const expected: number[] = [];
      const push = (b: number, f: number, y: number, x: number, channel: number) => {
        const byte = byteAt(b, f, y, x, channel);
        expected.push(pixels.type === 'uint8' ? byte : (byte / 255 - mean[channel]) / deviation[channel]);
      };
      const each = (length: number, visit: (i: number) => void) => {
        for (let i = 0; i < length; i++) visit(i);
      };
      each(batch, (b) =>
        each(frames, (f) =>
          isChannelsFirst
            ? each(3, (c) => each(height, (y) => each(width, (x) => push(b, f, y, x, c))))
            : each(height, (y) => each(width, (x) => each(3, (c) => push(b, f, y, x, c)))),
        ),
      );
      expect(largestDifference(prepared.data as Float32Array, expected)).toBeLessThan(1e-6);
    }
  });

  it('gives every window a mean of 0 and a variance of 1, by itself, and a channel where one is asked for', () => {
    const { input } = backboneManifestSchema.parse({
      ...MERT_V1_95M,
      sha256,
      input: { ...MERT_V1_95M.input, layout: 'batch-channel-samples' },
    });
    const quiet = Float32Array.from({ length: 500 }, () => 0.01 * random.normal() + 0.2);
    const loud = Float32Array.from({ length: 500 }, () => 3 * random.normal() - 5);
    const data = Float32Array.of(...quiet, ...loud);
    const { data: values, dims } = prepareInput({ type: 'float32', data, dims: [2, 500] }, input);
    expect(dims).toEqual([2, 1, 500]);
    for (const row of [values.slice(0, 500), values.slice(500)] as Float32Array[]) {
      const average = row.reduce((sum, value) => sum + value, 0) / 500;
      const variance = row.reduce((sum, value) => sum + (value - average) ** 2, 0) / 500;
      expect(Math.abs(average)).toBeLessThan(1e-6);
      expect(Math.abs(variance - 1)).toBeLessThan(2e-3);
    }
  });
});

describe('reduceOutput', () => {
  type Output = BackboneManifest['output'];
  const sizes = { batch: 3, layers: 4, time: 5, dimension: 6 };
  const toOutput = (changes: Partial<Output>): Output => ({
    name: 'states',
    dimension: sizes.dimension,
    axes: ['batch', 'dimension'],
    pooling: 'mean',
    normalisation: 'none',
    ...changes,
  });
  const axesArbitrary = fc
    .subarray(['layers', 'time'] as const)
    .chain((axes) => fc.shuffledSubarray([...axes, 'dimension' as const], { minLength: axes.length + 1 }))
    .map((axes): Output['axes'] => ['batch', ...axes]);
  const chosen = fc.option(fc.subarray([0, 1, 2, 3], { minLength: 1 }), { nil: undefined });

  it('averages layers and time wherever the axes lie', () => {
    fc.assert(
      fc.property(axesArbitrary, chosen, fc.boolean(), fc.nat(), (axes, layers, isUnit, seed) => {
        const random = createRandom(seed);
        const dims = axes.map((axis) => sizes[axis]);
        const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal());
        const hasLayers = axes.includes('layers');
        const output = toOutput({
          axes,
          normalisation: isUnit ? 'unit' : 'none',
          ...(hasLayers && layers ? { layers } : {}),
        });
        const sums = Array.from({ length: sizes.batch }, () => new Array<number>(sizes.dimension).fill(0));
        let count = 0;
        data.forEach((value, flat) => {
          let rest = flat;
          const at: Record<string, number> = {};
          for (let axis = axes.length - 1; axis >= 0; axis--) {
            at[axes[axis]] = rest % dims[axis];
            rest = Math.floor(rest / dims[axis]);
          }
          if (hasLayers && layers && !layers.includes(at.layers)) return;
          sums[at.batch][at.dimension] += value;
          count += 1 / (sizes.batch * sizes.dimension);
        });
        const expected = sums.flatMap((row) => {
          const divisor = isUnit ? Math.hypot(...row) : count;
          return row.map((sum) => sum / divisor);
        });
        const reduced = reduceOutput({ type: 'float32', data, dims }, output, sizes.batch);
        expect(reduced.dims).toEqual([sizes.batch, sizes.dimension]);
        expect(largestDifference(reduced.data as Float32Array, expected)).toBeLessThan(1e-5);
      }),
    );
  });

  it('leaves zeros without direction as they are', () => {
    const zeros = { type: 'float32' as const, data: new Float32Array(6), dims: [1, 6] };
    expect(reduceOutput(zeros, toOutput({ normalisation: 'unit' }), 1).data).toEqual(new Float32Array(6));
  });

  it('refuses another shape than the manifest says', () => {
    const of = (dims: number[], fill = 1) => ({
      type: 'float32' as const,
      data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(fill),
      dims,
    });
    const layered = toOutput({ axes: ['batch', 'layers', 'dimension'], layers: [1, 4] });
    expect(() => reduceOutput(undefined, layered, 2)).toThrow(/gave nothing as states/);
    expect(() => reduceOutput(of([2, 6]), layered, 2)).toThrow(
      'The graph gave float32 [2, 6] as states, where its manifest says float32 [2, layers, 6] with layers up to 4.',
    );
    expect(() => reduceOutput(of([2, 4, 6]), layered, 2)).toThrow(IntegrityError);
    expect(() => reduceOutput(of([1, 5, 6]), layered, 2)).toThrow(IntegrityError);
    expect(reduceOutput(of([2, 5, 6]), layered, 2).dims).toEqual([2, 6]);
  });
});
