import type { Embedder } from '../embedding/embedding.ts';
import { projectAll } from '../embedding/project-all.ts';
import { embedUntrained, evaluateChance } from '../evaluation/baselines.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import { toMarkdown } from '../evaluation/markdown.ts';
import { evaluateSet } from '../evaluation/protocol.ts';
import { createReport } from '../evaluation/report.ts';
import { labelsToAsk, type TextQuery } from '../evaluation/text-retrieval.ts';
import type { Split } from '../library/library.ts';
import { requireColumn } from '../library/values.ts';
import { featureToolsOf, findBundleId, loadBundle } from '../services.ts';
import { UsageError } from '../shared/errors.ts';
import { featureLibrary, toGallery, toTrainingSet } from '../training/featured-library.ts';
import { featuresOf, perModality } from '../training/head-set.ts';
import { defaultTrainingOptions } from '../training/options.ts';
import { embedGallery } from '../training/to-evaluation-set.ts';
import { pairsOfSplit } from '../training/training-set.ts';
import { itemProgress, openLibrary, printJson, reportFailures, type Session } from './session.ts';

export interface EvaluateArguments {
  bundle?: string;
  split: Split;
  baselines: boolean;
  resampleBy?: string;
  json: boolean;
}

/** `evaluate LIBRARY`: both directions, both scorings, α from 0 to 1, on one split. */
export async function evaluate(path: string, options: EvaluateArguments, session: Session): Promise<void> {
  const { services, progress, signal } = session;
  const library = await openLibrary(path, session);
  if (options.resampleBy !== undefined) requireColumn(library, options.resampleBy, 'resample by');
  const loaded = await loadBundle(await findBundleId(options.bundle, services.config), services);
  const { manifest } = loaded.bundle;
  const { labelField, sslDimension } = manifest.identity;

  const featured = await progress.stage('Extracting features', (report) =>
    featureLibrary(
      library,
      { labelField, recordedSplits: manifest.splits, signal, onProgress: itemProgress(report) },
      featureToolsOf(loaded, services),
    ),
  );
  reportFailures(featured.failures);
  const gallery = toGallery(featured, options.split, options.resampleBy);
  if (gallery.tracks.length === 0 || gallery.videos.length === 0) {
    const found = `${gallery.tracks.length} tracks and ${gallery.videos.length} videos`;
    throw new UsageError(
      `The ${options.split} split has ${found} that can be read; some of both are needed.`,
    );
  }
  if (gallery.pairs.length === 0) console.error('This split has no pairs: only labels are measured.');

  const report = await progress.stage(`Ranking the ${options.split} split`, async () => {
    const set = await embedGallery(gallery, (modality, features) =>
      projectAll(loaded.embedder, modality, features, signal),
    );
    const trainingPairs = pairsOfSplit(toTrainingSet(featured), 'train');
    const untrained = {
      standardiseBy: perModality((modality) => trainingPairs.flatMap((pair) => featuresOf(pair, modality))),
      hiddenDimension: defaultTrainingOptions(trainingPairs.length).hiddenDimension,
      outputDimension: sslDimension,
      seed: manifest.seed,
    };
    const header = {
      bundleId: manifest.id,
      split: options.split,
      recommendedAlpha: { value: manifest.recommendedAlpha, rule: manifest.recommendedAlphaRule },
      balancedAlpha: manifest.balancedAlpha,
    };
    const baselines = options.baselines
      ? { chance: evaluateChance(set), untrained: evaluateSet(embedUntrained(gallery, untrained)) }
      : {};
    return createReport(set, header, baselines, await askForLabels(set, loaded.embedder, signal));
  });
  if (options.json) printJson(report);
  else console.log(toMarkdown(report));
}

/** Each label as a text; null where the bundle reads no texts. */
async function askForLabels(
  set: EvaluationSet,
  { embedTexts }: Embedder,
  signal: AbortSignal | undefined,
): Promise<TextQuery[] | null> {
  if (!embedTexts) return null;
  const labels = labelsToAsk(set);
  const vectors = await embedTexts(labels, signal);
  return labels.map((text, i) => ({ text, vectors: vectors[i] }));
}
