import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/shared/errors.ts';
import { describeFolds, gridToMarkdown, runGrid } from '../../src/training/grid.ts';
import { completeOptions } from '../../src/training/options.ts';
import { readGrid, readTrainingOptions } from '../../src/training/read-grid.ts';
import { createFolder } from '../library/support.ts';
import { createSyntheticSet } from './synthetic-set.ts';

const options = { steps: 20, hiddenDimension: 16, outputDimension: 8, batchPairs: 24 };
const GROUPS = {
  MUSIC: [
    { name: 'timbre', length: 10, meaning: '' },
    { name: 'rhythm', length: 8, meaning: '' },
  ],
  VIDEO: null,
};

describe('a grid of training runs', () => {
  const ignoredFeatures = { MUSIC: [{ start: 0, end: 18 }], VIDEO: [] };

  it('measures runs on val, the same whatever their order, and tells good from bad', async () => {
    const set = createSyntheticSet({ train: 40, val: 60, test: 0 });
    const runs = [
      { name: 'default', options },
      { name: 'deaf', options: { ...options, ignoredFeatures } },
    ];
    const done: number[] = [];
    const results = await runGrid(set, { seeds: [1, 2], runs }, { onProgress: (count) => done.push(count) });
    expect(done).toEqual([1, 2, 3, 4]);
    const [good, bad] = results;
    for (const figure of ['mrr', 'recallAt10', 'precisionAt10', 'meanAveragePrecision'] as const) {
      expect(good[figure]?.mean).toBeGreaterThan(Number(bad[figure]?.mean));
    }
    expect(good.mrr?.deviation).toBeGreaterThan(0);
    const [again] = await runGrid(set, { seeds: [2, 1], runs: runs.slice(0, 1) });
    expect(again.mrr?.mean).toBeCloseTo(Number(good.mrr?.mean), 12);
    expect(describeFolds(set)).toBe('measured on the 60 pairs of val');
    expect(gridToMarkdown(results, [1, 2], describeFolds(set))).toMatch(
      /\| default \| [01]\.\d{3} ± 0\.\d{3} \| 0\.\d{3} ± 0\.\d{3} \|/,
    );
  });

  it('cross-validates where val is small, and never reads test', async () => {
    const set = createSyntheticSet({ train: 20, val: 5, test: 10 });
    const grid = { seeds: [1], runs: [{ name: 'default', options }] };
    const [result] = await runGrid(set, grid);
    const withoutTest = { pairs: set.pairs.filter(({ split }) => split !== 'test') };
    expect(await runGrid(withoutTest, grid)).toEqual([result]);
    expect(result.mrr).toEqual({ mean: expect.any(Number), deviation: 0 });
    expect(describeFolds(set)).toBe('measured by cross-validation over 5 parts of train and val, 25 pairs');
  });

  it('names the runs that CCA had too little to start from, once each', async () => {
    const set = createSyntheticSet({ train: 4, val: 0, test: 0 });
    const few = { ...options, steps: 1 };
    const runs = [
      { name: 'cca', options: { ...few, linearStart: 'cca' as const } },
      { name: 'random', options: few },
    ];
    const named: string[] = [];
    await runGrid(set, { seeds: [1], runs }, { onRandomStart: (run) => named.push(run) });
    expect(named).toEqual(['cca']);
  });
});

