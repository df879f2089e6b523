import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInference } from '../../src/backbone/inference-client.ts';
import { createBackboneRegistry, PROFILES } from '../../src/backbone/registry.ts';
import { IntegrityError, UsageError } from '../../src/shared/errors.ts';
import { createRandom } from '../../src/shared/random.ts';
import { DEVICE_UNDER_TEST } from '../support/device-under-test.ts';
import {
  buildExampleAudioGraph,
  buildExampleVisionGraph,
  readExampleManifest,
} from '../support/example-backbones.ts';
import { moveWeightsOut } from '../support/external-weights.ts';
import { installBackbone } from '../support/install-backbone.ts';

const inference = createInference({ device: DEVICE_UNDER_TEST });
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backbones-'));
});
afterAll(async () => {
  await inference.close();
  await rm(directory, { recursive: true, force: true });
});

function noise(samples: number, seed: number): { samples: Float32Array } {
  const random = createRandom(seed);
  return { samples: Float32Array.from({ length: samples }, () => random.normal() * 0.1) };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

describe('createBackboneRegistry', () => {
  it('writes the lite backbones on first use, whole, and reads them afterwards', async () => {
    const first = createBackboneRegistry({ directory, inference });
    // Two that come at once, as two processes might.
    const second = createBackboneRegistry({ directory, inference });
    const [audio] = await Promise.all([first.open(PROFILES.lite.MUSIC), second.open(PROFILES.lite.MUSIC)]);
    expect(audio).toMatchObject({ id: 'lite-audio-1', modality: 'MUSIC', dimension: 170 });
    expect(audio.input).toEqual({ kind: 'waveform', sampleRateHz: 24_000 });
    expect(await readdir(directory)).toEqual(['lite-audio-1']);
    expect((await readdir(join(directory, 'lite-audio-1'))).sort()).toEqual([
      'backbone.onnx',
      'manifest.json',
    ]);
    expect((await first.readManifest('lite-audio-1')).sha256).toBe(audio.sha256);
    expect(inference.device()?.requested).toBe(DEVICE_UNDER_TEST);
    await Promise.all([first.close(), second.close()]);
  });

  it('extracts the same features alone and in batches of unequal lengths, across callers', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    const audio = await registry.open(PROFILES.lite.MUSIC);
    const segments = [
      noise(240_000, 1),
      noise(160_000, 2),
      noise(240_000, 3),
      noise(1_000, 4),
      noise(240_000, 5),
    ];
    const together = await Promise.all([
      audio.extract(segments.slice(0, 2)),
      audio.extract(segments.slice(2)),
    ]);
    for (const [i, features] of together.flat().entries()) {
      const [alone] = await audio.extract([segments[i]]);
      expect(features).toHaveLength(audio.dimension);
      expect(largestDifference(features, alone)).toBeLessThan(1e-4);
    }
    await registry.close();
  });

  it('repeats a short segment until it is long enough', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    const audio = await registry.open(PROFILES.lite.MUSIC);
    const { samples } = noise(50_000, 6);
    const repeated = new Float32Array(120_000);
    repeated.set(samples);
    repeated.set(samples, 50_000);
    repeated.set(samples.subarray(0, 20_000), 100_000);
    const [short, long] = await audio.extract([{ samples }, { samples: repeated }]);
    expect(largestDifference(short, long)).toBeLessThan(1e-4);
    await registry.close();
  });

  it('runs frames and refuses segments that do not fit, without hurting others', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    const vision = await registry.open(PROFILES.lite.VIDEO);
    expect(vision.input).toEqual({
      kind: 'frames',
      framesPerSecond: 12,
      widthPixels: 64,
      heightPixels: 36,
      resize: { by: 'decoder' },
    });
    const grey = { pixels: new Uint8Array(120 * 36 * 64 * 3).fill(128), count: 120 };
    const attempts = await Promise.allSettled([
      vision.extract([grey]),
      vision.extract([{ ...grey, count: 119 }]),
      vision.extract([{ samples: new Float32Array(10) }]),
    ]);
    expect(attempts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await registry.close();
  });

  it('gives a segment the same features, to the bit, whoever shares its call', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    const random = createRandom(7);
    const audio = await registry.open(PROFILES.lite.MUSIC);
    const sounds = Array.from({ length: 3 }, () => ({
      samples: Float32Array.from({ length: 130_000 }, () => random.uniform() - 0.5),
    }));
    const together = await audio.extract(sounds);
    for (const [i, sound] of sounds.entries()) expect(await audio.extract([sound])).toEqual([together[i]]);
    await registry.close();
  });

  it('gives the same features on several sessions and threads, whatever goes where', async () => {
    const many = createInference({ device: DEVICE_UNDER_TEST, threads: 2, sessions: 3 });
    const registries = [inference, many].map((each) =>
      createBackboneRegistry({ directory, inference: each }),
    );
    const [one, several] = await Promise.all(registries.map((each) => each.open(PROFILES.lite.MUSIC)));
    const sounds = Array.from({ length: 7 }, (_, i) => noise(130_000, 20 + i));
    const expected = await one.extract(sounds);
    const found = await Promise.all(sounds.map(async (sound) => (await several.extract([sound]))[0]));
    for (const [i, features] of found.entries()) {
      expect(largestDifference(features, expected[i])).toBeLessThan(1e-4);
    }
    await Promise.all(registries.map((each) => each.close()));
    await many.close();
  });

  it('refuses samples that are not finite', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    const audio = await registry.open(PROFILES.lite.MUSIC);
    await expect(audio.extract([{ samples: Float32Array.of(0, Number.NaN) }])).rejects.toThrow('not finite');
    await registry.close();
  });

  it('refuses weights that the manifest does not list, wherever they lie, and opens those that it does', async () => {
    const manifest = readExampleManifest('example-audio');
    const folder = join(directory, manifest.id);
    const openWith = async (location: string, listed: string[]) => {
      const { graph, weights } = moveWeightsOut(buildExampleAudioGraph(), location);
      const sha256 = createHash('sha256').update(weights).digest('hex');
      const weightFiles = listed.map((file) => ({ file, sha256 }));
      installBackbone(directory, { ...manifest, weightFiles }, graph);
      await writeFile(join(folder, location), weights);
      const registry = createBackboneRegistry({ directory, inference });
      const { dimension } = await registry.open(manifest.id).finally(registry.close);
      return dimension;
    };
    await expect(openWith('weights.bin', [])).rejects.toThrow(/takes weights from "weights.bin"/);
    await expect(openWith('../outside.bin', ['weights.bin'])).rejects.toThrow(/from "..\/outside.bin"/);
    expect(await openWith('weights.bin', ['weights.bin'])).toBe(manifest.output.dimension);
    await writeFile(join(folder, 'weights.bin'), 'others');
    const registry = createBackboneRegistry({ directory, inference });
    await expect(registry.open(manifest.id)).rejects.toThrow('weights.bin does not have the hash');
    await registry.close();
    await Promise.all([folder, join(directory, 'outside.bin')].map((path) => rm(path, { recursive: true })));
  });

  it('refuses a built-in backbone whose manifest was edited', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    await registry.readManifest('lite-audio-1');
    const path = join(directory, 'lite-audio-1', 'manifest.json');
    const written = await readFile(path, 'utf8');
    await writeFile(path, written.replace('"sampleRateHz": 24000', '"sampleRateHz": 23000'));
    await expect(registry.open('lite-audio-1')).rejects.toThrow(
      /manifest.json is not as control-mvr writes it/,
    );
    await writeFile(path, written);
    expect(await registry.open('lite-audio-1')).toMatchObject({ id: 'lite-audio-1' });
    await registry.close();
  });

  it('finds a backbone whose folder is a link', async () => {
    const manifest = readExampleManifest('example-vision');
    const elsewhere = join(directory, '.elsewhere');
    await mkdir(elsewhere);
    installBackbone(elsewhere, manifest, buildExampleVisionGraph());
    await symlink(join(elsewhere, manifest.id), join(directory, manifest.id));
    await symlink(join(elsewhere, 'nothing'), join(directory, 'dangling'));
    const registry = createBackboneRegistry({ directory, inference });
    expect(await registry.list()).toEqual(['example-vision', 'lite-audio-1', 'lite-vision-1']);
    expect((await registry.open(manifest.id)).id).toBe(manifest.id);
    await registry.close();
    await Promise.all(['dangling', manifest.id].map((name) => rm(join(directory, name))));
  });

  it('names what is wrong: an unknown id, a changed file, a faulty manifest', async () => {
    const registry = createBackboneRegistry({ directory, inference });
    await expect(registry.open('mert')).rejects.toThrow(/no backbone mert.*lite-audio-1, lite-vision-1/);
    await expect(registry.open('../escape')).rejects.toBeInstanceOf(UsageError);

    await registry.readManifest('lite-vision-1');
    const onnxPath = join(directory, 'lite-vision-1', 'backbone.onnx');
    const manifestPath = join(directory, 'lite-vision-1', 'manifest.json');
    const [onnx, manifest] = await Promise.all([readFile(onnxPath), readFile(manifestPath, 'utf8')]);
    await writeFile(onnxPath, onnx.fill(0, 100, 101));
    await expect(registry.open('lite-vision-1')).rejects.toBeInstanceOf(IntegrityError);

    await writeFile(
      manifestPath,
      manifest.replace('"maxBatch": 1', '"maxBatch": 0').replace('"Apache-2.0"', '""'),
    );
    await expect(registry.open('lite-vision-1')).rejects.toThrow(/maxBatch[\s\S]*licence/);
    await registry.close();
  });
});
