import { describe, expect, it } from 'vitest';
import { scoreOf } from '../../src/store/scoring.ts';

const X = Float32Array.of(1, 0);
const Y = Float32Array.of(0, 1);
const MINUS_X = Float32Array.of(-1, 0);

describe('scoreOf', () => {
  it('weighs the cosines of the two spaces', () => {
    const segment = { ssl: Float32Array.of(0.6, 0.8), sup: Float32Array.of(0.8, -0.6) };
    const scored = scoreOf({ ssl: X, sup: Y }, segment, 0.25, 'WEIGHTED');
    expect(scored.order).toBe(0);
    expect(scored.ssl).toBeCloseTo(0.6, 6);
    expect(scored.sup).toBeCloseTo(-0.6, 6);
    expect(scored.score).toBeCloseTo(0.75 * 0.6 - 0.25 * 0.6, 6);
  });

  it('takes the cosine of the blends', () => {
    // z_q = (0.75, 0.25), z = (0, 0.75) + (0.25, 0) = (0.25, 0.75).
    const scored = scoreOf({ ssl: X, sup: Y }, { ssl: Y, sup: X }, 0.25, 'BLENDED');
    expect(scored.score).toBeCloseTo(0.375 / 0.625, 12);
    expect([scored.ssl, scored.sup]).toEqual([0, 0]);
  });

  it('scores 0 where a blend cancels out', () => {
    expect(scoreOf({ ssl: X, sup: X }, { ssl: X, sup: MINUS_X }, 0.5, 'BLENDED').score).toBe(0);
    expect(scoreOf({ ssl: X, sup: MINUS_X }, { ssl: X, sup: X }, 0.5, 'BLENDED').score).toBe(0);
  });

  it('counts a missing space as 0, says so, and puts it last where nothing else is active', () => {
    const query = { ssl: X, sup: X };
    const half = { ssl: X, sup: null };
    expect(scoreOf(query, half, 0.5, 'WEIGHTED')).toEqual({ order: 0, score: 0.5, ssl: 1, sup: null });
    // ‖z‖ is taken as √(0.5² + 0.5²).
    expect(scoreOf(query, half, 0.5, 'BLENDED').score).toBeCloseTo(Math.SQRT1_2, 12);
    expect(scoreOf(query, half, 1, 'BLENDED')).toEqual({ order: 1, score: 0, ssl: 1, sup: null });
    expect(scoreOf(query, { ssl: null, sup: X }, 0, 'WEIGHTED').order).toBe(1);
    expect(scoreOf({ ssl: X, sup: null }, { ssl: X, sup: X }, 0.5, 'WEIGHTED').sup).toBeNull();
  });

  it('gives one ranking under both scorings at the ends of α', () => {
    const segment = { ssl: Float32Array.of(0.6, 0.8), sup: Y };
    for (const alpha of [0, 1]) {
      const [weighted, blended] = (['WEIGHTED', 'BLENDED'] as const).map(
        (scoring) => scoreOf({ ssl: X, sup: Y }, segment, alpha, scoring).score,
      );
      expect(blended).toBe(weighted);
    }
  });

  it('blends spaces of one dimension only', () => {
    const query = { ssl: X, sup: Float32Array.of(1) };
    expect(() => scoreOf(query, query, 0.5, 'BLENDED')).toThrow('dimension');
  });
});