describe('reading a grid', () => {
  const write = async (content: unknown) => {
    const folder = await createFolder({ 'grid.json': JSON.stringify(content) });
    return `${folder}/grid.json`;
  };

  it('finds groups of features by name', async () => {
    const file = await write({
      seeds: [1],
      runs: { plain: {}, arrhythmic: { trunk: 'shared', without: { MUSIC: ['rhythm'] } } },
    });
    expect(await readGrid(file, GROUPS)).toEqual({
      seeds: [1],
      runs: [
        { name: 'plain', options: {} },
        {
          name: 'arrhythmic',
          options: { trunk: 'shared', ignoredFeatures: { MUSIC: [{ start: 10, end: 18 }], VIDEO: [] } },
        },
      ],
    });
  });

  const refusal = async (reading: Promise<unknown>): Promise<string[]> => {
    const error = await reading.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message.split('\n').slice(1);
  };

  it('lists every fault of a grid, each with its place and what is allowed', async () => {
    const faulty = await write({
      seeds: [1, 1],
      runs: {
        a: { trunk: 'split', steps: 0, linearStart: 'cca', hasLinearSkip: false },
        b: { droput: 0.1, dropout: 2, lossWeights: { ssl: 0, sup: 0, joint: 0 }, learningRate: 0 },
        c: { batchPairs: 2.5, earlyStop: 3, hasLinearSkip: 'no' },
        d: [],
      },
    });
    expect((await refusal(readGrid(faulty, GROUPS))).sort()).toEqual([
      '  runs.a.steps: It must be 1 or more, not 0.',
      '  runs.a.trunk: It must be separate or shared, not "split".',
      '  runs.a: linearStart cca is where the linear skip starts, and hasLinearSkip false leaves that out.',
      '  runs.b.dropout: It must be 0.95 or less, not 2.',
      '  runs.b.learningRate: It must be above 0, not 0.',
      '  runs.b.lossWeights: At least one has to be above 0.',
      expect.stringMatching(/^ {2}runs\.b: It must not have droput\. There are: .*dropout.*, without\.$/),
      '  runs.c.batchPairs: It must be a whole number, not 2.5.',
      '  runs.c.earlyStop: It must be an object, not 3.',
      '  runs.c.hasLinearSkip: It must be true or false, not "no".',
      '  runs.d: It must be an object.',
      '  seeds: A seed stands there twice.',
    ]);
    const empty = await write({ seeds: [], runs: {} });
    expect(await refusal(readGrid(empty, GROUPS))).toEqual([
      '  seeds: It must have 1 or more.',
      '  runs: There has to be a run.',
    ]);
  });

  it('names groups of features that are not there, of every run', async () => {
    const unknown = await write({
      seeds: [1],
      runs: { a: { without: { MUSIC: ['melody', 'beat'] } }, b: { without: { VIDEO: ['motion'] } } },
    });
    expect(await refusal(readGrid(unknown, GROUPS))).toEqual([
      '  runs.a.without.MUSIC: There is no group melody, beat. There are: timbre, rhythm.',
      '  runs.b.without.VIDEO: There is no group motion. The features have no named groups.',
    ]);
  });

  it.each([
    [{ linearStart: 'cca', hasLinearSkip: false }, /linearStart.*hasLinearSkip/],
    [{ linearStart: 'cca', lossWeights: { ssl: 0, sup: 1, joint: 0 } }, /linearStart.*lossWeights/],
    [{ temperature: 0.9, learnsTemperature: true }, /temperature.*0\.5 .*learnsTemperature/],
  ])('refuses options that go against each other: %o', async (options, fault) => {
    const faults = await refusal(readTrainingOptions(await write(options), GROUPS));
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    { linearStart: 'cca', lossWeights: { ssl: 0, sup: 1, joint: 1 } },
    { temperature: 0.5, learnsTemperature: true },
    { temperature: 0.9 },
  ])('takes options that go together: %o', async (options) => {
    expect(await readTrainingOptions(await write(options), GROUPS)).toEqual(options);
  });

  it('says which file is no JSON', async () => {
    await expect(readTrainingOptions('/nowhere.json', GROUPS)).rejects.toThrow("can't be read as JSON");
  });
});

describe('the options of a run', () => {
  it('are held against the defaults, too', () => {
    expect(completeOptions({ temperature: 0.9 }, 500)).toMatchObject({
      temperature: 0.9,
      learnsTemperature: false,
    });
    expect(() => completeOptions({ temperature: 0.9 }, 10_000)).toThrow(
      /10000 training pairs(.|\n)*temperature.*0\.5 .*learnsTemperature/,
    );
  });

  it('are refused by a grid before it trains anything', async () => {
    const set = createSyntheticSet({ train: 10, val: 0, test: 0 });
    const runs = [
      { name: 'plain', options },
      { name: 'cca', options: { ...options, linearStart: 'cca' as const, hasLinearSkip: false } },
    ];
    const done: number[] = [];
    const run = runGrid(set, { seeds: [1], runs }, { onProgress: (count) => done.push(count) });
    await expect(run).rejects.toThrow(/linearStart.*hasLinearSkip/);
    expect(done).toEqual([]);
  });
});
