import { describe, expect, it } from 'vitest';
import { embedUntrained, evaluateChance } from '../../src/evaluation/baselines.ts';
import { type EvaluationItem, type EvaluationSet, toQueries } from '../../src/evaluation/items.ts';
import { toMarkdown } from '../../src/evaluation/markdown.ts';
import { labelFigures, mean, median, pairRank } from '../../src/evaluation/metrics.ts';
import { evaluateSet, rankQueries } from '../../src/evaluation/protocol.ts';
import { createReport } from '../../src/evaluation/report.ts';
import { createRandom } from '../../src/shared/random.ts';
import { dot, meanUnit, toUnit } from '../../src/shared/vector-math.ts';

const random = createRandom(11);
const unit = (width = 6) =>
  toUnit(Float32Array.from({ length: width }, () => random.normal())) as Float32Array;
const LABELS = [['x'], ['y'], ['x', 'y'], [], ['z'], ['x']];

function item(id: string, index: number, segmentCount: number): EvaluationItem {
  return {
    id,
    segments: Array.from({ length: segmentCount }, () => ({ ssl: unit(), sup: unit() })),
    labels: LABELS[index % LABELS.length],
    source: `s${index >> 1}`,
    resampleUnit: `s${index >> 1}`,
  };
}

/** Twelve videos for ten tracks: two tracks have two videos each. */
function randomSet(): EvaluationSet {
  return {
    tracks: Array.from({ length: 10 }, (_, i) => item(`t${i}`, i, 1 + (i % 3))),
    videos: Array.from({ length: 12 }, (_, i) => item(`v${i}`, i % 10, 1 + (i % 2))),
    pairs: Array.from({ length: 12 }, (_, i) => ({ videoId: `v${i}`, trackId: `t${i % 10}` })),
  };
}

/** The score by its definition, of an item by its best segment. */
function naiveScore(query: EvaluationItem, target: EvaluationItem, alpha: number, scoring: string): number {
  const [s, u] = (['ssl', 'sup'] as const).map(
    (space) => meanUnit(query.segments.map((segment) => segment[space] as Float32Array)) as Float32Array,
  );
  const blend = (a: Float32Array, b: Float32Array) =>
    [...a].map((value, i) => (1 - alpha) * value + alpha * b[i]);
  const scores = target.segments.map(({ ssl, sup }) => {
    const [a, b] = [ssl as Float32Array, sup as Float32Array];
    if (scoring === 'WEIGHTED') return (1 - alpha) * dot(s, a) + alpha * dot(u, b);
    const [z, zQuery] = [blend(a, b), blend(s, u)];
    return dot(z, zQuery) / Math.sqrt(dot(z, z) * dot(zQuery, zQuery));
  });
  return Math.max(...scores);
}

