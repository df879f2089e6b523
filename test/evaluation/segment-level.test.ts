import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateChance } from '../../src/evaluation/baselines.ts';
import {
  type EvaluationItem,
  type EvaluationSet,
  SEARCH_DIRECTIONS,
  toQueries,
} from '../../src/evaluation/items.ts';
import { toMarkdown } from '../../src/evaluation/markdown.ts';
import { labelFigures, labelOverlap, mean, median } from '../../src/evaluation/metrics.ts';
import { evaluateSet } from '../../src/evaluation/protocol.ts';
import { createReport } from '../../src/evaluation/report.ts';
import { runReport } from '../../src/evaluation/run-report.ts';
import { evaluateSegments, ranksOf } from '../../src/evaluation/segment-level.ts';
import { toSegmentQueries } from '../../src/evaluation/segment-queries.ts';
import { createGalleryScorer } from '../../src/evaluation/segment-scores.ts';
import type { SpaceVectors } from '../../src/head/head.ts';
import { createRandom } from '../../src/shared/random.ts';
import { dot, toUnit } from '../../src/shared/vector-math.ts';
import { sortKey } from '../../src/store/ranking.ts';
import { createScorer } from '../../src/store/scoring.ts';
import type { Scoring } from '../../src/store/vector-store.ts';

const random = createRandom(5);
const unit = () => toUnit(Array.from({ length: 6 }, () => random.normal())) as Float32Array;
const LABELS = [['x'], ['y'], ['x', 'y'], [], ['z'], ['x']];

function item(id: string, index: number, segments: number): EvaluationItem {
  return {
    id,
    segments: Array.from({ length: segments }, () => ({ ssl: unit(), sup: unit() })),
    labels: LABELS[index % LABELS.length],
    source: null,
    resampleUnit: `s${index >> 1}`,
  };
}

/** Nine videos for seven tracks: some of a pair are equally long, some are not, two tracks have two videos each. */
function drawSet(segmentsOf = { track: (i: number) => 1 + (i % 3), video: (i: number) => 1 + (i % 2) }) {
  return {
    tracks: Array.from({ length: 7 }, (_, i) => item(`t${i}`, i, segmentsOf.track(i))),
    videos: Array.from({ length: 9 }, (_, i) => item(`v${i}`, i % 7, segmentsOf.video(i))),
    pairs: Array.from({ length: 9 }, (_, i) => ({ videoId: `v${i}`, trackId: `t${i % 7}` })),
  } satisfies EvaluationSet;
}

const HEADER = {
  bundleId: 'b'.repeat(64),
  split: 'test' as const,
  recommendedAlpha: { value: 0.4, rule: 'a rule' },
  balancedAlpha: 0.5,
};

function naiveScore(query: SpaceVectors, target: SpaceVectors, alpha: number, scoring: string): number {
  const [s, u, a, b] = [query.ssl, query.sup, target.ssl, target.sup] as Float32Array[];
  if (scoring === 'WEIGHTED') return (1 - alpha) * dot(s, a) + alpha * dot(u, b);
  const blend = (x: Float32Array, y: Float32Array) =>
    [...x].map((value, i) => (1 - alpha) * value + alpha * y[i]);
  const [z, zQuery] = [blend(a, b), blend(s, u)];
  return dot(z, zQuery) / Math.sqrt(dot(z, z) * dot(zQuery, zQuery));
}

