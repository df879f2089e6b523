import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBundle } from '../../src/bundle/read-bundle.ts';
import { embedUntrained } from '../../src/evaluation/baselines.ts';
import { evaluateSet } from '../../src/evaluation/protocol.ts';
import { SPACES, type Space } from '../../src/head/head.ts';
import { UsageError } from '../../src/shared/errors.ts';
import {
  type TrainBundleProgress,
  type TrainBundleRequest,
  type TrainedBundle,
  trainBundle,
} from '../../src/training/train-bundle.ts';
import { createSyntheticSet } from './synthetic-set.ts';

const OPTIONS = { steps: 120, hiddenDimension: 32, outputDimension: 16, batchPairs: 32 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'training-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function request(changes: Partial<TrainBundleRequest> = {}): TrainBundleRequest {
  return {
    set: createSyntheticSet({ train: 60, val: 20, test: 40 }),
    options: OPTIONS,
    backbones: {
      MUSIC: { id: 'music', sha256: 'a'.repeat(64) },
      VIDEO: { id: 'video', sha256: 'b'.repeat(64) },
    },
    provenance: {
      segmentRule: { segmentSeconds: 10, hopSeconds: 10 },
      labelField: 'genres',
      profile: 'lite',
      dataSha256: 'c'.repeat(64),
      splits: null,
    },
    bundlesDirectory: folder,
    ...changes,
  };
}

