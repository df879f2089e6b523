import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/shared/random.ts';
import { defaultTrainingOptions } from '../../src/training/options.ts';
import { createSampler } from '../../src/training/sampler.ts';
import type { TrainingPair } from '../../src/training/training-set.ts';

function pair(index: number, trackId: string, isLabelled: boolean, segments = [1, 1]): TrainingPair {
  const rows = (count: number) => Array.from({ length: count }, () => Float32Array.of(index));
  const [music, video] = segments.map(rows);
  return {
    id: `v${index}`,
    trackId,
    source: null,
    labels: isLabelled ? ['x'] : [],
    split: 'train',
    componentKey: trackId,
    music,
    video,
  };
}

const options = { batchPairs: 8, minimumLabelledShare: 0.25 };

describe('the sampler', () => {
  it('never has a track twice in a batch, and meets every pair equally often', () => {
    const pairs = Array.from({ length: 40 }, (_, i) => pair(i, `t${i % 30}`, i % 2 === 0));
    const draw = createSampler(pairs, options, createRandom(1));
    const counts = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const batch = draw();
      expect(batch).toHaveLength(8);
      expect(new Set(batch.map((entry) => entry.pair.trackId)).size).toBe(8);
      for (const entry of batch) counts.set(entry.pair.id, (counts.get(entry.pair.id) ?? 0) + 1);
    }
    for (const { id } of pairs) expect(Math.abs((counts.get(id) ?? 0) - 100)).toBeLessThanOrEqual(4);
  });

  it('fills a quarter with labelled pairs where they are rare, and does without where there are none', () => {
    const rare = Array.from({ length: 100 }, (_, i) => pair(i, `t${i}`, i < 5));
    const draw = createSampler(rare, options, createRandom(1));
    for (let i = 0; i < 50; i++) {
      expect(draw().filter((entry) => entry.pair.labels.length > 0)).toHaveLength(2);
    }
    const none = rare.slice(5);
    expect(createSampler(none, options, createRandom(1))()).toHaveLength(8);
  });

  it('gives labels company, however many there are', () => {
    const pairs = Array.from({ length: 2_000 }, (_, i) => ({
      ...pair(i, `t${i}`, true),
      labels: [`l${i % 500}`],
    }));
    const draw = createSampler(pairs, options, createRandom(1));
    for (let i = 0; i < 100; i++) {
      const labels = draw().flatMap((entry) => entry.pair.labels);
      expect(labels).toHaveLength(8);
      const inCompany = labels.filter((label) => labels.indexOf(label) !== labels.lastIndexOf(label));
      expect(inCompany.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('takes all tracks where there are fewer than a batch', () => {
    const few = [pair(0, 'a', true), pair(1, 'a', true), pair(2, 'b', false)];
    const draw = createSampler(few, options, createRandom(1));
    const drawn = Array.from({ length: 40 }, draw);
    for (const batch of drawn) expect(batch.map((entry) => entry.pair.trackId).sort()).toEqual(['a', 'b']);
    expect(new Set(drawn.flatMap((batch) => batch.map((entry) => entry.pair.id))).size).toBe(3);
  });

  it('shuffles more pairs than a call takes arguments', () => {
    const pairs = Array.from({ length: 200_000 }, (_, i) => pair(i, `t${i}`, true));
    expect(createSampler(pairs, options, createRandom(1))()).toHaveLength(8);
  });

  it('pairs segments that run in parallel, and uses all of them', () => {
    const draw = createSampler(
      [pair(0, 'a', true, [3, 3]), pair(1, 'b', true, [4, 2])],
      options,
      createRandom(1),
    );
    const entries = Array.from({ length: 200 }, draw).flat();
    const parallel = entries.filter((entry) => entry.pair.id === 'v0');
    expect(parallel.every((entry) => entry.musicSegment === entry.videoSegment)).toBe(true);
    expect(new Set(parallel.map((entry) => entry.videoSegment)).size).toBe(3);
    const free = entries.filter((entry) => entry.pair.id === 'v1');
    expect(new Set(free.map((entry) => `${entry.musicSegment} ${entry.videoSegment}`)).size).toBe(8);
  });

  it('is repeatable', () => {
    const pairs = Array.from({ length: 20 }, (_, i) => pair(i, `t${i}`, true));
    const draws = [1, 1, 2].map((seed) => {
      const draw = createSampler(pairs, options, createRandom(seed));
      return [draw(), draw()].flat().map((entry) => entry.pair.id);
    });
    expect(draws[1]).toEqual(draws[0]);
    expect(draws[2]).not.toEqual(draws[0]);
  });
});

describe('default options', () => {
  it('are those for few pairs up to 1,000, those for many from 10,000, and lie between in between', () => {
    const few = {
      hiddenDimension: 128,
      outputDimension: 64,
      batchPairs: 96,
      featureNoise: 0.5,
      weightDecay: 0.3,
    };
    const many = {
      hiddenDimension: 512,
      outputDimension: 256,
      batchPairs: 256,
      featureNoise: 0.1,
      weightDecay: 0.05,
    };
    expect(defaultTrainingOptions(2)).toMatchObject({
      ...few,
      steps: 250,
      learnsTemperature: false,
      earlyStop: null,
    });
    expect(defaultTrainingOptions(1_000)).toMatchObject(few);
    expect(defaultTrainingOptions(10_000)).toMatchObject({ ...many, learnsTemperature: true });
    expect(defaultTrainingOptions(1_000_000)).toMatchObject({ ...many, learnsTemperature: true });
    const middle = defaultTrainingOptions(3_000);
    for (const key of Object.keys(few) as (keyof typeof few)[]) {
      expect(middle[key]).toBeGreaterThan(Math.min(few[key], many[key]));
      expect(middle[key]).toBeLessThan(Math.max(few[key], many[key]));
    }
  });
});
