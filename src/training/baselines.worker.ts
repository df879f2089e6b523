import { workerData } from 'node:worker_threads';
import {
  embedUntrained,
  evaluateChance,
  type FeatureGallery,
  type UntrainedOptions,
} from '../evaluation/baselines.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import { embedLinear, fitCca, fitRidge, type LinearPair } from '../evaluation/linear-baselines.ts';
import { evaluateSet } from '../evaluation/protocol.ts';
import type { DirectionTables } from '../evaluation/tables.ts';
import { serveWorker } from '../shared/worker-server.ts';

/** What the worker is started with: what is measured on, and the pairs that are fitted on. */
export interface BaselinesWorkerData {
  gallery: FeatureGallery;
  pairs: LinearPair[];
  /** One shared 32-bit integer: other than 0 once the work shall end. */
  interruption: Int32Array;
}

const { gallery, pairs, interruption } = workerData as BaselinesWorkerData;

const standardiseBy = {
  MUSIC: pairs.flatMap(({ music }) => [...music]),
  VIDEO: pairs.flatMap(({ video }) => [...video]),
};

const FITS = { cca: fitCca, ridge: fitRidge };

const handlers = {
  chance: ({ embedded }: { embedded: EvaluationSet }): DirectionTables => evaluateChance(embedded),
  untrained: (options: Omit<UntrainedOptions, 'standardiseBy'>): DirectionTables =>
    evaluateSet(embedUntrained(gallery, { ...options, standardiseBy })),
  /** By heads that were trained for it. */
  embedded: ({ embedded }: { embedded: EvaluationSet }): DirectionTables => evaluateSet(embedded),
  /** Takes minutes for many pairs. Null where there is too little to fit on. */
  linear({ baseline }: { baseline: keyof typeof FITS }): DirectionTables | null {
    const projections = FITS[baseline](pairs, { onPause });
    return projections && evaluateSet(embedLinear(gallery, projections));
  },
};

export type BaselinesHandlers = typeof handlers;

function onPause(): void {
  if (Atomics.load(interruption, 0) !== 0) throw new Error('The fit was interrupted.');
}

serveWorker(handlers);
