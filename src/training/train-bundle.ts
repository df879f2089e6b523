import type { Backbone } from '../backbone/backbone.ts';
import type { TextReader } from '../backbone/text/text-reader.ts';
import { type BundleIdentity, createIdentity, toBundleId } from '../bundle/identity.ts';
import type { BundleManifest, TradeOffPoint } from '../bundle/manifest.ts';
import { type WrittenBundle, writeBundle } from '../bundle/write-bundle.ts';
import type { FeatureGallery } from '../evaluation/baselines.ts';
import { SEARCH_DIRECTIONS } from '../evaluation/items.ts';
import { toMarkdown } from '../evaluation/markdown.ts';
import type { EvaluationReport } from '../evaluation/report.ts';
import { labelsToAsk } from '../evaluation/text-retrieval.ts';
import { buildHeadOnnx } from '../head/head-graph.ts';
import type { Modality } from '../media/media.ts';
import { createWorkerClient, type WorkerClient } from '../shared/worker-client.ts';
import type { AssessHandlers } from './assess.worker.ts';
import type { AlphaChoice } from './choose-alpha.ts';
import { type FittedText, fitText } from './fit-text.ts';
import { featuresOf, perModality } from './head-set.ts';
import type { StepLosses, TrainedHeads } from './head-training.ts';
import { holdOutValidation } from './hold-out.ts';
import { completeOptions, type TrainingOptions } from './options.ts';
import { toPairGallery } from './to-evaluation-set.ts';
import { trainHeads } from './train-heads.ts';
import { hasLabelsToLearn, pairsOfSplit, type TrainingSet } from './training-set.ts';

export interface TrainBundleRequest {
  set: TrainingSet;
  /** Instead of the defaults for this number of pairs. */
  options: Partial<TrainingOptions>;
  backbones: Record<Modality, Pick<Backbone, 'id' | 'sha256'>>;
  /** The video backbone's text tower: the bundle then reads texts, too. */
  text?: TextReader | null;
  /** What the bundle records of where it comes from. */
  provenance: Pick<BundleManifest['identity'], 'segmentRule' | 'labelField'> &
    Pick<BundleManifest, 'profile' | 'dataSha256' | 'splits'>;
  /**
   * What α is chosen on (val) and what is measured (test, else val). By default the items of the split's pairs; a
   * library may add items that are in no pair.
   */
  galleryOf?: (split: 'val' | 'test') => FeatureGallery;
  /** Parent of the bundles' folders. */
  bundlesDirectory: string;
}

export type TrainBundleProgress =
  /** Before the steps of a fit that starts from CCA. */
  | { stage: 'cca'; steps: number }
  | { stage: 'fit' | 'choose'; losses: StepLosses; steps: number }
  | { stage: 'export' | 'evaluate' | 'write' };

export interface TrainBundleHooks {
  onProgress?: (progress: TrainBundleProgress) => void;
  /** Ends the run between two steps, or two parts of a start from CCA: no bundle is written. */
  signal?: AbortSignal;
  /** Where a run that is broken off leaves checkpoints to go on from. */
  checkpointDirectory?: string;
  /** Called where there is too little for CCA to start from: the run starts from random numbers, and its manifest says so. */
  onRandomStart?: () => void;
  /** Called where a checkpoint could not be written; the run goes on. */
  onUnkept?: () => void;
}

export interface TrainedBundle extends WrittenBundle {
  /** On the test split, else on val; null without either. */
  report: EvaluationReport | null;
}

/** Heads, what they were exported to, and a worker that holds the exported ones. */
interface FittedHeads {
  trained: TrainedHeads;
  onnx: Record<Modality, Uint8Array>;
  assessor: WorkerClient<AssessHandlers>;
}

/** In a bundle's folder: the losses of each step. */
export const LOSSES_FILE = 'losses.json';

/** Exported heads may differ by this much from the trained ones in any element. */
const PARITY_TOLERANCE = 1e-5;
/** As many pairs as show a difference, if there is one. */
const PARITY_PAIRS = 1_000;

