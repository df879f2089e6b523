import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BundleManifest } from '../bundle/manifest.ts';
import type { Embedder } from '../embedding/embedding.ts';
import { projectAll } from '../embedding/project-all.ts';
import type { FeatureGallery } from '../evaluation/baselines.ts';
import { type Comparison, compareSets, comparisonToMarkdown } from '../evaluation/compare.ts';
import { describeDetails } from '../evaluation/details.ts';
import type { EvaluationSet } from '../evaluation/items.ts';
import type { Level } from '../evaluation/levels.ts';
import { toMarkdown } from '../evaluation/markdown.ts';
import { BASELINES, type Baselines, type EvaluationReport } from '../evaluation/report.ts';
import { createReportFiles } from '../evaluation/report-page.ts';
import { runReport } from '../evaluation/run-report.ts';
import { labelsToAsk, type TextQuery } from '../evaluation/text-retrieval.ts';
import type { Library, Split } from '../library/library.ts';
import { requireColumn } from '../library/values.ts';
import { featureToolsOf, findBundleId, type LoadedBundle, loadBundle, type Services } from '../services.ts';
import { UsageError } from '../shared/errors.ts';
import {
  type FeaturedLibrary,
  featureLibrary,
  toGallery,
  toTrainingSet,
} from '../training/featured-library.ts';
import type { StepLosses } from '../training/head-training.ts';
import { defaultTrainingOptions, type TrainingOptions } from '../training/options.ts';
import { runBaselines } from '../training/run-baselines.ts';
import { embedGallery } from '../training/to-evaluation-set.ts';
import { LOSSES_FILE } from '../training/train-bundle.ts';
import { pairsOfSplit } from '../training/training-set.ts';
import {
  itemProgress,
  makeWritableFolder,
  openLibrary,
  printJson,
  reportFailures,
  type Session,
} from './session.ts';

export interface EvaluateArguments {
  bundle?: string;
  split: Split;
  /** By default whole items. */
  level?: Level;
  baselines: boolean;
  /** Two bundles instead of one. */
  compare?: [a: string, b: string];
  resampleBy?: string;
  /** A folder for the report's page, charts and figures. */
  report?: string;
  json: boolean;
}

/** `evaluate LIBRARY`: both directions, both scorings, α from 0 to 1, on one split. */
export async function evaluate(path: string, options: EvaluateArguments, session: Session): Promise<void> {
  const { progress, signal } = session;
  const library = await openLibrary(path, session);
  if (options.resampleBy !== undefined) requireColumn(library, options.resampleBy, 'resample by');
  if (options.report !== undefined) await makeWritableFolder(resolve(options.report), 'report');
  if (options.compare) return compare(library, options.compare, options, session);

  const loaded = await loadNamed(options.bundle, session.services);
  const measured = await embedSplit(library, loaded, options, session);
  const { manifest, set } = measured;
  warnOfFew(measured.gallery);
  const { level = 'item' } = options;
  const baselines = options.baselines ? await fitBaselines(measured, level, session) : {};
  const header = {
    bundleId: manifest.id,
    split: options.split,
    recommendedAlpha: { value: manifest.recommendedAlpha, rule: manifest.recommendedAlphaRule },
    balancedAlpha: manifest.balancedAlpha,
  };
  const report = await progress.stage(`Ranking the ${options.split} split`, (onProgress) =>
    runReport({ set, header, options: { level, baselines, texts: measured.texts } }, { signal, onProgress }),
  );
  if (options.report !== undefined) {
    const folder = resolve(options.report);
    await progress.stage('Drawing the report', () => writeReport(folder, report, measured, library));
    console.error(`The report is ${join(folder, 'report.html')}`);
  }
  if (options.json) printJson(report);
  else console.log(toMarkdown(report));
}

/** With fewer pairs than this, recall@10 is high whatever the heads do. */
const FEW_PAIRS = 30;

function warnOfFew({ pairs, tracks, videos }: FeatureGallery): void {
  if (pairs.length === 0) console.error('This split has no pairs: only labels are measured.');
  else if (pairs.length < FEW_PAIRS) {
    console.error(
      `This split has ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'} among ${tracks.length} tracks and ` +
        `${videos.length} videos: its figures say little. Compare them with chance (--baselines).`,
    );
  }
}

