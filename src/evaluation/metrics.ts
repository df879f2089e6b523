/** The figures of one query's ranking. Definitions follow the usual ones of information retrieval. */

/** A ranked item: sorted by (order ascending, score descending). */
export interface Ranked {
  itemId: string;
  order: number;
  score: number;
}

/** How labels of one query's ranking fare; all in [0, 1]. */
export interface LabelFigures {
  /** Relevant share of all that was ranked: what a random order reaches. */
  baseRate: number;
  precisionAt10: number;
  averagePrecision: number;
  ndcgAt10: number;
}

const CUT = 10;

/**
 * The rank of the best partner, from 1; others with the partner's own score stand before it. Null where no partner was
 * ranked.
 */
export function pairRank(ranking: readonly Ranked[], partners: ReadonlySet<string>): number | null {
  const best = ranking.find(({ itemId }) => partners.has(itemId));
  if (!best) return null;
  const isAhead = ({ itemId, order, score }: Ranked) =>
    !partners.has(itemId) && (order < best.order || (order === best.order && score >= best.score));
  return 1 + ranking.filter(isAhead).length;
}

/**
 * Label figures of a ranking given as each item's overlap with the query's labels (`labelOverlap`), best rank first.
 * An item is relevant where the overlap is above 0; nDCG's gain is the overlap itself. With nothing relevant all are 0.
 * Null for an empty ranking.
 */
export function labelFigures(overlaps: ArrayLike<number>): LabelFigures | null {
  if (overlaps.length === 0) return null;
  const top = Array.from({ length: Math.min(CUT, overlaps.length) }, (_, index) => overlaps[index]);
  const ideal = discountedGain([...new Float64Array(overlaps).sort().subarray(-CUT)].reverse());
  let relevant = 0;
  let precisionSum = 0;
  for (let index = 0; index < overlaps.length; index++) {
    if (overlaps[index] > 0) precisionSum += ++relevant / (index + 1);
  }
  return {
    baseRate: relevant / overlaps.length,
    precisionAt10: top.filter((overlap) => overlap > 0).length / top.length,
    averagePrecision: relevant > 0 ? precisionSum / relevant : 0,
    ndcgAt10: ideal > 0 ? discountedGain(top) / ideal : 0,
  };
}

/** |A ∩ B| / |A ∪ B|, 0 where both are empty. */
export function labelOverlap(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [new Set(a), new Set(b)];
  const union = left.union(right).size;
  return union === 0 ? 0 : left.intersection(right).size / union;
}

/** Σ gain / log₂(rank + 1). */
export function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value; between two, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
