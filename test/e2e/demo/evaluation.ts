import { beforeAll, describe, expect, it } from 'vitest';
import { ask, type Hit } from '../support/requests.ts';
import { type MadeDemo, TEST_PAIRS } from './made-demo.ts';

interface Row {
  alpha: number;
  pair: { recallAt1: number; recallAt5: number; recallAt10: number; medianRank: number; mrr: number };
  label: { baseRate: number; precisionAt10: number };
}

const anyNumber = expect.any(Number);
const ALPHAS = Array.from({ length: 11 }, (_, tenths) => tenths / 10);

/** Searches of one request; the server allows 64. */
const BATCH = 48;

const expectedRow = (alpha: number) => ({
  alpha,
  pair: {
    queries: 96,
    recallAt1: anyNumber,
    recallAt5: anyNumber,
    recallAt10: anyNumber,
    medianRank: anyNumber,
    mrr: anyNumber,
  },
  label: {
    queries: anyNumber,
    baseRate: anyNumber,
    precisionAt10: anyNumber,
    meanAveragePrecision: anyNumber,
    ndcgAt10: anyNumber,
  },
  intervals: expect.objectContaining({ recallAt10: [anyNumber, anyNumber] }),
});
const expectedTable = { WEIGHTED: ALPHAS.map(expectedRow), BLENDED: ALPHAS.map(expectedRow) };
const expectedTables = { VIDEO_TO_MUSIC: expectedTable, MUSIC_TO_VIDEO: expectedTable };

/** Whether each goal of video → music is reached. */
function reached(rows: readonly Row[]): Record<string, boolean> {
  const [pairs, labels] = [rows[0], rows[10]];
  return {
    'recall@10 at α 0 ≥ 0.50': pairs.pair.recallAt10 >= 0.5,
    'recall@1 at α 0 ≥ 0.08': pairs.pair.recallAt1 >= 0.08,
    'median rank at α 0 ≤ 10': pairs.pair.medianRank <= 10,
    'label precision@10 at α 1 ≥ 1.7 × base': labels.label.precisionAt10 >= 1.7 * labels.label.baseRate,
    'recall@10 falls by ≥ 0.20': pairs.pair.recallAt10 - labels.pair.recallAt10 >= 0.2,
    'precision@10 rises by ≥ 0.08': labels.label.precisionAt10 - pairs.label.precisionAt10 >= 0.08,
  };
}

const all = (isReached: boolean, rows: readonly Row[]) =>
  Object.fromEntries(Object.keys(reached(rows)).map((goal) => [goal, isReached]));

export function describeEvaluation(demo: () => MadeDemo): void {
  describe('evaluate', () => {
    // biome-ignore lint/suspicious/noExplicitAny: its shape is what is tested
    let document: any;

    beforeAll(async () => {
      const { workspace, folder } = demo();
      document = await workspace.runJson(['evaluate', folder, '--baselines', '--json']);
    });

    it('prints the document of the contract', () => {
      expect(document).toEqual({
        schemaVersion: 1,
        bundleId: expect.stringMatching(/^[0-9a-f]{64}$/),
        split: 'test',
        level: 'item',
        gallery: { tracks: 96, videos: 96 },
        directions: expectedTables,
        baselines: {
          chance: { VIDEO_TO_MUSIC: expect.anything(), MUSIC_TO_VIDEO: expect.anything() },
          untrained: expectedTables,
          sslOnly: expectedTables,
          supOnly: expectedTables,
          cca: expectedTables,
          ridge: expectedTables,
        },
        recommendedAlpha: { value: anyNumber, rule: expect.any(String) },
        balancedAlpha: anyNumber,
      });
      const [chance] = document.baselines.chance.VIDEO_TO_MUSIC.WEIGHTED;
      expect(chance.pair.recallAt10).toBeCloseTo(10 / 96, 9);
      expect(chance.label.precisionAt10).toBeCloseTo(chance.label.baseRate, 9);
    });

    it('shows trained heads that reach every goal, and untrained ones that reach none', () => {
      const trained = document.directions.VIDEO_TO_MUSIC.WEIGHTED;
      const untrained = document.baselines.untrained.VIDEO_TO_MUSIC.WEIGHTED;
      console.log(summary('trained', trained));
      console.log(summary('untrained', untrained));
      expect(reached(trained)).toEqual(all(true, trained));
      expect(reached(untrained)).toEqual(all(false, untrained));
    });

    it('shows spaces that are what one loss alone makes, since they share nothing', () => {
      const { directions, baselines } = document;
      for (const direction of ['VIDEO_TO_MUSIC', 'MUSIC_TO_VIDEO']) {
        const [both, ssl, sup] = [directions, baselines.sslOnly, baselines.supOnly].map(
          (tables) => tables[direction].WEIGHTED,
        );
        expect(ssl[0].pair).toEqual(both[0].pair);
        expect(sup[10].label).toEqual(both[10].label);
      }
    });

    it.each([
      { scoring: 'WEIGHTED', alpha: 0 },
      { scoring: 'WEIGHTED', alpha: 0.5 },
      { scoring: 'BLENDED', alpha: 0.5 },
      { scoring: 'WEIGHTED', alpha: 1 },
    ])('ranks as the server does: $scoring at α $alpha', async ({ scoring, alpha }) => {
      const row: Row = document.directions.VIDEO_TO_MUSIC[scoring][alpha * 10];
      const served = measure(await searchTestSplit(demo().server.url, scoring, alpha));
      for (const [metric, value] of Object.entries(served)) {
        const evaluated = { ...row.pair, precisionAt10: row.label.precisionAt10 }[metric];
        expect([metric, evaluated]).toEqual([metric, expect.closeTo(value, 9)]);
      }
    });
  });
}

