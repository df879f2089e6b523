import { createRandom } from '../shared/random.ts';
import { pairsOfSplit, type TrainingSet } from './training-set.ts';

const HELD_OUT_SHARE = 0.2;
/** With fewer components than this a fifth is no sample. */
const LEAST_COMPONENTS = 10;

/**
 * For a set without a val split: the train split with a fifth of its components moved to val, so that α can be chosen
 * on pairs that the heads have not seen. Null where there are fewer than ten components.
 */
export function holdOutValidation(set: TrainingSet, seed: number): TrainingSet | null {
  const training = pairsOfSplit(set, 'train');
  const components = [...new Set(training.map(({ componentKey }) => componentKey))].sort();
  if (components.length < LEAST_COMPONENTS) return null;
  const shuffled = createRandom(seed).fork('hold out').shuffled(components);
  const heldOut = new Set(shuffled.slice(0, Math.round(HELD_OUT_SHARE * components.length)));
  const pairs = training.map((pair) =>
    heldOut.has(pair.componentKey) ? { ...pair, split: 'val' as const } : pair,
  );
  return { ...set, pairs };
}
