import type { FeatureGallery } from '../evaluation/baselines.ts';
import { withInterruptibleWorker } from '../evaluation/interruptible-worker.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import type { Level } from '../evaluation/levels.ts';
import type { BASELINES, Baselines } from '../evaluation/report.ts';
import type { Space } from '../head/head.ts';
import { buildHeadOnnx } from '../head/head-graph.ts';
import type { WorkerClient } from '../shared/worker-client.ts';
import type { BaselinesContent, BaselinesHandlers } from './baselines.worker.ts';
import { checkFeatures } from './finite-features.ts';
import { openHeadSessions } from './head-sessions.ts';
import { perModality } from './head-set.ts';
import type { TrainingOptions } from './options.ts';
import { embedGallery } from './to-evaluation-set.ts';
import { trainHeads } from './train-heads.ts';
import { hasLabelsToLearn, pairsOfSplit, type TrainingSet } from './training-set.ts';

export interface BaselineRequest {
  /** What is measured on, before and behind the bundle's heads. */
  gallery: FeatureGallery;
  embedded: EvaluationSet;
  /** What is fitted on: its train split. */
  set: TrainingSet;
  /** Of the bundle: its baselines are trained alike. */
  options: TrainingOptions;
  /** By default whole items. */
  level?: Level;
}

export interface BaselineHooks {
  onProgress?: (baseline: (typeof BASELINES)[number]) => void;
  signal?: AbortSignal;
}

/**
 * What the bundle is to be compared with, on the same features: a random order, heads before training, heads trained
 * by one loss alone, CCA for pairs and ridge regression for labels. Null where there is too little to fit on.
 *
 * All that takes long runs in worker threads. UsageError for features that are not finite.
 */
export async function runBaselines(
  { gallery, embedded, set, options, level = 'item' }: BaselineRequest,
  { onProgress, signal }: BaselineHooks = {},
): Promise<Baselines> {
  const pairs = pairsOfSplit(set, 'train');
  checkFeatures(pairs);
  const content: BaselinesContent = {
    gallery,
    pairs: pairs.map(({ music, video, labels, componentKey }) => ({ music, video, labels, componentKey })),
    level,
  };
  const begin = (baseline: (typeof BASELINES)[number]) => {
    signal?.throwIfAborted();
    onProgress?.(baseline);
  };
  const run = async (worker: WorkerClient<BaselinesHandlers>): Promise<Baselines> => {
    const trainAlone = async (space: Space) => {
      begin(`${space}Only`);
      const isPossible = pairs.length >= 2 && (space === 'ssl' || hasLabelsToLearn(set));
      if (!isPossible) return null;
      return worker.call('embedded', {
        embedded: await embedBySpace(space, { gallery, set, options }, signal),
      });
    };
    const fitLinear = (baseline: 'cca' | 'ridge') => {
      begin(baseline);
      return worker.call('linear', { baseline });
    };
    begin('chance');
    const chance = await worker.call('chance', { embedded });
    begin('untrained');
    const { hiddenDimension, outputDimension, seed } = options;
    const untrained = await worker.call('untrained', { hiddenDimension, outputDimension, seed });
    const sslOnly = await trainAlone('ssl');
    const supOnly = await trainAlone('sup');
    const cca = await fitLinear('cca');
    const ridge = await fitLinear('ridge');
    return { chance, untrained, sslOnly, supOnly, cca, ridge };
  };
  return withInterruptibleWorker(new URL('./baselines.worker.ts', import.meta.url), content, run, { signal });
}

/** The gallery by heads that one loss alone has trained; both spaces hold the same vectors, so every α ranks alike. */
async function embedBySpace(
  space: Space,
  { gallery, set, options }: Pick<BaselineRequest, 'gallery' | 'set' | 'options'>,
  signal: AbortSignal | undefined,
): Promise<EvaluationSet> {
  const lossWeights = { ssl: 0, sup: 0, joint: 0, [space]: 1 };
  const { heads } = await trainHeads(set, { ...options, lossWeights }, { signal });
  const onnx = perModality((modality) =>
    buildHeadOnnx({ modality, ssl: heads[modality][space], sup: heads[modality][space] }),
  );
  const sessions = await openHeadSessions(onnx);
  try {
    return await embedGallery(gallery, sessions.project);
  } finally {
    await sessions.close();
  }
}