function summary(name: string, rows: readonly Row[]): string {
  const figures = [rows[0], rows[10]].map(
    ({ alpha, pair, label }) =>
      `α ${alpha}: recall@1 ${pair.recallAt1.toFixed(3)}, recall@10 ${pair.recallAt10.toFixed(3)}, ` +
      `median rank ${pair.medianRank}, precision@10 ${label.precisionAt10.toFixed(3)} (base ${label.baseRate.toFixed(3)})`,
  );
  return `Demo, video → music, ${name}: ${figures.join('; ')}`;
}

/** What the server ranks for every video of the test split, among the tracks of the test split, by video. */
async function searchTestSplit(url: string, scoring: string, alpha: number): Promise<Map<string, Hit[]>> {
  const filter = { ids: { any: TEST_PAIRS.map(({ trackId }) => trackId) } };
  const found = new Map<string, Hit[]>();
  for (let start = 0; start < TEST_PAIRS.length; start += BATCH) {
    const videoIds = TEST_PAIRS.slice(start, start + BATCH).map(({ videoId }) => videoId);
    const aliases = videoIds.map(
      (videoId, index) => `s${index}: searchMusic(query: { media: { id: "${videoId}" } },
        alpha: $alpha, scoring: $scoring, filter: $filter) { ...Ranked }`,
    );
    const answer = await ask(
      url,
      `query Ranked($alpha: Float!, $scoring: Scoring!, $filter: ItemFilterInput!) { ${aliases.join('\n')} }
       fragment Ranked on MusicSearchResult {
         ... on MusicSearch { hits(first: 100) { edges { node { id genres } } } }
       }`,
      { alpha, scoring, filter },
    );
    videoIds.forEach((videoId, index) => {
      found.set(videoId, answer[`s${index}`].hits.edges);
    });
  }
  return found;
}

/** The metrics, from nothing but what the server answered and which pairs there are. */
function measure(found: Map<string, Hit[]>): Record<string, number> {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ranks = TEST_PAIRS.map(
    ({ videoId, trackId }) => (found.get(videoId) ?? []).findIndex(({ node }) => node.id === trackId) + 1,
  );
  expect(Math.min(...ranks)).toBeGreaterThan(0);
  const sorted = ranks.toSorted((a, b) => a - b);
  const precisions = TEST_PAIRS.filter(({ isLabelled }) => isLabelled).map(({ videoId, trackId }) => {
    const hits = found.get(videoId) ?? [];
    const genres = hits.find(({ node }) => node.id === trackId)?.node.genres ?? [];
    const labelled = hits.filter(({ node }) => node.id !== trackId && node.genres.length > 0);
    const isRelevant = ({ node }: Hit) => node.genres.some((genre) => genres.includes(genre));
    return mean(labelled.slice(0, 10).map((hit) => Number(isRelevant(hit))));
  });
  const recallAt = (k: number) => mean(ranks.map((rank) => Number(rank <= k)));
  return {
    recallAt1: recallAt(1),
    recallAt5: recallAt(5),
    recallAt10: recallAt(10),
    medianRank: (sorted[47] + sorted[48]) / 2,
    mrr: mean(ranks.map((rank) => 1 / rank)),
    precisionAt10: mean(precisions),
  };
}
