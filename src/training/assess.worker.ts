import { evaluateChance, type FeatureGallery } from '../evaluation/baselines.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import { createReport, type EvaluationReport, type ReportHeader } from '../evaluation/report.ts';
import type { TextQuery } from '../evaluation/text-retrieval.ts';
import type { Space } from '../head/head.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { startTensorFlow } from '../head/tensorflow.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { serveWorker } from '../shared/worker-server.ts';
import { type AlphaChoice, chooseAlpha } from './choose-alpha.ts';
import { type HeadSessions, measureParity, openHeadSessions } from './head-sessions.ts';
import { featuresOf, type HeadWeightsSet } from './head-set.ts';
import { type TextExamples, toTextHeads } from './text-heads.ts';
import { embedGallery } from './to-evaluation-set.ts';
import type { TrainingPair } from './training-set.ts';

let sessions: Promise<HeadSessions> | null = null;

const handlers = {
  /** Loads exported heads, which the other calls then use. */
  async load({ onnx }: { onnx: Record<Modality, Uint8Array> }): Promise<void> {
    sessions = openHeadSessions(onnx);
    await sessions;
  },
  /** The greatest difference between the exported heads and these weights in TensorFlow.js. */
  async measureParity({
    weights,
    pairs,
  }: {
    weights: HeadWeightsSet;
    pairs: TrainingPair[];
  }): Promise<number> {
    await startTensorFlow();
    const differences: number[] = [];
    for (const modality of MODALITIES) {
      const rows = pairs.flatMap((pair) => featuresOf(pair, modality));
      differences.push(await measureParity(await loaded(), weights, modality, rows));
    }
    return Math.max(...differences);
  },
  /** Takes seconds where there are many labels. */
  fitTextHeads({
    video,
    examples,
  }: {
    video: Record<Space, HeadWeights>;
    examples: TextExamples;
  }): Record<Space, HeadWeights> {
    return toTextHeads(video, examples);
  },
  async chooseAlpha({ gallery }: { gallery: FeatureGallery }): Promise<AlphaChoice> {
    return chooseAlpha(await embed(gallery));
  },
  async evaluate({
    gallery,
    header,
    texts,
  }: {
    gallery: FeatureGallery;
    header: ReportHeader;
    texts: TextQuery[] | null;
  }): Promise<EvaluationReport> {
    const set = await embed(gallery);
    return createReport(set, header, { baselines: { chance: evaluateChance(set) }, texts });
  },
};

export type AssessHandlers = typeof handlers;

async function embed(gallery: FeatureGallery): Promise<EvaluationSet> {
  const { project } = await loaded();
  return embedGallery(gallery, project);
}

function loaded(): Promise<HeadSessions> {
  if (!sessions) throw new Error('No heads were loaded.');
  return sessions;
}

serveWorker(handlers);
