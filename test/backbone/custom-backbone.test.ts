import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInference } from '../../src/backbone/inference-client.ts';
import { type BackboneRegistry, createBackboneRegistry } from '../../src/backbone/registry.ts';
import { IntegrityError } from '../../src/shared/errors.ts';
import { createRandom } from '../../src/shared/random.ts';
import { DEVICE_UNDER_TEST } from '../support/device-under-test.ts';
import {
  AUDIO_BANDS,
  AUDIO_STEPS,
  bandWaves,
  buildExampleAudioGraph,
  buildExampleVisionGraph,
  readExampleManifest,
  STEP_SAMPLES,
} from '../support/example-backbones.ts';
import { installBackbone } from '../support/install-backbone.ts';
import { largestDifference } from '../support/reference.ts';

const random = createRandom(5);
const WINDOW = AUDIO_STEPS * STEP_SAMPLES;

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, () => 0.3 * random.normal() + 0.1);
}

/** What the guide's graph of sound gives for one window, written out. */
function bandsOf(window: Float32Array): number[] {
  const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
  const variance = window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length;
  const normal = Array.from(window, (value) => (value - mean) / Math.sqrt(variance + 1e-5));
  const [cosines, sines] = [bandWaves(Math.cos), bandWaves(Math.sin)];
  return Array.from({ length: AUDIO_BANDS }, (_, band) => {
    let sum = 0;
    for (let step = 0; step < AUDIO_STEPS; step++) {
      let [real, imaginary] = [0, 0];
      for (let i = 0; i < STEP_SAMPLES; i++) {
        real += normal[step * STEP_SAMPLES + i] * cosines[i * AUDIO_BANDS + band];
        imaginary += normal[step * STEP_SAMPLES + i] * sines[i * AUDIO_BANDS + band];
      }
      sum += Math.log(real ** 2 + imaginary ** 2 + 1e-3);
    }
    return sum / AUDIO_STEPS;
  });
}

/** What the guide's graph of pictures gives for one frame, scaled to length 1. */
function cellsOf(frame: Uint8Array): number[] {
  const sums = new Array<number>(8 * 12 * 3).fill(0);
  for (let y = 0; y < 64; y++) {
    for (let x = 0; x < 96; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const cell = (Math.floor(y / 8) * 12 + Math.floor(x / 8)) * 3 + channel;
        sums[cell] += (frame[(y * 96 + x) * 3 + channel] / 255 - 0.5) / 0.25 / 64;
      }
    }
  }
  const length = Math.hypot(...sums);
  return sums.map((sum) => sum / length);
}

describe('the backbones of docs/custom-backbone.md', () => {
  const inference = createInference({ device: DEVICE_UNDER_TEST });
  let directory: string;
  let registry: BackboneRegistry;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'custom-'));
    registry = createBackboneRegistry({ directory, inference });
    installBackbone(directory, readExampleManifest('example-audio'), buildExampleAudioGraph());
    installBackbone(directory, readExampleManifest('example-vision'), buildExampleVisionGraph());
  });
  afterAll(async () => {
    await registry.close();
    await inference.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('give features of whole windows, of one that ends with the segment, and of repeated sound', async () => {
    const audio = await registry.open('example-audio');
    expect(audio).toMatchObject({ modality: 'MUSIC', dimension: 40, input: { sampleRateHz: 16_000 } });
    const samples = noise(2 * WINDOW + WINDOW / 2);
    const short = noise(WINDOW / 2);
    const [long, repeated] = await audio.extract([{ samples }, { samples: short }]);
    const windows = [0, WINDOW, 1.5 * WINDOW].map((start) => bandsOf(samples.slice(start, start + WINDOW)));
    // The last half second counts as half a window.
    const expected = windows[0].map(
      (_, i) => 0.4 * windows[0][i] + 0.4 * windows[1][i] + 0.2 * windows[2][i],
    );
    expect(largestDifference(long, expected)).toBeLessThan(1e-4);
    expect(largestDifference(repeated, bandsOf(Float32Array.of(...short, ...short)))).toBeLessThan(1e-4);
  });

  it('give features of frames in their own layout', async () => {
    const vision = await registry.open('example-vision');
    expect(vision.input).toMatchObject({ framesPerSecond: 2, resize: { by: 'bilinear', fit: 'stretch' } });
    const frames = Array.from({ length: 20 }, () =>
      Uint8Array.from({ length: 64 * 96 * 3 }, () => random.integer(256)),
    );
    const [features] = await vision.extract([{ pixels: Buffer.concat(frames), count: frames.length }]);
    const cells = frames.map(cellsOf);
    const expected = cells[0].map((_, i) => cells.reduce((sum, row) => sum + row[i] / cells.length, 0));
    expect(largestDifference(features, expected)).toBeLessThan(1e-5);
  });

  it('are told apart by what their manifests say, as their features are', async () => {
    const { sha256 } = await registry.open('example-vision');
    const path = join(directory, 'example-vision', 'manifest.json');
    const text = await readFile(path, 'utf8');
    const openWith = async (changed: string) => {
      await writeFile(path, changed);
      const other = createBackboneRegistry({ directory, inference });
      const opened = await other.open('example-vision');
      await other.close();
      return opened.sha256;
    };
    expect(await openWith(text.replace('"framesPerSecond": 2', '"framesPerSecond": 1'))).not.toBe(sha256);
    expect(await openWith(text.replace('example.org/vision', 'example.org/elsewhere'))).toBe(sha256);
    expect(await openWith(text)).toBe(sha256);
  });

  it.each<[string, RegExp]>([
    ['"samples": 16000', /input waveform has 16000 along samples, not 12000/],
    ['"name": "states"', /no output other; it has states/],
    ['"dimension": 40', /output states has 40 along dimension, not 12000/],
  ])('are refused where %s is another', async (field, message) => {
    const manifest = JSON.stringify({ ...readExampleManifest('example-audio'), id: 'changed' });
    const name = field.split(':')[0];
    const changed = manifest.replace(
      field.replace(': ', ':'),
      `${name}:${name === '"name"' ? '"other"' : 12_000}`,
    );
    installBackbone(directory, JSON.parse(changed), buildExampleAudioGraph());
    const refused = registry.open('changed');
    await expect(refused).rejects.toThrow(IntegrityError);
    await expect(refused).rejects.toThrow(message);
  });

  it('are refused by the same words on a device that is warmed up with what the manifest says, there or not', async () => {
    const manifest = readExampleManifest('example-audio');
    installBackbone(
      directory,
      { ...manifest, id: 'renamed', input: { ...manifest.input, name: 'sound' } },
      buildExampleAudioGraph(),
    );
    const accelerated = createInference({ device: 'webgpu' });
    const refused = createBackboneRegistry({ directory, inference: accelerated }).open('renamed');
    await expect(refused).rejects.toThrow(IntegrityError);
    await expect(refused).rejects.toThrow(/it has no input sound/);
    await accelerated.close();
  });
});
