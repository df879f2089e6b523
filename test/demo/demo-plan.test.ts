import { describe, expect, it } from 'vitest';
import { DEMO_RECIPE, planDemo } from '../../src/demo/demo-plan.ts';
import { DEMO_GENRES } from '../../src/demo/genres.ts';
import { LATENT_NAMES } from '../../src/demo/latents.ts';

const pairs = planDemo(DEMO_RECIPE);

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function covarianceOf(a: number[], b: number[]): number {
  return meanOf(a.map((value, i) => (value - meanOf(a)) * (b[i] - meanOf(b))));
}

function correlationOf(a: number[], b: number[]): number {
  return covarianceOf(a, b) / Math.sqrt(covarianceOf(a, a) * covarianceOf(b, b));
}

describe('planDemo', () => {
  it('plans 240 pairs of 120 sources, split by source, with every genre in every split', () => {
    expect(pairs).toHaveLength(240);
    expect(new Set(pairs.flatMap(({ trackId, videoId }) => [trackId, videoId])).size).toBe(480);
    const bySource = Map.groupBy(pairs, ({ source }) => source);
    expect(bySource.size).toBe(120);
    for (const members of bySource.values()) {
      expect(members).toHaveLength(2);
      expect(new Set(members.map(({ split }) => split)).size).toBe(1);
      expect(new Set(members.map(({ genre }) => genre.name)).size).toBe(1);
    }
    const bySplit = Map.groupBy(pairs, ({ split }) => split);
    expect(['train', 'val', 'test'].map((split) => bySplit.get(split as 'val')?.length)).toEqual([
      120, 24, 96,
    ]);
    for (const members of bySplit.values()) {
      expect(new Set(members.map(({ genre }) => genre)).size).toBe(DEMO_GENRES.length);
    }
  });

  it('labels 80 %, gives 25 % a second genre and makes some longer and some silent', () => {
    expect(pairs.filter(({ isLabelled }) => isLabelled)).toHaveLength(192);
    expect(pairs.filter(({ secondGenre }) => secondGenre)).toHaveLength(60);
    expect(pairs.every(({ genre, secondGenre }) => genre !== secondGenre)).toBe(true);
    expect(pairs.filter(({ durationSeconds }) => durationSeconds >= 20)).toHaveLength(15);
    expect(pairs.filter(({ hasSoundtrack }) => !hasSoundtrack)).toHaveLength(20);
  });

  it('shares each latent between both sides, with noise, and apart from the others', () => {
    // Noise of 0.7 of the deviation on each side leaves a correlation of 1 / (1 + 0.7²) = 0.67.
    for (const name of LATENT_NAMES) {
      const music = pairs.map((pair) => pair.music[name]);
      const video = pairs.map((pair) => pair.video[name]);
      expect(Math.abs(meanOf(music))).toBeLessThan(0.15);
      expect(Math.sqrt(covarianceOf(music, music))).toBeCloseTo(Math.sqrt((1 + 0.49) / 3), 0);
      expect(correlationOf(music, video)).toBeGreaterThan(0.55);
      expect(correlationOf(music, video)).toBeLessThan(0.8);
      for (const other of LATENT_NAMES.filter((candidate) => candidate !== name)) {
        const foreign = pairs.map((pair) => pair.video[other]);
        expect(Math.abs(correlationOf(music, foreign))).toBeLessThan(0.25);
      }
    }
  });

  it("keeps both sides' tempo together and lets it vary within a genre", () => {
    for (const { music, video } of pairs) {
      expect(Math.abs(video.tempoBpm / music.tempoBpm - 1)).toBeLessThan(0.042);
      expect(music.tempoBpm).toBeGreaterThan(58);
      expect(music.tempoBpm).toBeLessThan(200);
    }
    for (const genre of DEMO_GENRES) {
      const tempos = pairs.filter((pair) => pair.genre === genre).map(({ music }) => music.tempoBpm);
      expect(Math.abs(meanOf(tempos) - genre.meanTempoBpm)).toBeLessThan(8);
      expect(Math.sqrt(covarianceOf(tempos, tempos))).toBeGreaterThan(7);
    }
  });

  it('gives the same plan for the same seed and another for another', () => {
    expect(planDemo(DEMO_RECIPE)).toEqual(pairs);
    expect(planDemo({ ...DEMO_RECIPE, seed: 1 })).not.toEqual(pairs);
  });
});
