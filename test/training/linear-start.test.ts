import { describe, expect, it } from 'vitest';
import { fitCca } from '../../src/evaluation/linear-baselines.ts';
import { createInitialWeights, measureFeatures, standardise } from '../../src/head/initial-weights.ts';
import { MODALITIES } from '../../src/media/media.ts';
import { createRandom } from '../../src/shared/random.ts';
import { featuresOf, perModality } from '../../src/training/head-set.ts';
import { startHeadTraining } from '../../src/training/head-training.ts';
import { fitLinearStart } from '../../src/training/linear-start.ts';
import { defaultTrainingOptions, type TrainingOptions } from '../../src/training/options.ts';
import { trainHeads } from '../../src/training/train-heads.ts';
import { pairsOfSplit } from '../../src/training/training-set.ts';
import { createSyntheticSet } from './synthetic-set.ts';

const OUTPUT_DIMENSION = 24;
const set = createSyntheticSet({ train: 40, val: 0, test: 10 });
const statistics = perModality((modality) =>
  measureFeatures(pairsOfSplit(set, 'train').flatMap((pair) => featuresOf(pair, modality))),
);
const [train, test] = (['train', 'test'] as const).map((split) =>
  pairsOfSplit(set, split).map((pair) => ({
    ...pair,
    music: pair.music.map((row) => standardise(row, statistics.MUSIC)),
    video: pair.video.map((row) => standardise(row, statistics.VIDEO)),
  })),
);
const options: TrainingOptions = {
  ...defaultTrainingOptions(40),
  linearStart: 'cca',
  hiddenDimension: 8,
  outputDimension: OUTPUT_DIMENSION,
  batchPairs: 16,
  steps: 1,
};

async function trainOneStep(changes: Partial<TrainingOptions>) {
  const training = await startHeadTraining(set, { ...options, learningRate: 1e-12, ...changes });
  await training.advance(1);
  return training.finish().heads;
}

describe('the start from CCA', () => {
  it.each([OUTPUT_DIMENSION, 3])('is the map of the baseline, scaled, in %i dimensions', (dimension) => {
    const cca = fitCca(train);
    const start = fitLinearStart(train, dimension);
    if (!cca || !start) throw new Error('There are enough pairs.');
    for (const modality of MODALITIES) {
      const { weights, bias } = start[modality];
      const ratios = test.flatMap((pair) => {
        const [row] = featuresOf(pair, modality);
        const expected = cca[modality](row).slice(0, dimension);
        const mapped = Array.from(bias, (offset, k) =>
          row.reduce((sum, value, i) => sum + value * weights[i * dimension + k], offset),
        );
        expect(mapped.slice(expected.length).every((value) => value === 0)).toBe(true);
        return Array.from(expected, (value, k) => mapped[k] / value);
      });
      expect(ratios[0]).toBeGreaterThan(0);
      for (const ratio of ratios) expect(ratio / ratios[0]).toBeCloseTo(1, 2);
    }
  });

  it('makes projections six times as long as random ones', () => {
    const start = fitLinearStart(train, OUTPUT_DIMENSION);
    if (!start) throw new Error('There are enough pairs.');
    for (const modality of MODALITIES) {
      const rows = train.flatMap((pair) => featuresOf(pair, modality));
      const meanSquare = (weights: Float32Array, bias: Float32Array) => {
        const squares = rows.flatMap((row) =>
          Array.from(bias, (offset, k) => {
            const value = row.reduce((sum, x, i) => sum + x * weights[i * OUTPUT_DIMENSION + k], offset);
            return value ** 2;
          }),
        );
        return squares.reduce((sum, square) => sum + square) / rows.length;
      };
      const shape = { dimension: rows[0].length, hiddenDimension: 8, outputDimension: OUTPUT_DIMENSION };
      const ofRandom = Array.from({ length: 50 }, (_, seed) => {
        const weights = createInitialWeights(shape, statistics[modality], createRandom(seed));
        return meanSquare(weights.outputWeights, weights.outputBias);
      });
      const average = ofRandom.reduce((sum, square) => sum + square) / ofRandom.length;
      const ratio = Math.sqrt(meanSquare(start[modality].weights, start[modality].bias) / average);
      expect(ratio).toBeGreaterThan(5.5);
      expect(ratio).toBeLessThan(6.5);
    }
  });

  it('ends with whatever a pause throws', async () => {
    const onPause = () => {
      throw new Error('Interrupted.');
    };
    expect(() => fitLinearStart(train, OUTPUT_DIMENSION, { onPause })).toThrow('Interrupted.');
    await expect(startHeadTraining(set, options, null, { onPause })).rejects.toThrow('Interrupted.');
  });

  it('is announced, and ended in its middle by a signal', async () => {
    const silent = {
      pairs: set.pairs.map((pair) => ({ ...pair, music: pair.music.map((row) => row.map(() => 1)) })),
    };
    const interruption = new AbortController();
    const said: string[] = [];
    const onRandomStart = () => said.push('random');
    const onFitCca = () => {
      said.push('cca');
      interruption.abort(new Error('Interrupted.'));
    };
    const run = trainHeads(silent, options, { onFitCca, onRandomStart, signal: interruption.signal });
    await expect(run).rejects.toThrow('Interrupted.');
    expect(said).toEqual(['cca']); // 'random' is known once the fit is through
    said.length = 0;
    await trainHeads(silent, options, { onRandomStart });
    expect(said).toEqual(['random']);
    const onlySup = { ...options, lossWeights: { ssl: 0, sup: 1, joint: 0 } };
    await trainHeads(set, onlySup, { onFitCca: () => said.push('cca'), onRandomStart });
    expect(said).toEqual(['random']);
  });

  it('is where the ssl heads begin, and no others', async () => {
    const [fromCca, random] = [await trainOneStep({}), await trainOneStep({ linearStart: 'random' })];
    for (const modality of MODALITIES) {
      expect(fromCca[modality].sup).toEqual(random[modality].sup);
      const { dimension, outputWeights, outputBias } = fromCca[modality].ssl;
      const skip = outputWeights.subarray(0, dimension * OUTPUT_DIMENSION);
      expect(skip).not.toEqual(random[modality].ssl.outputWeights.subarray(0, skip.length));
      expect(outputWeights.subarray(skip.length)).toEqual(
        random[modality].ssl.outputWeights.subarray(skip.length),
      );
      expect(outputBias.every(Number.isFinite)).toBe(true);
    }
    const withoutSkip = { hasLinearSkip: false };
    expect(await trainOneStep(withoutSkip)).toEqual(
      await trainOneStep({ ...withoutSkip, linearStart: 'random' }),
    );
  });

  it('is left to chance where there is nothing to correlate', async () => {
    expect(fitLinearStart(train.slice(0, 3), OUTPUT_DIMENSION)).toBeNull();
    const constant = train.map((pair) => ({ ...pair, music: pair.music.map((row) => row.map(() => 1)) }));
    expect(fitLinearStart(constant, OUTPUT_DIMENSION)).toBeNull();
    const few = { pairs: train.slice(0, 3) };
    const training = await startHeadTraining(few, options);
    await training.advance(1);
    const { heads, linearStart } = training.finish();
    expect(linearStart).toBe('random');
    expect(heads.MUSIC.ssl.outputWeights.every(Number.isFinite)).toBe(true);
  });
});
