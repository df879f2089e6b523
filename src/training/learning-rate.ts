import type { TrainingOptions } from './options.ts';

/** A linear warm-up, then half a cosine down to 0 at the last step. */
export function learningRateAt(
  step: number,
  { learningRate, warmUpSteps, steps }: Pick<TrainingOptions, 'learningRate' | 'warmUpSteps' | 'steps'>,
): number {
  if (step <= warmUpSteps) return (learningRate * step) / warmUpSteps;
  const progress = (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
  return (learningRate * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}
