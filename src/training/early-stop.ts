import { measureAtAlpha } from './alpha-figures.ts';
import { type HeadWeightsSet, projectRows } from './head-set.ts';
import { embedGallery, toPairGallery } from './to-evaluation-set.ts';
import type { TrainingPair } from './training-set.ts';

/** What was seen so far. */
export interface EarlyStopState {
  best: { step: number; figure: number; weights: HeadWeightsSet } | null;
  checksSinceBest: number;
}

export interface EarlyStop {
  /** Looks at the heads after a step. */
  check(step: number, weights: HeadWeightsSet): Promise<void>;
  readonly isDone: boolean;
  /** Null before the first check. */
  readonly best: EarlyStopState['best'];
  toState(): EarlyStopState;
}

/** Keeps the heads with the best MRR (α 0) + mAP (α 1) on these pairs; done after `patience` checks without a better one. */
export function createEarlyStop(
  pairs: readonly TrainingPair[],
  patience: number,
  restored: EarlyStopState = { best: null, checksSinceBest: 0 },
): EarlyStop {
  const gallery = toPairGallery(pairs);
  let { best, checksSinceBest } = restored;
  return {
    async check(step, weights) {
      const set = await embedGallery(gallery, (modality, rows) => projectRows(weights, modality, rows));
      const figure = measureAtAlpha(set, 0).mrr + measureAtAlpha(set, 1).meanAveragePrecision;
      checksSinceBest++;
      if (best && figure <= best.figure) return;
      best = { step, figure, weights };
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
