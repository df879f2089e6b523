import { withInterruptibleWorker } from '../evaluation/interruptible-worker.ts';
import type { WorkerClient } from '../shared/worker-client.ts';
import { createCheckpointFile } from './checkpoint-file.ts';
import type { StepLosses, TrainedHeads } from './head-training.ts';
import { startsFromCca } from './linear-start.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainHandlers } from './train.worker.ts';
import { checkTrainingSet, type TrainingSet } from './training-set.ts';

export interface TrainHeadsHooks {
  /** Called before the ssl heads' start is fitted by CCA, which may take longer than any step. */
  onFitCca?: () => void;
  /** Called where there is too little for CCA to correlate: the ssl heads start from random numbers. */
  onRandomStart?: () => void;
  /** Called every few steps with the latest losses; `steps` is the most there will be. */
  onProgress?: (progress: { losses: StepLosses; steps: number }) => void;
  /** Ends the run: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Where the run leaves a checkpoint every minute and goes on from one that was left; without it nothing is kept. */
  checkpointDirectory?: string;
  /** Called where a checkpoint could not be written; the run goes on. */
  onUnkept?: () => void;
}

const STEPS_PER_CALL = 10;
const CHECKPOINT_INTERVAL_MS = 60_000;

/**
 * Trains the four heads in a worker thread of its own, so that the caller's event loop stays free. Equal sets and
 * options give equal heads, also over a break with a checkpoint. UsageError where the set can't be trained on.
 */
export async function trainHeads(
  set: TrainingSet,
  options: TrainingOptions,
  { onFitCca, onRandomStart, onProgress, signal, checkpointDirectory, onUnkept }: TrainHeadsHooks = {},
): Promise<TrainedHeads> {
  checkTrainingSet(set);
  const file = checkpointDirectory ? createCheckpointFile(checkpointDirectory, set, options) : null;
  const run = async (worker: WorkerClient<TrainHandlers>): Promise<TrainedHeads> => {
    const checkpoint = (await file?.read()) ?? null;
    const fitsCca = startsFromCca(options);
    if (fitsCca && !checkpoint) onFitCca?.();
    const { linearStart } = await worker.call('start', { set, options, checkpoint });
    if (fitsCca && linearStart === 'random') onRandomStart?.();
    let savedAtMs = performance.now();
    for (let isDone = false; !isDone; ) {
      signal?.throwIfAborted();
      const report = await worker.call('advance', { steps: STEPS_PER_CALL });
      isDone = report.isDone;
      const latest = report.losses.at(-1);
      if (latest) onProgress?.({ losses: latest, steps: options.steps });
      if (file && !isDone && performance.now() - savedAtMs >= CHECKPOINT_INTERVAL_MS) {
        const isKept = await file.write(await worker.call('toCheckpoint', null as never));
        if (!isKept) onUnkept?.();
        savedAtMs = performance.now();
      }
    }
    const heads = await worker.call('finish', null as never);
    await file?.remove();
    return heads;
  };
  return withInterruptibleWorker(new URL('./train.worker.ts', import.meta.url), {}, run, { signal });
}
