import { beforeAll, describe, expect, it } from 'vitest';
import { dimensionOf, rangeOf } from '../../../src/backbone/lite/feature-group.ts';
import { TEMPOS_BPM } from '../../../src/backbone/lite/rhythm.ts';
import {
  buildVisionGraph,
  FRAMES_PER_SECOND,
  HEIGHT_PIXELS,
  VISION_FEATURES,
  WIDTH_PIXELS,
} from '../../../src/backbone/lite/vision-graph.ts';
import { createSession, type OnnxSession } from '../../../src/backbone/onnx/runtime.ts';

type Rgb = readonly [number, number, number];
type Painter = (position: { seconds: number; x: number; y: number }) => Rgb | number;

const FRAMES = 10 * FRAMES_PER_SECOND;
let session: OnnxSession;

beforeAll(async () => {
  session = await createSession(buildVisionGraph(), { device: 'cpu' });
});

async function featuresOf(paint: Painter, frames = FRAMES): Promise<Float32Array> {
  const pixels = new Uint8Array(frames * HEIGHT_PIXELS * WIDTH_PIXELS * 3);
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < HEIGHT_PIXELS; y++) {
      for (let x = 0; x < WIDTH_PIXELS; x++) {
        const colour = paint({ seconds: frame / FRAMES_PER_SECOND, x, y });
        pixels.set(typeof colour === 'number' ? [colour, colour, colour] : colour, at);
        at += 3;
      }
    }
  }
  const dims = [1, frames, HEIGHT_PIXELS, WIDTH_PIXELS, 3];
  const outputs = await session.run({ frames: { type: 'uint8', data: pixels, dims } });
  return outputs.features.data as Float32Array;
}

async function groupOf(paint: Painter, name: string): Promise<number[]> {
  const { start, end } = rangeOf(VISION_FEATURES, name);
  return [...(await featuresOf(paint)).slice(start, end)];
}

const indexOfLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));
/** A white bar 6 pixels wide, at a position in pixels. */
const bar = (x: number, position: number) => (Math.abs(x - position) < 3 ? 255 : 20);

describe('the lite vision graph', () => {
  it('gives 145 features in named groups', async () => {
    expect(dimensionOf(VISION_FEATURES)).toBe(145);
    expect(await featuresOf(() => 100)).toHaveLength(145);
  });

  it.each<[string, Rgb, number]>([
    ['red', [255, 0, 0], 0],
    ['yellow', [255, 255, 0], 2],
    ['green', [0, 255, 0], 4],
    ['cyan', [0, 255, 255], 6],
    ['blue', [0, 0, 255], 8],
    ['magenta', [255, 0, 255], 10],
  ])('puts %s in its bin of hue alone', async (_, colour, bin) => {
    const hue = await groupOf(() => colour, 'hue');
    hue.forEach((amount, i) => {
      expect(amount).toBeCloseTo(i === bin ? 1 : 0, 3);
    });
    expect(indexOfLargest(await groupOf(() => colour, 'saturation'))).toBe(5);
  });

  it('counts grey as no hue and finds its value', async () => {
    expect(await groupOf(() => 153, 'hue')).toEqual(new Array(12).fill(0));
    const value = await groupOf(() => 153, 'value');
    value.forEach((share, i) => {
      expect(share).toBeCloseTo(i === 3 ? 1 : 0, 4);
    });
  });

  it('sees where light and colour are', async () => {
    const inMiddleRight: Painter = ({ x, y }) => (x >= 43 && y >= 12 && y < 24 ? [250, 0, 0] : 0);
    expect(indexOfLargest(await groupOf(inMiddleRight, 'gridLuma'))).toBe(5);
    expect(indexOfLargest(await groupOf(inMiddleRight, 'gridRedCyan'))).toBe(5);
    const dither: Painter = ({ x, y }) => (x < 21 && y < 12 ? 255 * ((x + y) % 2) : 128);
    expect(indexOfLargest(await groupOf(dither, 'gridTexture'))).toBe(0);
  });

  it('tells the direction of edges', async () => {
    const stripes = (along: Painter) => groupOf(along, 'edgeOrientation');
    const wave = (phase: number) => 128 + 100 * Math.sin(phase / 2);
    expect(indexOfLargest(await stripes(({ x }) => wave(x)))).toBe(0);
    expect(indexOfLargest(await stripes(({ x, y }) => wave(x + y)))).toBe(2);
    expect(indexOfLargest(await stripes(({ y }) => wave(y)))).toBe(4);
    expect(indexOfLargest(await stripes(({ x, y }) => wave(x - y)))).toBe(6);
  });

  it('measures more motion in what moves more, and where', async () => {
    const [still] = await groupOf(({ x }) => bar(x, 30), 'motion');
    const [slow] = await groupOf(({ x, seconds }) => bar(x, (4 * seconds) % 64), 'motion');
    const [fast] = await groupOf(({ x, seconds }) => bar(x, (20 * seconds) % 64), 'motion');
    expect(still).toBeLessThan(slow - 0.3);
    expect(slow).toBeLessThan(fast - 0.3);
    const inCorner: Painter = ({ x, y, seconds }) =>
      x > 44 && y > 26 ? bar(x, 46 + ((12 * seconds) % 16)) : 20;
    expect(indexOfLargest(await groupOf(inCorner, 'gridMotion'))).toBe(8);
  });

  it('counts cuts, not motion, as cuts', async () => {
    const cutting: Painter = ({ x, y, seconds }) => (Math.floor(seconds / 2) % 2 === 0 ? x * 3 : 255 - y * 6);
    expect((await groupOf(cutting, 'cuts'))[0]).toBeCloseTo(0.4, 1);
    const swinging: Painter = ({ x, seconds }) => bar(x, 32 + 20 * Math.sin(2 * seconds));
    expect(await groupOf(swinging, 'cuts')).toEqual([0]);
  });

  it.each([60, 90, 120, 180])('finds the tempo of a light that pulses at %d BPM', async (beatsPerMinute) => {
    const period = 60 / beatsPerMinute;
    const pulse = await groupOf(({ seconds }) => 40 + 200 * Math.exp(-6 * (seconds % period)), 'lumaPulse');
    expect(Math.abs(TEMPOS_BPM[indexOfLargest(pulse)] - beatsPerMinute)).toBeLessThanOrEqual(5);
  });

  it.each<[string, Painter]>([
    ['black', () => 0],
    ['white', () => 255],
    ['a picture that stands still', ({ x, y }) => (x * 7 + y * 13) % 256],
    ['noise', ({ x, y, seconds }) => (x * 97 + y * 57 + Math.round(seconds * 12) * 131) % 256],
  ])('gives finite features for %s', async (_, paint) => {
    expect((await featuresOf(paint)).every(Number.isFinite)).toBe(true);
    expect((await featuresOf(paint, 60)).every(Number.isFinite)).toBe(true);
  });

  it('finds no pulse in a picture that stands still', async () => {
    const still: Painter = ({ x, y }) => (x * 7 + y * 13) % 256;
    for (const name of ['motionPulse', 'lumaPulse']) {
      for (const strength of await groupOf(still, name)) expect(Math.abs(strength)).toBeLessThan(0.01);
    }
  });
});
