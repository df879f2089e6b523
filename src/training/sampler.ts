import type { Random } from '../shared/random.ts';
import type { TrainingPair } from './training-set.ts';

/** One pair of a batch with the segments that stand for it. */
export interface BatchEntry {
  pair: TrainingPair;
  musicSegment: number;
  videoSegment: number;
}

export interface SamplerOptions {
  batchPairs: number;
  minimumLabelledShare: number;
}

/**
 * Draws batches without end. Each pass over the pairs is in a new random order; a batch holds at most one pair of a
 * track, so at most one segment of any item, and at least `minimumLabelledShare` of labelled pairs as far as there
 * are any. Sides with equally many segments are taken to run in parallel: the same segment stands for both.
 */
export function createSampler(
  pairs: readonly TrainingPair[],
  { batchPairs, minimumLabelledShare }: SamplerOptions,
  random: Random,
): () => BatchEntry[] {
  const [labelled, unlabelled] = [true, false].map((isLabelled) =>
    pairs.filter((pair) => pair.labels.length > 0 === isLabelled),
  );
  const labelledDeck = createDeck(labelled, random.fork('labelled'));
  const unlabelledDeck = createDeck(unlabelled, random.fork('unlabelled'));
  const labelledShare = Math.max(minimumLabelledShare, labelled.length / pairs.length);
  const segments = random.fork('segments');

  return () => {
    const tracks = new Set<string>();
    const batch = labelledDeck(Math.ceil(labelledShare * batchPairs), tracks);
    batch.push(...unlabelledDeck(batchPairs - batch.length, tracks));
    batch.push(...labelledDeck(batchPairs - batch.length, tracks));
    return batch.map((pair) => {
      const videoSegment = segments.integer(pair.video.length);
      const runInParallel = pair.music.length === pair.video.length;
      const musicSegment = runInParallel ? videoSegment : segments.integer(pair.music.length);
      return { pair, musicSegment, videoSegment };
    });
  };
}

/**
 * A deck that is dealt in random order and shuffled again when it runs out. A deal adds to `tracks` and passes over
 * pairs whose track is there; they stay on top for the next one. It ends short rather than deal a track twice.
 */
function createDeck(
  pairs: readonly TrainingPair[],
  random: Random,
): (count: number, tracks: Set<string>) => TrainingPair[] {
  const waiting: TrainingPair[] = [];
  return (count, tracks) => {
    const dealt: TrainingPair[] = [];
    const deal = () => {
      const passedOver: TrainingPair[] = [];
      while (waiting.length > 0 && dealt.length < count) {
        const pair = waiting.shift() as TrainingPair;
        if (tracks.has(pair.trackId)) passedOver.push(pair);
        else {
          tracks.add(pair.trackId);
          dealt.push(pair);
        }
      }
      waiting.unshift(...passedOver);
    };
    deal();
    if (dealt.length < count) {
      const alreadyWaiting = new Set(waiting);
      for (const pair of random.shuffled(pairs)) if (!alreadyWaiting.has(pair)) waiting.push(pair);
      deal();
    }
    return dealt;
  };
}
