import { createWorkerClient } from '../shared/worker-client.ts';
import type { StepLosses, TrainedHeads } from './head-training.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainHandlers } from './train.worker.ts';
import { checkTrainingSet, type TrainingSet } from './training-set.ts';

export interface TrainHeadsHooks {
  /** Called every few steps with the latest losses; `steps` is the most there will be. */
  onProgress?: (progress: { losses: StepLosses; steps: number }) => void;
  /** Ends the run: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

const STEPS_PER_CALL = 10;

/**
 * Trains the four heads in a worker thread of its own, so that the caller's event loop stays free. Equal sets and
 * options give equal heads. UsageError where the set can't be trained on.
 */
export async function trainHeads(
  set: TrainingSet,
  options: TrainingOptions,
  { onProgress, signal }: TrainHeadsHooks = {},
): Promise<TrainedHeads> {
  checkTrainingSet(set);
  signal?.throwIfAborted();
  const worker = createWorkerClient<TrainHandlers>(new URL('./train.worker.ts', import.meta.url), null);
  try {
    await worker.call('start', { set, options });
    for (let isDone = false; !isDone; ) {
      signal?.throwIfAborted();
      const report = await worker.call('advance', { steps: STEPS_PER_CALL });
      isDone = report.isDone;
      const latest = report.losses.at(-1);
      if (latest) onProgress?.({ losses: latest, steps: options.steps });
    }
    return await worker.call('finish', null as never);
  } finally {
    await worker.close();
  }
}
