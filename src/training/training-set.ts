import type { Split } from '../library/library.ts';
import { UsageError } from '../shared/errors.ts';
import type { PairTraits } from './losses.ts';

/** A video and its music, as backbone features: one vector for each segment, at least one of each side. */
export interface TrainingPair extends PairTraits {
  /** The video's id. */
  id: string;
  split: Split;
  /** What must not stand in two splits: the connected component of sources, pairs and equal files. */
  componentKey: string;
  music: Float32Array[];
  video: Float32Array[];
}

/** What heads are trained on and chosen by. */
export interface TrainingSet {
  pairs: TrainingPair[];
}

/** Labels make a space only where there are two pairs to compare. */
const LEAST_LABELLED_PAIRS = 2;

/** True where the sup space has something to learn from. */
export function hasLabelsToLearn(set: TrainingSet): boolean {
  const labelled = pairsOfSplit(set, 'train').filter(({ labels }) => labels.length > 0);
  return labelled.length >= LEAST_LABELLED_PAIRS;
}

/** The pairs of one split, in order. */
export function pairsOfSplit({ pairs }: TrainingSet, split: Split): TrainingPair[] {
  return pairs.filter((pair) => pair.split === split);
}

/** Throws a UsageError that names every fault: too few pairs to train on, sides without segments, uneven lengths. */
export function checkTrainingSet(set: TrainingSet): void {
  const faults: string[] = [];
  const trainingTracks = new Set(pairsOfSplit(set, 'train').map(({ trackId }) => trackId));
  if (trainingTracks.size < 2) {
    faults.push(`the train split has pairs with ${trainingTracks.size} different tracks; 2 are the least`);
  }
  for (const side of ['music', 'video'] as const) {
    const empty = set.pairs.filter((pair) => pair[side].length === 0).map(({ id }) => id);
    if (empty.length > 0) faults.push(`no ${side} segments in ${empty.join(', ')}`);
    const dimensions = new Set(set.pairs.flatMap((pair) => pair[side].map(({ length }) => length)));
    if (dimensions.size > 1) faults.push(`${side} features of lengths ${[...dimensions].join(', ')}`);
  }
  if (faults.length > 0) throw new UsageError(`This library can't be trained on: ${faults.join('; ')}.`);
}
