import { workerData } from 'node:worker_threads';
import { type SharedProgress, throwIfInterrupted } from '../evaluation/interruptible-worker.ts';
import { serveWorker } from '../shared/worker-server.ts';
import { type HeadTraining, startHeadTraining, type TrainingCheckpoint } from './head-training.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingSet } from './training-set.ts';

interface StartRequest {
  set: TrainingSet;
  options: TrainingOptions;
  checkpoint: TrainingCheckpoint | null;
}

const shared = workerData as SharedProgress;

let training: HeadTraining | null = null;

const handlers = {
  async start({ set, options, checkpoint }: StartRequest) {
    const onPause = () => throwIfInterrupted(shared);
    training = await startHeadTraining(set, options, checkpoint, { onPause });
    return { linearStart: training.linearStart };
  },
  async advance({ steps }: { steps: number }) {
    const run = running();
    return { losses: await run.advance(steps), isDone: run.isDone() };
  },
  toCheckpoint: () => running().toCheckpoint(),
  finish: () => running().finish(),
};

export type TrainHandlers = typeof handlers;

function running(): HeadTraining {
  if (!training) throw new Error('The worker was not started.');
  return training;
}

serveWorker(handlers);