async function writeReport(
  folder: string,
  report: EvaluationReport,
  { set, bundleDirectory }: EmbeddedSplit,
  library: Library,
): Promise<void> {
  const titles = new Map(library.items.map(({ id, title }) => [id, title]));
  const files = await createReportFiles({
    report,
    details: describeDetails(set, report.recommendedAlpha.value),
    losses: await readLosses(bundleDirectory),
    titleOf: (id) => titles.get(id) ?? id,
  });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

/** Empty for a bundle that has kept none. */
async function readLosses(bundleDirectory: string): Promise<StepLosses[]> {
  const text = await readFile(join(bundleDirectory, LOSSES_FILE), 'utf8').catch(() => '[]');
  return JSON.parse(text);
}

/** `evaluate LIBRARY --compare A B`: where two bundles differ, query by query. */
async function compare(
  library: Library,
  named: readonly [a: string, b: string],
  options: EvaluateArguments,
  session: Session,
): Promise<void> {
  const loadedA = await loadNamed(named[0], session.services);
  const loadedB = await loadNamed(named[1], session.services);
  if (loadedA.bundle.id === loadedB.bundle.id) {
    throw new UsageError(`--compare takes two bundles: both are ${loadedA.bundle.id}.`);
  }
  const [fieldOfA, fieldOfB] = [loadedA, loadedB].map(({ bundle }) => bundle.manifest.identity.labelField);
  if (fieldOfA !== fieldOfB) {
    throw new UsageError(`The bundles learned different labels, ${fieldOfA} and ${fieldOfB}.`);
  }
  const a = await embedSplit(library, loadedA, options, session);
  const b = await embedSplit(library, loadedB, options, session);
  const [idsOfA, idsOfB] = [a, b].map(({ gallery }) =>
    [...gallery.tracks, ...gallery.videos].map(({ id }) => id),
  );
  const others = [...new Set(idsOfA).symmetricDifference(new Set(idsOfB))];
  if (others.length > 0) {
    throw new UsageError(
      `The bundles have other items in their ${options.split} splits, such as ${others.slice(0, 3).join(', ')}: ` +
        'name every split in library.csv and train both again.',
    );
  }
  const comparison: Comparison = {
    schemaVersion: 1,
    bundles: { a: a.manifest.id, b: b.manifest.id },
    split: options.split,
    scoring: 'WEIGHTED',
    gallery: { tracks: a.set.tracks.length, videos: a.set.videos.length },
    directions: compareSets(a.set, b.set),
  };
  if (options.json) printJson(comparison);
  else console.log(comparisonToMarkdown(comparison));
}

async function loadNamed(named: string | undefined, services: Services): Promise<LoadedBundle> {
  return loadBundle(await findBundleId(named, services.config), services);
}

/** One split as a bundle sees it. */
interface EmbeddedSplit {
  manifest: BundleManifest;
  bundleDirectory: string;
  featured: FeaturedLibrary;
  gallery: FeatureGallery;
  set: EvaluationSet;
  /** Each label as a text; null where the bundle reads no texts. */
  texts: TextQuery[] | null;
}

async function embedSplit(
  library: Library,
  loaded: LoadedBundle,
  { split, resampleBy }: Pick<EvaluateArguments, 'split' | 'resampleBy'>,
  { services, progress, signal }: Session,
): Promise<EmbeddedSplit> {
  const { manifest } = loaded.bundle;
  const featured = await progress.stage('Extracting features', (report) =>
    featureLibrary(
      library,
      {
        labelField: manifest.identity.labelField,
        recordedSplits: manifest.splits,
        signal,
        onProgress: itemProgress(report),
      },
      featureToolsOf(loaded, services),
    ),
  );
  reportFailures(featured.failures);
  const gallery = toGallery(featured, split, resampleBy);
  if (gallery.tracks.length === 0 || gallery.videos.length === 0) {
    const found = `${gallery.tracks.length} tracks and ${gallery.videos.length} videos`;
    throw new UsageError(`The ${split} split has ${found} that can be read; some of both are needed.`);
  }
  const set = await embedGallery(gallery, (modality, features) =>
    projectAll(loaded.embedder, modality, features, signal),
  );
  const texts = await askForLabels(set, loaded.embedder, signal);
  await loaded.embedder.close();
  return { manifest, bundleDirectory: loaded.bundle.directory, featured, gallery, set, texts };
}

function fitBaselines(
  { manifest, featured, gallery, set }: EmbeddedSplit,
  level: Level,
  { progress, signal }: Session,
): Promise<Baselines> {
  const trainingSet = toTrainingSet(featured);
  const options = trainedWith(manifest, pairsOfSplit(trainingSet, 'train').length);
  return progress.stage('Fitting baselines', (report) =>
    runBaselines(
      { gallery, embedded: set, set: trainingSet, options, level },
      { signal, onProgress: (name) => report(BASELINES.indexOf(name), BASELINES.length, name) },
    ),
  );
}

/** The options that a bundle was trained with; of one made before an option was there, its default. */
function trainedWith(manifest: BundleManifest, trainingPairs: number): TrainingOptions {
  return {
    ...defaultTrainingOptions(trainingPairs),
    outputDimension: manifest.identity.sslDimension,
    seed: manifest.seed,
    ...(manifest.training.options as Partial<TrainingOptions> | undefined),
  };
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
