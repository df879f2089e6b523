import { serveWorker } from '../shared/worker-server.ts';
import { type HeadTraining, startHeadTraining } from './head-training.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingSet } from './training-set.ts';

let training: HeadTraining | null = null;

const handlers = {
  async start({ set, options }: { set: TrainingSet; options: TrainingOptions }) {
    training = await startHeadTraining(set, options);
  },
  async advance({ steps }: { steps: number }) {
    const run = running();
    return { losses: await run.advance(steps), isDone: run.isDone() };
  },
  finish: () => running().finish(),
};

export type TrainHandlers = typeof handlers;

function running(): HeadTraining {
  if (!training) throw new Error('The worker was not started.');
  return training;
}

serveWorker(handlers);
