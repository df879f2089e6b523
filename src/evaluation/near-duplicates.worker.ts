import { workerData } from 'node:worker_threads';
import { MODALITIES, type Modality } from '../media/media.ts';
import { serveWorker } from '../shared/worker-server.ts';
import { createReporter, type SharedProgress } from './interruptible-worker.ts';
import { type FeatureRow, findNearDuplicates, type NearDuplicates } from './near-duplicates.ts';

const onProgress = createReporter(workerData as SharedProgress);

const handlers = {
  /** Of each modality; null where there are too few items. */
  find(rows: Record<Modality, FeatureRow[]>): { modality: Modality; found: NearDuplicates[] | null }[] {
    return MODALITIES.map((modality) => ({
      modality,
      found: findNearDuplicates(rows[modality], onProgress),
    }));
  },
};

export type NearDuplicatesHandlers = typeof handlers;

serveWorker(handlers);