/** What to search by where the sup space learned nothing. */
const SSL_ALONE = {
  recommendedAlpha: 0,
  recommendedAlphaRule: 'ssl alone: fewer than two labelled training pairs, so sup has learned nothing',
} satisfies Partial<AlphaChoice>;

/**
 * Trains heads on the train split, exports and checks them, chooses α on val (or on a held-out part of train where
 * there is none), measures them on test and writes the bundle. Equal requests give bundles of one id.
 */
export async function trainBundle(
  request: TrainBundleRequest,
  hooks: TrainBundleHooks = {},
): Promise<TrainedBundle> {
  const { set } = request;
  const pairs = pairsOfSplit(set, 'train').length;
  const options = completeOptions(request.options, pairs);
  const startedAt = performance.now();
  const fitted = await fitHeads(set, options, 'fit', hooks);
  try {
    const measured = await chooseOnValidation(request, options, fitted, hooks);
    const choice = hasLabelsToLearn(set) ? measured : { ...measured, ...SSL_ALONE };
    const labels = [...new Set(pairsOfSplit(set, 'train').flatMap((pair) => pair.labels))].sort();
    const text = request.text ? await fitTextHeads(request.text, set, fitted) : null;
    const identity = identify(request, fitted, text);
    hooks.signal?.throwIfAborted();
    hooks.onProgress?.({ stage: 'evaluate' });
    const report = await evaluateHeldOut(request, toBundleId(identity), choice, fitted.assessor, text);
    hooks.signal?.throwIfAborted();
    hooks.onProgress?.({ stage: 'write' });
    const { profile, dataSha256, splits } = request.provenance;
    const written = await writeBundle(request.bundlesDirectory, {
      identity,
      heads: fitted.onnx,
      textHeads: text?.part.onnx,
      description: {
        createdAt: new Date().toISOString(),
        profile,
        labels,
        seed: options.seed,
        dataSha256,
        splits,
        ...choice,
        tradeOff: report ? toTradeOff(report) : [],
        training: {
          pairs,
          ...describeFit(fitted.trained, options),
          seconds: (performance.now() - startedAt) / 1000,
        },
      },
      reports: {
        [LOSSES_FILE]: toJson(fitted.trained.history),
        ...(report && { 'evaluation.json': toJson(report), 'evaluation.md': toMarkdown(report) }),
      },
    });
    return { ...written, report };
  } finally {
    await fitted.assessor.close();
  }
}

/** Trains, exports, and checks that the exported heads compute what the trained ones do. */
async function fitHeads(
  set: TrainingSet,
  options: TrainingOptions,
  stage: 'fit' | 'choose',
  { onProgress, signal, checkpointDirectory, onRandomStart, onUnkept }: TrainBundleHooks,
): Promise<FittedHeads> {
  const trained = await trainHeads(set, options, {
    signal,
    checkpointDirectory,
    onUnkept,
    ...(stage === 'fit' && { onRandomStart }),
    onFitCca: () => onProgress?.({ stage: 'cca', steps: options.steps }),
    onProgress: (progress) => onProgress?.({ stage, ...progress }),
  });
  onProgress?.({ stage: 'export' });
  const onnx = perModality((modality) => buildHeadOnnx({ modality, ...trained.heads[modality] }));
  const assessor = createWorkerClient<AssessHandlers>(new URL('./assess.worker.ts', import.meta.url), null);
  try {
    await assessor.call('load', { onnx });
    const difference = await assessor.call('measureParity', {
      weights: trained.heads,
      pairs: pairsOfSplit(set, 'train').slice(0, PARITY_PAIRS),
    });
    if (!(difference <= PARITY_TOLERANCE)) {
      throw new Error(`The exported heads differ from the trained ones by ${difference}.`);
    }
    return { trained, onnx, assessor };
  } catch (error) {
    await assessor.close();
    throw error;
  }
}

