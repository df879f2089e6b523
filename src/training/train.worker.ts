import { serveWorker } from '../shared/worker-server.ts';
import { type HeadTraining, startHeadTraining, type TrainingCheckpoint } from './head-training.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingSet } from './training-set.ts';

interface StartRequest {
  set: TrainingSet;
  options: TrainingOptions;
  checkpoint: TrainingCheckpoint | null;
}

let training: HeadTraining | null = null;

const handlers = {
  async start({ set, options, checkpoint }: StartRequest) {
    training = await startHeadTraining(set, options, checkpoint);
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
