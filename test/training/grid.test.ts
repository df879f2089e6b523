import { describe, expect, it } from 'vitest';
import { describeFolds, gridToMarkdown, runGrid } from '../../src/training/grid.ts';
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

  it('lists every fault', async () => {
    const faulty = await write({ seeds: [1, 1], runs: { a: { trunk: 'split', steps: 0 } } });
    await expect(readGrid(faulty, GROUPS)).rejects.toThrow(
      /seeds(.|\n)*trunk(.|\n)*steps|trunk(.|\n)*steps(.|\n)*seed/,
    );
    const unknown = await write({ seeds: [1], runs: { a: { without: { MUSIC: ['melody'] } } } });
    await expect(readGrid(unknown, GROUPS)).rejects.toThrow('There are: timbre, rhythm');
    const nameless = await write({
      seeds: [1],
      runs: { a: { without: { MUSIC: ['a', 'b'], VIDEO: ['motion'] } } },
    });
    await expect(readGrid(nameless, GROUPS)).rejects.toThrow(/a, b(.|\n)*motion(.|\n)*no named groups/);
    await expect(readTrainingOptions(await write({ dropout: 2, droput: 0.1 }), GROUPS)).rejects.toThrow(
      /droput(.|\n)*dropout|dropout(.|\n)*droput/,
    );
    await expect(readTrainingOptions('/nowhere.json', GROUPS)).rejects.toThrow("can't be read as JSON");
  });
});
