import type { SpaceVectors } from '../../head/head.ts';
import { dot } from '../../shared/vector-math.ts';
import type { KeyBounds } from '../ranking.ts';
import { blend } from '../scoring.ts';
import type { Scoring } from '../vector-store.ts';
import { type SegmentTable, SPACE_BIT } from './segment-table.ts';

/** A query's products with every row of a modality's matrices; null where either side has no such vector. */
export interface RowScores {
  /** ⟨s_q, s⟩ */
  ssl: Float32Array | null;
  /** ⟨u_q, u⟩ */
  sup: Float32Array | null;
  /** ⟨u_q, s⟩ and ⟨s_q, u⟩: only for a blend. */
  supOnSsl: Float32Array | null;
  sslOnSup: Float32Array | null;
}

/** True where a search needs the products across the spaces. */
export function isBlend({ alpha, scoring }: { alpha: number; scoring: Scoring }): boolean {
  return scoring === 'BLENDED' && alpha > 0 && alpha < 1;
}

/** What no score exceeds, whatever the rounding of unit vectors. */
const MAX_SCORE = 1.01;
/** The sort key of a row that lacks the only active space: its score is 0 and its order 1. */
const LACKING_KEY = -4;

/**
 * How far a float32 dot product of unit vectors can be off in any order of summation: each of the `dimension`
 * additions and products rounds by at most 2^−24 of the sum of magnitudes, which is at most 1. Never less than
 * the length under which a blend counts as zero.
 */
function productError(dimension: number): number {
  return Math.max(2e-6, (dimension + 2) * 2 ** -24 * MAX_SCORE);
}

/** Bounds of every row's exact sort key, from float32 products. `low` and `high` are written for all rows. */
export function boundRows(
  table: SegmentTable,
  scores: RowScores,
  query: SpaceVectors,
  { alpha, scoring }: { alpha: number; scoring: Scoring },
  { low, high }: KeyBounds,
): void {
  const error = productError(Math.max(query.ssl?.length ?? 0, query.sup?.length ?? 0));
  if (isBlend({ alpha, scoring })) boundBlended(table, scores, query, alpha, error, { low, high });
  else boundWeighted(table, scores, alpha, error, { low, high });
}

function boundWeighted(
  table: SegmentTable,
  { ssl, sup }: RowScores,
  alpha: number,
  error: number,
  { low, high }: KeyBounds,
): void {
  const { rowCount } = table;
  for (let row = 0; row < rowCount; row++) {
    const score = (ssl ? (1 - alpha) * ssl[row] : 0) + (sup ? alpha * sup[row] : 0);
    low[row] = score - error;
    high[row] = score + error;
  }
  if (alpha > 0 && alpha < 1) return;
  const { spaceBits } = table;
  const activeBit = alpha === 0 ? SPACE_BIT.ssl : SPACE_BIT.sup;
  for (let row = 0; row < rowCount; row++) {
    if (!(spaceBits[row] & activeBit)) low[row] = high[row] = LACKING_KEY;
  }
}

function boundBlended(
  table: SegmentTable,
  { ssl, sup, supOnSsl, sslOnSup }: RowScores,
  query: SpaceVectors,
  alpha: number,
  error: number,
  { low, high }: KeyBounds,
): void {
  const { rowCount, sslSquares, supSquares, crossProducts } = table;
  const zQuery = blend(query, alpha);
  const queryLength = zQuery ? Math.sqrt(dot(zQuery, zQuery)) : 0;
  const zeros = ssl && sup && supOnSsl && sslOnSup ? null : new Float32Array(rowCount);
  const [onSsl, crossOnSsl, onSup, crossOnSup] = [ssl, supOnSsl, sup, sslOnSup].map(
    (scores) => scores ?? (zeros as Float32Array),
  );
  const sslWeight = (1 - alpha) ** 2;
  const supWeight = alpha ** 2;
  const crossWeight = alpha * (1 - alpha);
  for (let row = 0; row < rowCount; row++) {
    const product =
      sslWeight * onSsl[row] + supWeight * onSup[row] + crossWeight * (crossOnSsl[row] + crossOnSup[row]);
    const square =
      sslWeight * sslSquares[row] + supWeight * supSquares[row] + 2 * crossWeight * crossProducts[row];
    const lengths = queryLength * Math.sqrt(square);
    // Where the blend nearly cancels out, dividing by its length tells nothing: such a row is always a candidate.
    if (!(lengths > error)) {
      low[row] = -MAX_SCORE;
      high[row] = MAX_SCORE;
    } else {
      const inverse = 1 / lengths;
      low[row] = (product - error) * inverse;
      high[row] = (product + error) * inverse;
    }
  }
}

/** Bounds of every selected item's key: those of its best segment. Unselected slots get a `high` of −Infinity. */
export function boundItems(
  { rowCount, itemSlots }: SegmentTable,
  rows: KeyBounds,
  isSelected: Uint8Array,
): KeyBounds {
  const low = new Float64Array(isSelected.length).fill(Number.NEGATIVE_INFINITY);
  const high = new Float64Array(isSelected.length).fill(Number.NEGATIVE_INFINITY);
  const { low: rowLow, high: rowHigh } = rows;
  for (let row = 0; row < rowCount; row++) {
    const slot = itemSlots[row];
    if (slot < 0 || isSelected[slot] === 0) continue;
    if (rowLow[row] > low[slot]) low[slot] = rowLow[row];
    if (rowHigh[row] > high[slot]) high[slot] = rowHigh[row];
  }
  return { low, high };
}
