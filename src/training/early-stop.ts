import type { EvaluationSet } from '../evaluation/items.ts';
import type { Space } from '../head/head.ts';
import { measureAtAlpha } from './alpha-figures.ts';

/** What was seen so far. */
export interface EarlyStopState {
  /** The values of each trained variable at the best step. */
  best: { step: number; figure: number; variables: Float32Array[] } | null;
  checksSinceBest: number;
}

export interface EarlyStop {
  /** Takes note of what val says after a step; the variables are copied where it is the best so far. */
  note(step: number, figure: number, copyVariables: () => Float32Array[]): void;
  readonly isDone: boolean;
  /** Null before the first figure. */
  readonly best: EarlyStopState['best'];
  toState(): EarlyStopState;
}

/** Keeps what had the best figure; done after `patience` figures without a better one. */
export function createEarlyStop(
  patience: number,
  restored: EarlyStopState = { best: null, checksSinceBest: 0 },
): EarlyStop {
  let { best, checksSinceBest } = restored;
  return {
    note(step, figure, copyVariables) {
      checksSinceBest++;
      if (best && figure <= best.figure) return;
      best = { step, figure, variables: copyVariables() };
      checksSinceBest = 0;
    },
    get isDone() {
      return checksSinceBest >= patience;
    },
    get best() {
      return best;
    },
    toState: () => ({ best, checksSinceBest }),
  };
}

/** What spaces are chosen by: MRR for ssl (at α 0), mAP for sup (at α 1), or their sum; 0 where val shows neither. */
export function measureSpaces(validation: EvaluationSet, spaces: readonly Space[]): number {
  const figureOf = (space: Space) =>
    space === 'ssl' ? measureAtAlpha(validation, 0).mrr : measureAtAlpha(validation, 1).meanAveragePrecision;
  return spaces.map(figureOf).reduce((sum, figure) => sum + figure, 0);
}
