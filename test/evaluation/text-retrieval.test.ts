import { expect, it } from 'vitest';
import type { EvaluationItem, EvaluationSet } from '../../src/evaluation/items.ts';
import { toMarkdown } from '../../src/evaluation/markdown.ts';
import { createReport } from '../../src/evaluation/report.ts';
import { evaluateTexts, labelsToAsk } from '../../src/evaluation/text-retrieval.ts';

const axis = (k: number) => Float32Array.from({ length: 4 }, (_, i) => (i === k ? 1 : 0));

/** In sup an item lies where its label does, in ssl where its number does. */
function item(id: string, index: number, labels: string[], label: number): EvaluationItem {
  return {
    id,
    labels,
    segments: [{ ssl: axis(index % 4), sup: axis(label) }],
    source: null,
    resampleUnit: id,
  };
}

const SET: EvaluationSet = {
  tracks: [
    item('t0', 0, ['calm'], 0),
    item('t1', 1, ['wild'], 1),
    item('t2', 2, ['calm', 'wild'], 0),
    item('t3', 3, [], 0),
  ],
  videos: [item('v0', 0, ['calm'], 0), item('v1', 1, ['rare'], 2)],
  pairs: [{ videoId: 'v0', trackId: 't0' }],
};
const TEXTS = [
  { text: 'calm', vectors: { ssl: axis(1), sup: axis(0) } },
  { text: 'rare', vectors: { ssl: axis(2), sup: axis(2) } },
  { text: 'wild', vectors: { ssl: axis(1), sup: axis(1) } },
];

it('asks for every label that an item has, once', () => {
  expect(labelsToAsk(SET)).toEqual(['calm', 'rare', 'wild']);
});

it('ranks labelled items by each label that one of them has, and counts those that carry it', () => {
  const { MUSIC, VIDEO } = evaluateTexts(SET, TEXTS);
  expect(MUSIC.map(({ alpha }) => alpha)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  // calm: t0, t2, t1 at α 1. wild: t1 first, then t0 and t2 with equal scores, by id.
  const [calm, wild] = [1, (1 + 2 / 3) / 2];
  expect(MUSIC[10]).toMatchObject({
    pair: null,
    label: { queries: 2, baseRate: 2 / 3, meanAveragePrecision: (calm + wild) / 2 },
  });
  // calm: t1 first, then t0 and t2 at α 0; wild: as before.
  expect(MUSIC[0].label?.meanAveragePrecision).toBeCloseTo(((1 / 2 + 2 / 3) / 2 + wild) / 2, 12);
  expect(VIDEO[10].label).toMatchObject({ queries: 2, baseRate: 1 / 2, meanAveragePrecision: 1 });
});

it('stands in the report where texts are given, and not elsewhere', () => {
  const header = {
    bundleId: 'a'.repeat(64),
    split: 'test',
    recommendedAlpha: { value: 0.5, rule: 'balanced' },
    balancedAlpha: 0.5,
  } as const;
  const report = createReport(SET, header, { texts: TEXTS });
  expect(report.text).toEqual(evaluateTexts(SET, TEXTS));
  expect(toMarkdown(report)).toContain('## Labels as texts → music');
  const without = createReport(SET, header);
  expect(without).not.toHaveProperty('text');
  expect(toMarkdown(without)).not.toContain('texts');
});

it('measures nothing where nothing is labelled', () => {
  const bare = { ...SET, tracks: [item('t3', 3, [], 0)] };
  const { MUSIC } = evaluateTexts(bare, TEXTS);
  expect(MUSIC[5]).toMatchObject({ alpha: 0.5, pair: null, label: null, intervals: null });
});
