import type { SpaceVectors } from '../../head/head.ts';
import type { KeyBounds } from '../ranking.ts';
import { type BlendedQuery, blendQuery, isBlend } from '../scoring.ts';
import type { Scoring } from '../vector-store.ts';
import { type SegmentTable, SPACE_BIT } from './segment-table.ts';

/**
 * A query's float32 products with every row of a modality's matrices; null where either side has no such vector.
 * A search that ranks by the query's two vectors as they are needs the first two.
 */
export interface RowScores {
  /** ⟨s_q, s⟩ */
  ssl: Float32Array | null;
  /** ⟨u_q, u⟩ */
  sup: Float32Array | null;
  /** ⟨u_q, s⟩ and ⟨s_q, u⟩, for a blend: z is made of the four, so that another α needs no other product. */
  supOnSsl: Float32Array | null;
  sslOnSup: Float32Array | null;
  /** ⟨z_q/‖z_q‖, s⟩ and ⟨z_q/‖z_q‖, u⟩, for a blend that nearly cancels out. */
  blendOnSsl: Float32Array | null;
  blendOnSup: Float32Array | null;
}

/**
 * Below this length of z_q, the rounding of the four products, divided by the length, is too coarse to tell
 * candidates by: its direction is multiplied instead.
 */
const SHORT_BLEND = 1 / 16;

/** The direction of a short z_q in float32; null for one that the products of its parts serve well enough, or none. */
export function directionOfShortBlend({ z, length }: BlendedQuery): Float32Array | null {
  return length > 0 && length < SHORT_BLEND ? Float32Array.from(z, (value) => value / length) : null;
}

/** What no score exceeds, whatever the rounding of unit vectors. */
const MAX_SCORE = 1.01;
/** The sort key of a row that lacks the only active space: its score is 0 and its order 1. */
const LACKING_KEY = -4;

/**
 * How far a float32 dot product of unit vectors can be off in any order of summation: each of the `dimension`
 * additions and products rounds by at most 2^−24 of the sum of magnitudes, which is at most 1, as does each number
 * of a vector that is rounded to float32. Never less than the length under which a blend counts as zero.
 */
function productError(dimension: number): number {
  return Math.max(2e-6, (dimension + 4) * 2 ** -24 * MAX_SCORE);
}

/** Bounds of every row's exact sort key, from float32 products. `low` and `high` are written for all rows. */
export function boundRows(
  table: SegmentTable,
  scores: RowScores,
  query: SpaceVectors,
  { alpha, scoring }: { alpha: number; scoring: Scoring },
  bounds: KeyBounds,
): void {
  const error = productError(Math.max(query.ssl?.length ?? 0, query.sup?.length ?? 0));
  if (isBlend(alpha, scoring)) boundBlended(table, scores, blendQuery(query, alpha), alpha, error, bounds);
  else boundWeighted(table, scores, alpha, error, bounds);
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
  scores: RowScores,
  blended: BlendedQuery,
  alpha: number,
  error: number,
  { low, high }: KeyBounds,
): void {
  if (blended.length === 0) {
    low.fill(0);
    high.fill(0);
    return;
  }
  const { rowCount, sslSquares, supSquares, crossProducts } = table;
  const { terms, queryLength } = termsOf(scores, blended, alpha);
  const sslWeight = (1 - alpha) ** 2;
  const supWeight = alpha ** 2;
  const crossWeight = alpha * (1 - alpha);
  const products = low.fill(0);
  for (const { weight, values } of terms) {
    for (let row = 0; row < rowCount; row++) products[row] += weight * values[row];
  }
  for (let row = 0; row < rowCount; row++) {
    const product = products[row];
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

/** The products that sum up to ⟨q, z⟩, with the length of that q: the direction of z_q, or z_q itself. */
function termsOf(
  { ssl, sup, supOnSsl, sslOnSup, blendOnSsl, blendOnSup }: RowScores,
  blended: BlendedQuery,
  alpha: number,
): { terms: { weight: number; values: Float32Array }[]; queryLength: number } {
  const isShort = directionOfShortBlend(blended) !== null;
  const weighed: [number, Float32Array | null][] = isShort
    ? [
        [1 - alpha, blendOnSsl],
        [alpha, blendOnSup],
      ]
    : [
        [(1 - alpha) ** 2, ssl],
        [alpha ** 2, sup],
        [alpha * (1 - alpha), supOnSsl],
        [alpha * (1 - alpha), sslOnSup],
      ];
  const terms = weighed.flatMap(([weight, values]) => (values ? [{ weight, values }] : []));
  return { terms, queryLength: isShort ? 1 : blended.length };
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