describe('the level of segments', () => {
  it('gives the figures of a naive evaluation, both directions and scorings, at every α', () => {
    const set = drawSet();
    const tables = evaluateSegments(set);
    for (const direction of SEARCH_DIRECTIONS) {
      const [askers, answers] =
        direction === 'VIDEO_TO_MUSIC' ? [set.videos, set.tracks] : [set.tracks, set.videos];
      const isPair = (a: EvaluationItem, b: EvaluationItem) =>
        set.pairs.some(
          ({ trackId, videoId }) => [a.id, b.id].includes(trackId) && [a.id, b.id].includes(videoId),
        );
      for (const scoring of ['WEIGHTED', 'BLENDED'] as const) {
        for (const row of tables[direction][scoring] ?? []) {
          const ranks: number[] = [];
          const labels: number[] = [];
          for (const asker of askers) {
            asker.segments.forEach((segment, index) => {
              const ranked = answers
                .flatMap((answer) => answer.segments.map((target, at) => ({ answer, at, target })))
                .map((found) => ({ ...found, score: naiveScore(segment, found.target, row.alpha, scoring) }))
                .sort((a, b) => b.score - a.score);
              const isRight = ({ answer, at }: (typeof ranked)[number]) =>
                isPair(asker, answer) && (answer.segments.length !== asker.segments.length || at === index);
              const best = ranked.findIndex(isRight);
              if (best >= 0) ranks.push(1 + best);
              const others = ranked.filter(
                ({ answer }) => answer.labels.length > 0 && !isPair(asker, answer),
              );
              const figures = labelFigures(
                others.map(({ answer }) => labelOverlap(asker.labels, answer.labels)),
              );
              if (asker.labels.length > 0 && figures) labels.push(figures.averagePrecision);
            });
          }
          expect(row.pair?.queries).toBe(askers.flatMap(({ segments }) => segments).length);
          expect(row.pair?.recallAt5).toBeCloseTo(mean(ranks.map((rank) => Number(rank <= 5))), 12);
          expect(row.pair?.medianRank).toBe(median(ranks));
          expect(row.pair?.mrr).toBeCloseTo(mean(ranks.map((rank) => 1 / rank)), 12);
          expect(row.label?.queries).toBe(labels.length);
          expect(row.label?.meanAveragePrecision).toBeCloseTo(mean(labels), 12);
        }
      }
    }
  });

  it('is the level of items where each has one segment, chance and intervals included', () => {
    const set = drawSet({ track: () => 1, video: () => 1 });
    expect(evaluateSegments(set)).toEqual(evaluateSet(set));
    expect(evaluateChance(set, 'segment')).toEqual(evaluateChance(set));
  });

  it('ranks those with the very key of the partner before it, as the level of items does', () => {
    const vectors = { ssl: unit(), sup: unit() };
    const alike = (items: EvaluationItem[]) => items.map((each) => ({ ...each, segments: [vectors] }));
    const { tracks, videos, pairs } = drawSet();
    const set = { tracks: alike(tracks), videos: alike(videos.slice(0, 7)), pairs: pairs.slice(0, 7) };
    const tables = evaluateSegments(set);
    for (const direction of SEARCH_DIRECTIONS) {
      for (const row of [...tables[direction].WEIGHTED, ...(tables[direction].BLENDED ?? [])]) {
        expect(row.pair).toMatchObject({ queries: 7, medianRank: 7, recallAt5: 0 });
        expect(row.pair?.mrr).toBeCloseTo(1 / 7, 12);
      }
    }
    expect(tables).toEqual(evaluateSet(set));
  });

  it('takes the exact segment for right where both run in parallel, and any of the partner elsewhere', () => {
    const set = {
      tracks: [item('long', 0, 5), item('cut', 1, 3)],
      videos: [item('a', 0, 3), item('b', 1, 3)],
      pairs: [
        { videoId: 'a', trackId: 'long' },
        { videoId: 'b', trackId: 'cut' },
      ],
    };
    const partners = [...toSegmentQueries(set, 'VIDEO_TO_MUSIC').each()].map((query) => [...query.partners]);
    // In the gallery "cut" comes first.
    const ofLong = [3, 4, 5, 6, 7];
    expect(partners).toEqual([ofLong, ofLong, ofLong, [0], [1], [2]]);
  });

  it('has null where nothing can be measured', () => {
    const set = drawSet();
    const bare = ({ labels, ...rest }: EvaluationItem) => ({ ...rest, labels: [] });
    const unlabelled = { tracks: set.tracks.map(bare), videos: set.videos.map(bare), pairs: set.pairs };
    expect(evaluateSegments(unlabelled).VIDEO_TO_MUSIC.WEIGHTED[3]).toMatchObject({
      label: null,
      pair: { queries: 13 },
    });
    const [neither] = evaluateSegments({ ...unlabelled, pairs: [] }).MUSIC_TO_VIDEO.WEIGHTED;
    expect(neither).toEqual({ alpha: 0, pair: null, label: null, intervals: null });
  });

  it('draws queries where there are too many, the same each time, and keeps the gallery whole', () => {
    const set = drawSet({ track: () => 4, video: () => 5 });
    const all = toSegmentQueries(set, 'VIDEO_TO_MUSIC');
    const drawn = toSegmentQueries(set, 'VIDEO_TO_MUSIC', 20);
    expect([all.count, drawn.count]).toEqual([45, 20]);
    const queries = [...drawn.each()];
    expect(queries).toHaveLength(20);
    expect(drawn.gallery).toEqual(all.gallery);
    expect([...drawn.each()]).toEqual(queries);
    const whole = [...all.each()];
    const vectors = whole.map((query) => query.vectors);
    const positions = queries.map((query) => vectors.indexOf(query.vectors));
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(queries).toEqual(positions.map((position) => whole[position]));
    expect(new Set(queries.map((query) => query.item.id)).size).toBeGreaterThan(5);
  });

  it('compares the labels of items that ask alone', () => {
    const set = drawSet({ track: () => 4, video: () => 5 });
    const drawn = [...toSegmentQueries(set, 'VIDEO_TO_MUSIC', 3).each()];
    const asking = new Set(drawn.map((query) => query.item.id));
    expect(asking.size).toBeLessThan(set.videos.length);
    for (const video of set.videos.filter(({ id }) => !asking.has(id))) {
      Object.defineProperty(video, 'labels', {
        get: () => expect.fail(`The labels of ${video.id} were read.`),
      });
    }
    expect([...toSegmentQueries(set, 'VIDEO_TO_MUSIC', 3).each()]).toEqual(drawn);
  });

  it('scores as the store does, where vectors are missing or cancel out, too', () => {
    const vector = fc.option(
      fc
        .array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 })
        .map((values) => toUnit(values)),
      { nil: null },
    );
    const vectors = fc.record({ ssl: vector, sup: vector });
    fc.assert(
      fc.property(
        fc.array(vectors, { minLength: 1, maxLength: 8 }),
        vectors,
        fc.integer({ min: 0, max: 10 }),
        fc.constantFrom<Scoring>('WEIGHTED', 'BLENDED'),
        (gallery, query, tenths, scoring) => {
          const alpha = tenths / 10;
          const keys = createGalleryScorer(gallery, { blends: true })(query).keysAt(alpha, scoring);
          const score = createScorer(query, alpha, scoring);
          gallery.forEach((segment, i) => {
            expect(Math.abs(keys[i] - sortKey(score(segment)))).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ranks like a stable sort', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 30 }), (keys) => {
        const order = keys.map((_, i) => i).sort((a, b) => keys[b] - keys[a] || a - b);
        expect([...ranksOf(Float64Array.from(keys))]).toEqual(keys.map((_, i) => order.indexOf(i)));
      }),
    );
  });

  it('knows chance among segments', () => {
    const set = drawSet({ track: () => 2, video: () => 1 });
    const [{ pair, label }] = evaluateChance(set, 'segment').VIDEO_TO_MUSIC.WEIGHTED;
    // 14 segments, two of them right: P(neither among the first five) = C(12, 5) / C(14, 5).
    expect(pair?.recallAt5).toBeCloseTo(1 - (9 * 8) / (14 * 13), 12);
    const rates = toQueries(set, 'VIDEO_TO_MUSIC').flatMap(({ overlaps }) =>
      overlaps ? [mean([...overlaps.values()].map((overlap) => Number(overlap > 0)))] : [],
    );
    expect(label?.precisionAt10).toBeCloseTo(mean(rates), 12);
  });

  it('is told of in the document and for people, with the number of segments', () => {
    const texts = [{ text: 'x', vectors: { ssl: unit(), sup: unit() } }];
    const report = createReport(drawSet(), HEADER, { level: 'segment', texts });
    expect(report).toMatchObject({
      level: 'segment',
      gallery: { tracks: 7, videos: 9, segments: { tracks: 13, videos: 13 } },
      text: { MUSIC: expect.any(Array) },
    });
    const markdown = toMarkdown(report);
    expect(markdown).toContain('# Evaluation on the test split, segment by segment');
    expect(markdown).toContain('13 segments of 7 tracks, 13 segments of 9 videos');
    expect(createReport(drawSet(), HEADER).gallery).toEqual({ tracks: 7, videos: 9 });
  });
});

describe('a report made in a worker', () => {
  it('is the one made here', async () => {
    const set = drawSet();
    const options = { level: 'segment' } as const;
    expect(await runReport({ set, header: HEADER, options })).toEqual(createReport(set, HEADER, options));
  });

  it.each(['item', 'segment'] as const)('tells how far it is and can be interrupted: %s', async (level) => {
    const many = (kind: string) => Array.from({ length: 500 }, (_, i) => item(`${kind}${i}`, i, 3));
    const set = { tracks: many('t'), videos: many('v'), pairs: [] };
    const interruption = new AbortController();
    const told: [number, number][] = [];
    const running = runReport(
      { set, header: HEADER, options: { level } },
      {
        signal: interruption.signal,
        onProgress: (done, total) => {
          told.push([done, total]);
          interruption.abort(new Error('Interrupted.'));
        },
      },
    );
    await expect(running).rejects.toThrow('Interrupted.');
    expect(told[0][0]).toBeLessThan(told[0][1]);
  });
});
