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
 * are any. A labelled pair that would stand alone with its labels gets company, as far as half of the labelled part
 * and the library allow, so that a batch has positives however many labels there are. Sides with equally many segments are taken to run in parallel: the same segment stands for both.
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
  const drawMates = createMates(labelled, random.fork('mates'));
  const segments = random.fork('segments');

  return () => {
    const tracks = new Set<string>();
    const labelledPairs = Math.ceil(labelledShare * batchPairs);
    const batch = labelledDeck(Math.ceil(labelledPairs / 2), tracks);
    batch.push(...drawMates(batch, labelledPairs - batch.length, tracks));
    batch.push(...labelledDeck(labelledPairs - batch.length, tracks));
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
  let waiting: TrainingPair[] = [];
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
      if (passedOver.length > 0) waiting = [...passedOver, ...waiting];
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

/** Draws, for pairs of a batch that share no label with another one there, pairs that do; adds to `tracks` likewise. */
function createMates(
  pairs: readonly TrainingPair[],
  random: Random,
): (batch: readonly TrainingPair[], most: number, tracks: Set<string>) => TrainingPair[] {
  const byLabel = new Map<string, TrainingPair[]>();
  for (const pair of pairs) {
    for (const label of pair.labels) {
      const sharing = byLabel.get(label);
      if (sharing) sharing.push(pair);
      else byLabel.set(label, [pair]);
    }
  }
  const findMate = ({ labels }: TrainingPair, tracks: ReadonlySet<string>): TrainingPair | undefined => {
    const shared = labels.filter((label) => (byLabel.get(label)?.length ?? 0) > 1);
    if (shared.length === 0) return undefined;
    const sharing = byLabel.get(shared[random.integer(shared.length)]) ?? [];
    const start = random.integer(sharing.length);
    return [...sharing.slice(start), ...sharing.slice(0, start)].find(({ trackId }) => !tracks.has(trackId));
  };
  return (batch, most, tracks) => {
    const mates: TrainingPair[] = [];
    const counts = new Map<string, number>();
    const count = ({ labels }: TrainingPair) => {
      for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    };
    batch.forEach(count);
    for (const pair of batch) {
      if (mates.length >= most) break;
      if (pair.labels.some((label) => (counts.get(label) ?? 0) > 1)) continue;
      const mate = findMate(pair, tracks);
      if (!mate) continue;
      mates.push(mate);
      tracks.add(mate.trackId);
      count(mate);
    }
    return mates;
  };
}
