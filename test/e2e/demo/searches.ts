import { describe, expect, it } from 'vitest';
import { type Hit, searchAllPages, searchMusic, searchVideos } from '../support/requests.ts';
import { type MadeDemo, PAIRS } from './made-demo.ts';

const ALPHAS = [0, 0.1, 0.35, 0.5, 0.9, 1];
const byVideo = (pair: { videoId: string }) => ({ media: { id: pair.videoId } });

export function describeSearches(demo: () => MadeDemo): void {
  describe('searches over HTTP', () => {
    it('score every hit as the weighted sum of its parts, at every α', async () => {
      const { url } = demo().server;
      for (const [index, alpha] of ALPHAS.entries()) {
        const pair = PAIRS[17 * index];
        const music = await searchMusic(url, { query: byVideo(pair), alpha });
        const videos = await searchVideos(url, { query: { media: { id: pair.trackId } }, alpha });
        for (const { alpha: used, totalCount, hits } of [music, videos]) {
          expect([used, totalCount, hits.edges.length]).toEqual([alpha, 240, 100]);
          expect(largestGap(hits.edges, alpha)).toBeLessThanOrEqual(1e-5);
          expect(hits.edges.map(({ rank }) => rank)).toEqual(hits.edges.map((_, at) => at + 1));
          expect(hits.edges).toEqual(hits.edges.toSorted((a, b) => b.score - a.score));
        }
      }
    });

    it.each(['WEIGHTED', 'BLENDED'] as const)('give pages that join to the whole: %s', async (scoring) => {
      const { url } = demo().server;
      const variables = { query: byVideo(PAIRS[5]), alpha: 0.4, scoring };
      const pages = await searchAllPages(url, { ...variables, first: 37 });
      const whole = await searchAllPages(url, { ...variables, first: 100 });
      expect(pages).toEqual(whole);
      expect(new Set(whole.map(({ node }) => node.id)).size).toBe(240);
    });

    it('keep to the genres that are ticked, in the order of the whole', async () => {
      const { url } = demo().server;
      const variables = { query: byVideo(PAIRS[8]), alpha: 0.3 };
      const whole = await searchAllPages(url, { ...variables, first: 100 });
      const { genre } = PAIRS[8];
      const ticked = await searchMusic(url, { ...variables, genres: { any: [genre.name] } });
      const expected = whole.filter(({ node }) => node.genres.includes(genre.name));
      expect(expected.length).toBeGreaterThan(20);
      expect(ticked.totalCount).toBe(expected.length);
      expect(ticked.hits.edges.map(({ node, score }) => [node.id, score])).toEqual(
        expected.map(({ node, score }) => [node.id, score]),
      );
    });
  });
}

function largestGap(hits: readonly Hit[], alpha: number): number {
  return Math.max(
    ...hits.map(({ score, ssl, sup }) =>
      Math.abs(score - ((1 - alpha) * ssl.similarity + alpha * sup.similarity)),
    ),
  );
}
