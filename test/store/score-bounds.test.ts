import { describe, expect, it } from 'vitest';
import type { SpaceVectors } from '../../src/head/head.ts';
import { createRandom } from '../../src/shared/random.ts';
import { toUnit } from '../../src/shared/vector-math.ts';
import { boundRows, directionOfShortBlend, type RowScores } from '../../src/store/embedded/score-bounds.ts';
import { createSegmentTable } from '../../src/store/embedded/segment-table.ts';
import { selectPage } from '../../src/store/ranking.ts';
import { blendQuery, createScorer } from '../../src/store/scoring.ts';
import { randomUnit } from './arbitraries.ts';

const DIMENSION = 64;
const ROWS = 2_000;

const random = createRandom(5);
const newUnit = () => randomUnit(random.normal, DIMENSION);
const table = createSegmentTable();
for (let row = 0; row < ROWS; row++) {
  const [ssl, sup] = [newUnit(), newUnit()];
  // Some lack a space, some nearly cancel out at α 0.5.
  if (row % 50 === 0) table.add(row, { startSeconds: 0, endSeconds: 1, ssl, sup: null });
  else if (row % 50 === 1)
    table.add(row, { startSeconds: 0, endSeconds: 1, ssl, sup: nearlyOpposite(ssl, 1e-3) });
  else table.add(row, { startSeconds: 0, endSeconds: 1, ssl, sup });
}

function nearlyOpposite(vector: Float32Array, share: number): Float32Array {
  const off = newUnit();
  return toUnit(vector.map((value, i) => share * off[i] - value)) as Float32Array;
}

/** Products as an engine gives them: every step rounded to float32. */
function productsWith(vector: Float32Array | null, space: 'ssl' | 'sup'): Float32Array | null {
  if (!vector) return null;
  return Float32Array.from({ length: ROWS }, (_, row) => {
    let sum = 0;
    const held = table.vectors(row)[space];
    for (let i = 0; i < DIMENSION; i++) sum = Math.fround(sum + Math.fround(vector[i] * (held?.[i] ?? 0)));
    return sum;
  });
}

function boundsOf(query: SpaceVectors, alpha: number) {
  const direction = directionOfShortBlend(blendQuery(query, alpha));
  const scores: RowScores = {
    ssl: productsWith(query.ssl, 'ssl'),
    sup: productsWith(query.sup, 'sup'),
    supOnSsl: productsWith(query.sup, 'ssl'),
    sslOnSup: productsWith(query.ssl, 'sup'),
    blendOnSsl: productsWith(direction, 'ssl'),
    blendOnSup: productsWith(direction, 'sup'),
  };
  const bounds = { low: new Float64Array(ROWS), high: new Float64Array(ROWS) };
  boundRows(table, scores, query, { alpha, scoring: 'BLENDED' }, bounds);
  return bounds;
}

describe('bounds of blended scores', () => {
  it.each([1, 0.1, 0.03, 1e-3, 1e-5])(
    'hold the score and leave few candidates where z_q is %d short',
    (share) => {
      const ssl = newUnit();
      const query = { ssl, sup: nearlyOpposite(ssl, share) };
      for (const alpha of [0.1, 0.5, 0.9]) {
        const { low, high } = boundsOf(query, alpha);
        const score = createScorer(query, alpha, 'BLENDED');
        for (let row = 0; row < ROWS; row++) {
          const exact = score(table.vectors(row)).score;
          expect(low[row]).toBeLessThanOrEqual(exact);
          expect(high[row]).toBeGreaterThanOrEqual(exact);
        }
        let rescored = 0;
        selectPage({ low, high }, { first: 10, after: null, minScore: null }, (row) => {
          rescored++;
          return { order: 0, score: score(table.vectors(row)).score, itemId: String(row) };
        });
        expect(rescored).toBeLessThan(60);
      }
    },
  );

  it('are the score itself where z_q is nothing', () => {
    const ssl = newUnit();
    const { low, high } = boundsOf({ ssl, sup: ssl.map((value) => -value) }, 0.5);
    expect([new Set(low), new Set(high)]).toEqual([new Set([0]), new Set([0])]);
  });
});