describe('the protocol', () => {
  it('gives the figures of a naive evaluation, both directions and scorings, at every α', () => {
    const set = randomSet();
    const tables = evaluateSet(set);
    for (const direction of ['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO'] as const) {
      for (const scoring of ['WEIGHTED', 'BLENDED'] as const) {
        for (const row of tables[direction][scoring] ?? []) {
          const [askers, gallery] =
            direction === 'VIDEO_TO_MUSIC' ? [set.videos, set.tracks] : [set.tracks, set.videos];
          const isPair = (a: string, b: string) =>
            set.pairs.some(({ trackId, videoId }) => [a, b].includes(trackId) && [a, b].includes(videoId));
          const ranks: number[] = [];
          const precisions: number[] = [];
          for (const asker of askers) {
            const sorted = gallery
              .map((target) => ({ target, score: naiveScore(asker, target, row.alpha, scoring) }))
              .sort((a, b) => b.score - a.score);
            ranks.push(1 + sorted.findIndex(({ target }) => isPair(asker.id, target.id)));
            const others = sorted.filter(
              ({ target }) => target.labels.length > 0 && !isPair(asker.id, target.id),
            );
            if (asker.labels.length === 0) continue;
            const top = others.slice(0, 10);
            const relevant = top.filter(({ target }) =>
              target.labels.some((label) => asker.labels.includes(label)),
            );
            precisions.push(relevant.length / top.length);
          }
          expect(row.pair?.queries).toBe(askers.length);
          expect(row.pair?.recallAt1).toBeCloseTo(mean(ranks.map((rank) => (rank === 1 ? 1 : 0))), 12);
          expect(row.pair?.recallAt5).toBeCloseTo(mean(ranks.map((rank) => (rank <= 5 ? 1 : 0))), 12);
          expect(row.pair?.medianRank).toBe(median(ranks));
          expect(row.pair?.mrr).toBeCloseTo(mean(ranks.map((rank) => 1 / rank)), 12);
          expect(row.label?.queries).toBe(precisions.length);
          expect(row.label?.precisionAt10).toBeCloseTo(mean(precisions), 12);
        }
      }
    }
  });

  it('agrees between the scorings at both ends, and has no BLENDED where the spaces differ in length', () => {
    const set = randomSet();
    const { WEIGHTED, BLENDED } = evaluateSet(set).VIDEO_TO_MUSIC;
    expect(WEIGHTED.map(({ alpha }) => alpha)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(BLENDED?.[0]).toEqual(WEIGHTED[0]);
    expect(BLENDED?.[10]).toEqual(WEIGHTED[10]);
    for (const { segments } of [...set.tracks, ...set.videos])
      for (const segment of segments) segment.sup = unit(4);
    expect(evaluateSet(set).VIDEO_TO_MUSIC.BLENDED).toBeNull();
  });

  it('has null where nothing can be measured', () => {
    const set = randomSet();
    const unlabelled = set.tracks.map((track) => ({ ...track, labels: [] }));
    const [row] = evaluateSet({ ...set, tracks: unlabelled }).VIDEO_TO_MUSIC.WEIGHTED;
    expect(row.label).toBeNull();
    const [unpaired] = evaluateSet({ ...set, pairs: [] }).VIDEO_TO_MUSIC.WEIGHTED;
    expect(unpaired.pair).toBeNull();
    const [neither] = evaluateSet({ ...set, tracks: unlabelled, pairs: [] }).VIDEO_TO_MUSIC.WEIGHTED;
    expect(neither).toEqual({ alpha: 0, pair: null, label: null, intervals: null });
  });

  it('keeps every figure within its interval', () => {
    for (const row of evaluateSet(randomSet()).MUSIC_TO_VIDEO.WEIGHTED) {
      for (const [key, [low, high]] of Object.entries(row.intervals ?? {})) {
        const value = { ...row.pair, ...row.label }[key as 'mrr'] as number;
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }
    }
  });
});

describe('baselines', () => {
  it('chance is the mean over all orders of the gallery', () => {
    const set = randomSet();
    const small: EvaluationSet = { tracks: set.tracks.slice(0, 6), videos: set.videos, pairs: set.pairs };
    const queries = toQueries(small, 'VIDEO_TO_MUSIC');
    const orders = permutations(small.tracks.map(({ id }) => id));
    const ranks = queries.flatMap(({ partners }) =>
      orders.flatMap((order) => pairRank(toRanking(order), partners) ?? []),
    );
    const labels = queries.flatMap(({ overlaps }) =>
      overlaps
        ? orders.flatMap((order) => labelFigures(order.flatMap((id) => overlaps.get(id) ?? [])) ?? [])
        : [],
    );
    const [{ pair, label }] = evaluateChance(small).VIDEO_TO_MUSIC.WEIGHTED;
    expect(pair?.recallAt1).toBeCloseTo(mean(ranks.map((rank) => (rank <= 1 ? 1 : 0))), 9);
    expect(pair?.recallAt5).toBeCloseTo(mean(ranks.map((rank) => (rank <= 5 ? 1 : 0))), 9);
    expect(pair?.recallAt10).toBeCloseTo(1, 9);
    expect(pair?.mrr).toBeCloseTo(mean(ranks.map((rank) => 1 / rank)), 9);
    expect(pair?.medianRank).toBe(median(ranks));
    expect(label?.precisionAt10).toBeCloseTo(mean(labels.map(({ precisionAt10 }) => precisionAt10)), 9);
    expect(label?.meanAveragePrecision).toBeCloseTo(
      mean(labels.map(({ averagePrecision }) => averagePrecision)),
      9,
    );
    expect(label?.ndcgAt10).toBeCloseTo(mean(labels.map(({ ndcgAt10 }) => ndcgAt10)), 9);
    expect(label?.baseRate).toBeCloseTo(mean(labels.map(({ baseRate }) => baseRate)), 9);
  });

  it('chance knows several partners', () => {
    const set = randomSet();
    const small: EvaluationSet = {
      tracks: set.tracks.slice(0, 2),
      videos: set.videos.slice(0, 5),
      pairs: [0, 1, 2].map((i) => ({ videoId: `v${i}`, trackId: 't0' })),
    };
    const [query] = toQueries(small, 'MUSIC_TO_VIDEO');
    const ranks = permutations(small.videos.map(({ id }) => id)).map(
      (order) => pairRank(toRanking(order), query.partners) as number,
    );
    const [{ pair }] = evaluateChance(small).MUSIC_TO_VIDEO.WEIGHTED;
    expect(pair?.queries).toBe(1);
    expect(pair?.recallAt1).toBeCloseTo(mean(ranks.map((rank) => (rank <= 1 ? 1 : 0))), 9);
    expect(pair?.mrr).toBeCloseTo(mean(ranks.map((rank) => 1 / rank)), 9);
    expect(pair?.medianRank).toBe(median(ranks));
  });

  it('untrained heads are seeded and know nothing', () => {
    const features = (id: string) => ({
      id,
      labels: ['x'],
      source: null,
      resampleUnit: id,
      features: [Float32Array.from({ length: 20 }, () => random.normal())],
    });
    const ids = Array.from({ length: 60 }, (_, i) => i);
    const items = {
      tracks: ids.map((i) => features(`t${i}`)),
      videos: ids.map((i) => features(`v${i}`)),
      pairs: ids.map((i) => ({ trackId: `t${i}`, videoId: `v${i}` })),
    };
    const standardiseBy = { MUSIC: [], VIDEO: [] };
    const options = { hiddenDimension: 16, outputDimension: 8, seed: 3, standardiseBy };
    const set = embedUntrained(items, options);
    expect(embedUntrained(items, options)).toEqual(set);
    expect(embedUntrained(items, { ...options, seed: 4 })).not.toEqual(set);
    // Features of train, if there are any, say what is usual: elsewhere the same items lie in another place.
    const shifted = items.videos.flatMap((item) => item.features.map((row) => row.map((value) => value + 1)));
    const byTrain = embedUntrained(items, { ...options, standardiseBy: { MUSIC: [], VIDEO: shifted } });
    expect(byTrain.tracks).toEqual(set.tracks);
    expect(byTrain.videos).not.toEqual(set.videos);
    const ranks = rankQueries(toQueries(set, 'VIDEO_TO_MUSIC'), 0, 'WEIGHTED').map(
      ({ rank }) => rank as number,
    );
    expect(mean(ranks)).toBeGreaterThan(20);
    expect(mean(ranks)).toBeLessThan(41);
  });
});

describe('the report', () => {
  it('measures labels where there are no pairs, and a side without items not at all', () => {
    const { tracks, videos } = randomSet();
    const { VIDEO_TO_MUSIC } = evaluateSet({ tracks, videos, pairs: [] });
    expect(VIDEO_TO_MUSIC.WEIGHTED[0]).toMatchObject({ pair: null, label: { queries: expect.any(Number) } });
    for (const set of [
      { tracks, videos: [], pairs: [] },
      { tracks: [], videos, pairs: [] },
    ]) {
      const rows = [evaluateSet(set), evaluateChance(set)].flatMap((tables) => [
        ...tables.VIDEO_TO_MUSIC.WEIGHTED,
        ...tables.MUSIC_TO_VIDEO.WEIGHTED,
      ]);
      for (const row of rows) expect(row).toMatchObject({ pair: null, label: null, intervals: null });
    }
  });

  it('is the document of the contract and survives JSON', () => {
    const set = randomSet();
    const header = {
      bundleId: 'b'.repeat(64),
      split: 'test' as const,
      recommendedAlpha: { value: 0.4, rule: 'a rule' },
      balancedAlpha: 0.8,
    };
    const report = createReport(set, header, { baselines: { chance: evaluateChance(set) } });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(Object.keys(report)).toEqual([
      'schemaVersion',
      'bundleId',
      'split',
      'level',
      'gallery',
      'directions',
      'baselines',
      'recommendedAlpha',
      'balancedAlpha',
    ]);
    expect(report).toMatchObject({ schemaVersion: 1, level: 'item', gallery: { tracks: 10, videos: 12 } });
    expect(Object.keys(report.baselines)).toEqual([
      'chance',
      'untrained',
      'sslOnly',
      'supOnly',
      'cca',
      'ridge',
    ]);
    expect(report.baselines.ridge).toBeNull();
    const markdown = toMarkdown(report);
    expect(markdown).toContain('outside 0.3–0.7');
    expect(markdown.split('\n').filter((line) => /^\| [01]\.\d \|/.test(line))).toHaveLength(22);
    expect(markdown).toContain('| chance |');
  });
});

function toRanking(order: readonly string[]) {
  return order.map((itemId, index) => ({ itemId, order: 0, score: -index }));
}

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((value, i) => permutations(values.toSpliced(i, 1)).map((rest) => [value, ...rest]));
}
