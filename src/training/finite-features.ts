import { UsageError } from '../shared/errors.ts';
import { isFiniteVector } from '../shared/vector-math.ts';
import type { TrainingPair } from './training-set.ts';

/** Throws a UsageError that names every pair with features that are not finite: whatever is fitted on one is not, either. */
export function checkFeatures(pairs: readonly TrainingPair[]): void {
  const faults = (['music', 'video'] as const).flatMap((side) => {
    const spoilt = pairs.filter((pair) => !pair[side].every(isFiniteVector)).map(({ id }) => id);
    return spoilt.length > 0 ? [`${side} features of ${spoilt.join(', ')}`] : [];
  });
  if (faults.length > 0) throw new UsageError(`Not finite, so nothing can be fitted: ${faults.join('; ')}.`);
}
