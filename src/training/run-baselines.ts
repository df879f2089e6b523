import { embedUntrained, evaluateChance, type FeatureGallery } from '../evaluation/baselines.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import { embedLinear, fitCca, fitRidge } from '../evaluation/linear-baselines.ts';
import { evaluateSet } from '../evaluation/protocol.ts';
import type { BASELINES, Baselines } from '../evaluation/report.ts';
import type { Space } from '../head/head.ts';
import { buildHeadOnnx } from '../head/head-graph.ts';
import { openHeadSessions } from './head-sessions.ts';
import { featuresOf, perModality } from './head-set.ts';
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
}

export interface BaselineHooks {
  onProgress?: (baseline: (typeof BASELINES)[number]) => void;
  signal?: AbortSignal;
}

/**
 * What the bundle is to be compared with, on the same features: a random order, heads before training, heads trained
 * by one loss alone, CCA for pairs and ridge regression for labels. Null where there is too little to fit on.
 */
export async function runBaselines(
  { gallery, embedded, set, options }: BaselineRequest,
  { onProgress, signal }: BaselineHooks = {},
): Promise<Baselines> {
  const pairs = pairsOfSplit(set, 'train');
  const begin = (baseline: (typeof BASELINES)[number]) => {
    signal?.throwIfAborted();
    onProgress?.(baseline);
  };
  const trainAlone = async (space: Space) => {
    begin(`${space}Only`);
    const isPossible = pairs.length >= 2 && (space === 'ssl' || hasLabelsToLearn(set));
    return isPossible ? evaluateSet(await embedBySpace(space, { gallery, set, options }, signal)) : null;
  };
  const fitLinear = (baseline: 'cca' | 'ridge', fitOn: typeof fitCca) => {
    begin(baseline);
    const projections = fitOn(pairs);
    return projections && evaluateSet(embedLinear(gallery, projections));
  };
  const standardiseBy = perModality((modality) => pairs.flatMap((pair) => featuresOf(pair, modality)));
  return {
    chance: evaluateChance(embedded),
    untrained: evaluateSet(embedUntrained(gallery, { ...options, standardiseBy })),
    sslOnly: await trainAlone('ssl'),
    supOnly: await trainAlone('sup'),
    cca: fitLinear('cca', fitCca),
    ridge: fitLinear('ridge', fitRidge),
  };
}

/** The gallery by heads that one loss alone has trained; both spaces hold the same vectors, so every α ranks alike. */
async function embedBySpace(
  space: Space,
  { gallery, set, options }: Omit<BaselineRequest, 'embedded'>,
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