/** Chooses α on val; without one, by heads of their own that have not seen a fifth of train. */
async function chooseOnValidation(
  request: TrainBundleRequest,
  options: TrainingOptions,
  fitted: FittedHeads,
  hooks: TrainBundleHooks,
): Promise<AlphaChoice> {
  const { set } = request;
  const validation = toGallery(request, 'val');
  if (validation.pairs.length > 0) return fitted.assessor.call('chooseAlpha', { gallery: validation });

  const heldOut = holdOutValidation(set, options.seed);
  if (!heldOut) {
    const choice = await fitted.assessor.call('chooseAlpha', {
      gallery: toPairGallery(pairsOfSplit(set, 'train')),
    });
    return noteRule(choice, 'on train itself, for want of other pairs');
  }
  const { assessor } = await fitHeads(heldOut, options, 'choose', hooks);
  try {
    const choice = await assessor.call('chooseAlpha', {
      gallery: toPairGallery(pairsOfSplit(heldOut, 'val')),
    });
    return noteRule(choice, 'on a fifth of train, by heads trained without it');
  } finally {
    await assessor.close();
  }
}

function noteRule(choice: AlphaChoice, note: string): AlphaChoice {
  return { ...choice, recommendedAlphaRule: `${choice.recommendedAlphaRule} (${note})` };
}

function fitTextHeads(
  reader: TextReader,
  set: TrainingSet,
  { trained, assessor }: FittedHeads,
): Promise<FittedText> {
  return fitText(reader, pairsOfSplit(set, 'train'), (examples) =>
    assessor.call('fitTextHeads', { video: trained.heads.VIDEO, examples }),
  );
}

function identify(
  { backbones, provenance, set }: TrainBundleRequest,
  { onnx, trained }: FittedHeads,
  text: FittedText | null,
): BundleIdentity {
  const heads = perModality((modality) => ({
    onnx: onnx[modality],
    backboneId: backbones[modality].id,
    backboneSha256: backbones[modality].sha256,
    featureDimension: featuresOf(set.pairs[0], modality)[0].length,
  }));
  const rest = {
    sslDimension: trained.heads.MUSIC.ssl.outputDimension,
    supDimension: trained.heads.MUSIC.sup.outputDimension,
    segmentRule: provenance.segmentRule,
    normalisation: 'unit' as const,
    labelField: provenance.labelField,
  };
  return createIdentity(heads, rest, text?.part);
}

/** On test, else on val; null without either. */
async function evaluateHeldOut(
  request: TrainBundleRequest,
  bundleId: string,
  { recommendedAlpha, recommendedAlphaRule, balancedAlpha }: AlphaChoice,
  assessor: WorkerClient<AssessHandlers>,
  text: FittedText | null,
): Promise<EvaluationReport | null> {
  const [held] = (['test', 'val'] as const)
    .map((split) => ({ split, gallery: toGallery(request, split) }))
    .filter(({ gallery }) => gallery.pairs.length > 0);
  if (!held) return null;
  const header = {
    bundleId,
    split: held.split,
    recommendedAlpha: { value: recommendedAlpha, rule: recommendedAlphaRule },
    balancedAlpha,
  };
  const texts = text && (await text.embed(labelsToAsk(held.gallery)));
  return assessor.call('evaluate', { gallery: held.gallery, header, texts });
}

function toGallery({ set, galleryOf }: TrainBundleRequest, split: 'val' | 'test'): FeatureGallery {
  return galleryOf ? galleryOf(split) : toPairGallery(pairsOfSplit(set, split));
}

/** The report's WEIGHTED curves. */
function toTradeOff({ directions }: EvaluationReport): TradeOffPoint[] {
  return SEARCH_DIRECTIONS.flatMap((direction) =>
    directions[direction].WEIGHTED.map(({ alpha, pair, label }) => ({
      direction,
      alpha,
      pairRecallAt10: pair?.recallAt10 ?? null,
      labelPrecisionAt10: label?.precisionAt10 ?? null,
    })),
  );
}

function describeFit(
  { history, temperature, chosenStep, linearStart, backend }: TrainedHeads,
  options: TrainingOptions,
) {
  return {
    steps: history.length,
    chosenStep,
    losses: history.at(-1),
    temperature,
    backend,
    options: { ...options, linearStart },
  };
}

function toJson(content: EvaluationReport | TrainedHeads['history']): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
