import { describe, expect, it } from 'vitest';
import { blendQuery, createScorer, similarities } from '../../src/store/scoring.ts';

const X = Float32Array.of(1, 0);
const Y = Float32Array.of(0, 1);
const MINUS_X = Float32Array.of(-1, 0);

describe('createScorer', () => {
  it('weighs the cosines of the two spaces', () => {
    const segment = { ssl: Float32Array.of(0.6, 0.8), sup: Float32Array.of(0.8, -0.6) };
    const query = { ssl: X, sup: Y };
    const scored = createScorer(query, 0.25, 'WEIGHTED')(segment);
    expect(scored.order).toBe(0);
    expect(similarities(query, segment).ssl).toBeCloseTo(0.6, 6);
    expect(similarities(query, segment).sup).toBeCloseTo(-0.6, 6);
    expect(scored.score).toBeCloseTo(0.75 * 0.6 - 0.25 * 0.6, 6);
  });

  it('takes the cosine of the blends', () => {
    // z_q = (0.75, 0.25), z = (0, 0.75) + (0.25, 0) = (0.25, 0.75).
    const scored = createScorer({ ssl: X, sup: Y }, 0.25, 'BLENDED')({ ssl: Y, sup: X });
    expect(scored.score).toBeCloseTo(0.375 / 0.625, 12);
  });

  it('scores 0 where a blend cancels out', () => {
    expect(createScorer({ ssl: X, sup: X }, 0.5, 'BLENDED')({ ssl: X, sup: MINUS_X }).score).toBe(0);
    expect(createScorer({ ssl: X, sup: MINUS_X }, 0.5, 'BLENDED')({ ssl: X, sup: X }).score).toBe(0);
  });

  it('counts a missing space as 0, says so, and puts it last where nothing else is active', () => {
    const query = { ssl: X, sup: X };
    const half = { ssl: X, sup: null };
    expect(createScorer(query, 0.5, 'WEIGHTED')(half)).toEqual({ order: 0, score: 0.5 });
    expect(similarities(query, half)).toEqual({ ssl: 1, sup: null });
    expect(similarities({ ssl: X, sup: null }, { ssl: X, sup: X })).toEqual({ ssl: 1, sup: null });
    // ‖z‖ is taken as √(0.5² + 0.5²).
    expect(createScorer(query, 0.5, 'BLENDED')(half).score).toBeCloseTo(Math.SQRT1_2, 12);
    expect(createScorer(query, 1, 'BLENDED')(half)).toEqual({ order: 1, score: 0 });
    expect(createScorer(query, 0, 'WEIGHTED')({ ssl: null, sup: X }).order).toBe(1);
  });

  it('counts a query as none only where nothing but rounding is left of it', () => {
    const near = (sine: number) => ({ ssl: X, sup: Float32Array.of(-1, sine) });
    expect(blendQuery(near(1e-6), 0.5).length).toBe(0);
    const query = near(1e-5);
    expect(blendQuery(query, 0.5).length).toBeCloseTo(5e-6, 12);
    const score = createScorer(query, 0.5, 'BLENDED');
    expect(score({ ssl: Y, sup: Y }).score).toBeCloseTo(1, 9);
    expect(score({ ssl: X, sup: Y }).score).toBeCloseTo(Math.SQRT1_2, 9);
  });

  it('gives one ranking under both scorings at the ends of α', () => {
    const segment = { ssl: Float32Array.of(0.6, 0.8), sup: Y };
    for (const alpha of [0, 1]) {
      const [weighted, blended] = (['WEIGHTED', 'BLENDED'] as const).map(
        (scoring) => createScorer({ ssl: X, sup: Y }, alpha, scoring)(segment).score,
      );
      expect(blended).toBe(weighted);
    }
  });

  it('blends spaces of one dimension only', () => {
    const query = { ssl: X, sup: Float32Array.of(1) };
    expect(() => createScorer(query, 0.5, 'BLENDED')(query)).toThrow('dimension');
  });
});