describe('training a bundle', () => {
  let trained: TrainedBundle;
  const progress: TrainBundleProgress[] = [];
  let ticks = 0;

  beforeAll(async () => {
    const timer = setInterval(() => ticks++, 5);
    trained = await trainBundle(request(), { onProgress: (step) => progress.push(step) });
    clearInterval(timer);
  });

  it('writes a bundle that reads, with figures of test and the curves', async () => {
    const { id, manifest } = await readBundle(trained.directory);
    expect(id).toBe(trained.id);
    expect(manifest).toMatchObject({
      profile: 'lite',
      labels: ['calm', 'wild'],
      identity: { sslDimension: 16, supDimension: 16, labelField: 'genres' },
      training: { pairs: 60, steps: 120, backend: 'wasm-simd' },
    });
    expect(manifest.identity.heads.MUSIC).toMatchObject({ backboneId: 'music', featureDimension: 18 });
    expect(manifest.identity.heads.VIDEO).toMatchObject({ backboneId: 'video', featureDimension: 15 });
    expect(manifest.tradeOff).toHaveLength(22);
    const { ssl, sup } = manifest.similarityDeviation;
    expect(manifest.balancedAlpha).toBeCloseTo(ssl / (ssl + sup), 12);
    expect(manifest.recommendedAlpha).toBe(manifest.balancedAlpha);
    expect(manifest.recommendedAlphaRule).toBe('balanced: 20 validation pairs, fewer than 50');
    const report = JSON.parse(await readFile(join(trained.directory, 'evaluation.json'), 'utf8'));
    expect(report).toEqual(trained.report);
    expect(report).toMatchObject({ bundleId: id, split: 'test', gallery: { tracks: 40, videos: 40 } });
  });

  it('beats chance and untrained heads, and α trades pairs for labels', () => {
    const { set } = request();
    const pairs = set.pairs.filter(({ split }) => split === 'test');
    const toItems = (side: 'music' | 'video') =>
      pairs.map(({ id, trackId, labels, source, ...pair }) => {
        const itemId = side === 'music' ? trackId : id;
        return { id: itemId, labels, source, resampleUnit: itemId, features: pair[side] };
      });
    const untrained = evaluateSet(
      embedUntrained(
        {
          tracks: toItems('music'),
          videos: toItems('video'),
          pairs: pairs.map(({ id, trackId }) => ({ videoId: id, trackId })),
        },
        { ...OPTIONS, seed: 1, standardiseBy: { MUSIC: [], VIDEO: [] } },
      ),
    );
    for (const direction of ['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO'] as const) {
      const rows = trained.report?.directions[direction].WEIGHTED ?? [];
      const [atZero, atOne] = [rows[0], rows[10]];
      const floor = untrained[direction].WEIGHTED;
      expect(atZero.pair?.recallAt10).toBeGreaterThan(0.6);
      expect(atZero.pair?.recallAt10).toBeGreaterThan((floor[0].pair?.recallAt10 ?? 1) + 0.2);
      expect(atZero.pair?.recallAt10).toBeGreaterThan((atOne.pair?.recallAt10 ?? 1) + 0.1);
      expect(atOne.label?.precisionAt10).toBeGreaterThan(0.8);
      expect(atOne.label?.precisionAt10).toBeGreaterThan((floor[10].label?.precisionAt10 ?? 1) + 0.1);
      expect(atOne.label?.precisionAt10).toBeGreaterThan((atZero.label?.precisionAt10 ?? 1) + 0.05);
    }
  });

  it('reports its stages and falling losses, and leaves the event loop free', () => {
    const stages = progress.map(({ stage }) => stage);
    expect([...new Set(stages)]).toEqual(['fit', 'export', 'evaluate', 'write']);
    const fits = progress.filter((step) => 'losses' in step);
    expect(fits.at(-1)?.losses.step).toBe(120);
    expect(fits.at(-1)?.losses.ssl).toBeLessThan(Number(fits[0].losses.ssl));
    expect(fits.at(-1)?.losses.sup).toBeLessThan(Number(fits[0].losses.sup));
    expect(ticks).toBeGreaterThan(10);
  });

  it('gives the same id for the same request, and another for another seed', async () => {
    const again = await trainBundle(request());
    expect(again.id).toBe(trained.id);
    const other = await trainBundle(request({ options: { ...OPTIONS, seed: 2, steps: 20 } }));
    expect(other.id).not.toBe(trained.id);
  });

  it('holds a part of train out where there is no val, and needs no test', async () => {
    const set = createSyntheticSet({ train: 30, val: 0, test: 0 });
    const { manifest, report } = await trainBundle(request({ set, options: { ...OPTIONS, steps: 20 } }));
    expect(manifest.recommendedAlphaRule).toBe(
      'balanced: 6 validation pairs, fewer than 50 (on a fifth of train, by heads trained without it)',
    );
    expect(report).toBeNull();
    expect(manifest.tradeOff).toEqual([]);
  });

  it('trains without any labels', async () => {
    const { pairs } = createSyntheticSet({ train: 20, val: 4, test: 4 });
    const set = { pairs: pairs.map((pair) => ({ ...pair, labels: [] })) };
    const { report, manifest } = await trainBundle(request({ set, options: { ...OPTIONS, steps: 20 } }));
    expect(report?.directions.VIDEO_TO_MUSIC.WEIGHTED[0]).toMatchObject({
      label: null,
      pair: { queries: 4 },
    });
    expect(manifest.balancedAlpha).toBeGreaterThan(0);
    expect(manifest).toMatchObject({ labels: [], recommendedAlpha: 0 });
    expect(manifest.recommendedAlphaRule).toMatch(/^ssl alone: fewer than two labelled training pairs/);
  });

  it('names the labels of train alone, and takes two labelled pairs to trust sup', async () => {
    const { pairs } = createSyntheticSet({ train: 20, val: 4, test: 4 });
    const labelsOf = (split: string, index: number) => {
      if (split !== 'train') return [`only in ${split}`];
      return index === 0 ? ['of one'] : [];
    };
    const set = {
      pairs: pairs.map((pair, index) => ({ ...pair, labels: labelsOf(pair.split, index) })),
    };
    const options = { ...OPTIONS, steps: 5 };
    const { manifest } = await trainBundle(request({ set, options }));
    expect(manifest).toMatchObject({ labels: ['of one'], recommendedAlpha: 0 });
    set.pairs[1].labels = ['of another'];
    const { manifest: ofTwo } = await trainBundle(request({ set, options }));
    expect(ofTwo.labels).toEqual(['of another', 'of one']);
    expect(ofTwo.recommendedAlpha).toBe(ofTwo.balancedAlpha);
  });

  it('goes back to the best step where it stops early, with a τ that it learned', async () => {
    const options = {
      ...OPTIONS,
      steps: 400,
      learningRate: 0.05,
      weightDecay: 0,
      learnsTemperature: true,
      earlyStop: { everySteps: 10, patience: 3 },
    };
    const { manifest } = await trainBundle(request({ options }));
    const { steps, chosenStep, temperature } = manifest.training as {
      steps: number;
      chosenStep: Record<Space, number>;
      temperature: Record<Space, number>;
    };
    expect(steps).toBeLessThan(400);
    expect(Math.max(chosenStep.ssl, chosenStep.sup)).toBe(steps - 30);
    for (const space of SPACES) {
      expect(temperature[space]).not.toBe(0.15);
      expect(temperature[space]).toBeGreaterThanOrEqual(0.01 - 1e-6);
      expect(temperature[space]).toBeLessThanOrEqual(0.5 + 1e-6);
    }
  });

  it('tells a start from CCA from one that could not be fitted', async () => {
    const options = { ...OPTIONS, steps: 5, linearStart: 'cca' } as const;
    const trainOn = async (train: number) => {
      const said: string[] = [];
      const set = createSyntheticSet({ train, val: 4, test: 0 });
      const { manifest } = await trainBundle(request({ set, options }), {
        onProgress: ({ stage }) => said.push(stage),
        onRandomStart: () => said.push('random'),
      });
      return { said: [...new Set(said)], recorded: manifest.training.options };
    };
    const fitted = await trainOn(20);
    expect(fitted.said).toEqual(['cca', 'fit', 'export', 'evaluate', 'write']);
    expect(fitted.recorded).toMatchObject({ linearStart: 'cca' });
    const tooFew = await trainOn(3);
    expect(tooFew.said).toEqual(['cca', 'random', 'fit', 'export', 'evaluate', 'write']);
    expect(tooFew.recorded).toMatchObject({ linearStart: 'random' });
  });

  it('refuses options that go against each other', async () => {
    const options = { linearStart: 'cca', hasLinearSkip: false } as const;
    const run = trainBundle(request({ options }));
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(/linearStart.*hasLinearSkip/);
  });

  it('stops when it is told to, and writes nothing', async () => {
    const stop = new AbortController();
    const before = await readdir(folder);
    const run = trainBundle(request({ options: { ...OPTIONS, seed: 9 } }), {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped by the user')),
    });
    await expect(run).rejects.toThrow('stopped by the user');
    expect(await readdir(folder)).toEqual(before);
  });

  it('refuses a set without pairs to train on, naming every fault', async () => {
    const { pairs } = createSyntheticSet({ train: 1, val: 2, test: 0 });
    const set = {
      pairs: pairs.map((pair) => ({ ...pair, music: pair.split === 'val' ? [] : pair.music })),
    };
    const run = trainBundle(request({ set }));
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(/1 different tracks.*no music segments in video-val0, video-val1/);
  });
});
