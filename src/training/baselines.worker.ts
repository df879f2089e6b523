import { workerData } from 'node:worker_threads';
import {
  embedUntrained,
  evaluateChance,
  type FeatureGallery,
  type UntrainedOptions,
} from '../evaluation/baselines.ts';
import { type SharedProgress, throwIfInterrupted } from '../evaluation/interruptible-worker.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import { evaluateAt, type Level } from '../evaluation/levels.ts';
import { embedLinear, fitCca, fitRidge, type LinearPair } from '../evaluation/linear-baselines.ts';
import type { DirectionTables } from '../evaluation/tables.ts';
import { serveWorker } from '../shared/worker-server.ts';

/** What the worker is started with: what is measured on, and the pairs that are fitted on. */
export interface BaselinesContent {
  gallery: FeatureGallery;
  pairs: LinearPair[];
  level: Level;
}

const { gallery, pairs, level, ...shared } = workerData as BaselinesContent & SharedProgress;

const standardiseBy = {
  MUSIC: pairs.flatMap(({ music }) => [...music]),
  VIDEO: pairs.flatMap(({ video }) => [...video]),
};

const FITS = { cca: fitCca, ridge: fitRidge };

const handlers = {
  chance: ({ embedded }: { embedded: EvaluationSet }): DirectionTables => evaluateChance(embedded, level),
  untrained: (options: Omit<UntrainedOptions, 'standardiseBy'>): DirectionTables =>
    evaluate(embedUntrained(gallery, { ...options, standardiseBy })),
  /** By heads that were trained for it. */
  embedded: ({ embedded }: { embedded: EvaluationSet }): DirectionTables => evaluate(embedded),
  /** Takes minutes for many pairs. Null where there is too little to fit on. */
  linear({ baseline }: { baseline: keyof typeof FITS }): DirectionTables | null {
    const projections = FITS[baseline](pairs, { onPause });
    return projections && evaluate(embedLinear(gallery, projections));
  },
};

export type BaselinesHandlers = typeof handlers;

function evaluate(set: EvaluationSet): DirectionTables {
  return evaluateAt(level, set, { onProgress: onPause });
}

function onPause(): void {
  throwIfInterrupted(shared);
}

serveWorker(handlers);
