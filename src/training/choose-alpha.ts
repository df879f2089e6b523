import { createBootstrap } from '../evaluation/bootstrap.ts';
import { type EvaluationSet, SEARCH_DIRECTIONS, toQueries } from '../evaluation/items.ts';
import { toQueryVectors } from '../evaluation/protocol.ts';
import type { Space } from '../head/head.ts';
import { dot } from '../shared/vector-math.ts';
import { type AlphaFigures, measureAtAlpha } from './alpha-figures.ts';
import { perSpace } from './head-set.ts';

export interface AlphaChoice {
  /** σ of cross-modal similarity over non-pairs. */
  similarityDeviation: Record<Space, number>;
  balancedAlpha: number;
  recommendedAlpha: number;
  /** Which rule recommended it, for people. */
  recommendedAlphaRule: string;
}

/** Fewer pairs than this say too little about where the best α lies. */
const LEAST_PAIRS = 50;
const GRID = Array.from({ length: 21 }, (_, step) => step / 20);

/**
 * Balanced α: σ_ssl / (σ_ssl + σ_sup), at which both spaces weigh the same in the order. Recommended α: the maximum over
 * a grid of 0.05 of the harmonic mean of MRR and mAP over both directions, each scaled to [0, 1] between its ends;
 * the balanced one where there are fewer than 50 pairs or where MRR or mAP does not move by more than chance.
 */
export function chooseAlpha(set: EvaluationSet): AlphaChoice {
  const similarityDeviation = measureSimilarityDeviation(set);
  const { ssl, sup } = similarityDeviation;
  const balancedAlpha = ssl + sup > 0 ? ssl / (ssl + sup) : 0.5;
  const balanced = (reason: string): AlphaChoice => ({
    similarityDeviation,
    balancedAlpha,
    recommendedAlpha: balancedAlpha,
    recommendedAlphaRule: `balanced: ${reason}`,
  });
  if (set.pairs.length < LEAST_PAIRS)
    return balanced(`${set.pairs.length} validation pairs, fewer than ${LEAST_PAIRS}`);

  const figures = GRID.map((alpha) => measureAtAlpha(set, alpha));
  if (!endsDiffer(set, figures))
    return balanced('MRR or mAP does not change with α by more than its interval');
  return {
    ...balanced(''),
    recommendedAlpha: bestCompromise(figures),
    recommendedAlphaRule: 'best harmonic mean of MRR and mAP on validation',
  };
}

/** Standard deviation of query–segment cosines over non-pairs, centred per query, in both directions. */
function measureSimilarityDeviation(set: EvaluationSet): Record<Space, number> {
  return perSpace((space) => {
    let squares = 0;
    let count = 0;
    for (const direction of SEARCH_DIRECTIONS) {
      for (const { item, gallery, partners } of toQueries(set, direction)) {
        const query = toQueryVectors(item)[space];
        const segments = gallery.filter(({ id }) => !partners.has(id)).flatMap((other) => other.segments);
        const cosines = segments.flatMap((segment) =>
          query && segment[space] ? dot(query, segment[space]) : [],
        );
        const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
        for (const cosine of cosines) squares += (cosine - mean) ** 2;
        count += cosines.length;
      }
    }
    return count > 0 ? Math.sqrt(squares / count) : 0;
  });
}

/** True where MRR falls and mAP rises from α 0 to 1 by more than the bootstrap of their differences allows for. */
function endsDiffer(set: EvaluationSet, figures: readonly AlphaFigures[]): boolean {
  const [atZero, atOne] = [figures[0].outcomes, figures[figures.length - 1].outcomes];
  const units = SEARCH_DIRECTIONS.flatMap((direction) =>
    toQueries(set, direction).map(({ item }) => item.resampleUnit),
  );
  const bootstrap = createBootstrap(units);
  const fallOfReciprocalRank = atZero.map(({ rank }, query) => {
    const other = atOne[query].rank;
    return rank === null || other === null ? null : 1 / rank - 1 / other;
  });
  const riseOfPrecision = atOne.map(({ label }, query) => {
    const other = atZero[query].label;
    return label === null || other === null ? null : label.averagePrecision - other.averagePrecision;
  });
  return [fallOfReciprocalRank, riseOfPrecision].every((differences) => bootstrap.mean(differences)[0] > 0);
}

/** The first α with the greatest harmonic mean of both figures, each scaled between its ends. */
function bestCompromise(figures: readonly AlphaFigures[]): number {
  const [first, last] = [figures[0], figures[figures.length - 1]];
  const scaled = (value: number, from: number, to: number) =>
    Math.min(1, Math.max(0, (value - from) / (to - from)));
  const compromises = figures.map(({ mrr, meanAveragePrecision }) => {
    const pair = scaled(mrr, last.mrr, first.mrr);
    const label = scaled(meanAveragePrecision, first.meanAveragePrecision, last.meanAveragePrecision);
    return pair + label > 0 ? (2 * pair * label) / (pair + label) : 0;
  });
  return figures[compromises.indexOf(Math.max(...compromises))].alpha;
}
