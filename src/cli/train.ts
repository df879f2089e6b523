import { resolve } from 'node:path';
import type { Backbone } from '../backbone/backbone.ts';
import { requireBackbones } from '../backbone/hub/require-backbones.ts';
import { featureGroupsOf } from '../backbone/lite/lite-backbones.ts';
import { PROFILES } from '../backbone/registry.ts';
import { writeCurrentBundle } from '../bundle/current-bundle.ts';
import { toMarkdown } from '../evaluation/markdown.ts';
import type { Library } from '../library/library.ts';
import type { Modality } from '../media/media.ts';
import { SEGMENT_RULE } from '../services.ts';
import { UsageError } from '../shared/errors.ts';
import {
  featureLibrary,
  hashTrainingData,
  toGallery,
  toRecordedSplits,
  toTrainingSet,
} from '../training/featured-library.ts';
import { describeFolds, gridToMarkdown, runGrid } from '../training/grid.ts';
import { perModality } from '../training/head-set.ts';
import type { GivenOptions } from '../training/options.ts';
import { type FeatureGroups, readGrid, readTrainingOptions } from '../training/read-grid.ts';
import { type TrainBundleProgress, type TrainedBundle, trainBundle } from '../training/train-bundle.ts';
import { checkTrainingSet, hasLabelsToLearn } from '../training/training-set.ts';
import { findInputFile } from './input-file.ts';
import type { Report } from './progress.ts';
import {
  itemProgress,
  makeWritableFolder,
  openLibrary,
  printJson,
  reportFailures,
  type Session,
} from './session.ts';

export interface TrainArguments {
  label: string;
  /** Writes the bundle below this folder and leaves the current one as it is. */
  out?: string;
  audioBackbone?: string;
  visionBackbone?: string;
  seed?: number;
  /** A JSON file with options of training. */
  options?: string;
  /** A JSON file with runs to compare; no bundle is made. */
  grid?: string;
  /** Of a grid. */
  json?: boolean;
}

const TOO_LITTLE_TO_CORRELATE = 'CCA has too little to correlate in';
const RANDOM_START = 'ssl starts from random numbers.';

/** `train LIBRARY`: features → heads → bundle, which becomes the current one. */
export async function train(path: string, options: TrainArguments, session: Session): Promise<void> {
  if (options.json && options.grid === undefined) throw new UsageError('--json goes with --grid.');
  for (const file of [options.options, options.grid]) if (file !== undefined) await findInputFile(file);
  const library = await openLibrary(path, session);
  if (options.grid !== undefined) return tryGrid(library, options.grid, options, session);
  const bundle = await trainLibrary(library, options, session);
  if (bundle.report) console.error(`\n${toMarkdown(bundle.report)}`);
  console.error(`Bundle ${bundle.id}\n  in ${bundle.directory}`);
}

export async function trainLibrary(
  library: Library,
  options: TrainArguments,
  session: Session,
): Promise<TrainedBundle> {
  const { services, progress, signal } = session;
  const { directories, profile } = services.config;
  const bundlesDirectory = options.out ? resolve(options.out) : directories.bundles;
  await makeWritableFolder(bundlesDirectory, 'bundle');
  const backbones = await openBackbones(options, session);
  const given = await readGivenOptions(options, groupsOf(backbones));
  const { featured, set } = await featureTrainingSet(library, backbones, options, session);
  const text = await services.backbones.openText(backbones.VIDEO.id);
  if (!hasLabelsToLearn(set)) {
    console.error(
      `Fewer than two training pairs have ${options.label}: sup learns nothing, and searches take α 0, ssl alone.`,
    );
  }
  const bundle = await progress.stage('Training heads', (report) =>
    trainBundle(
      {
        set,
        options: given,
        backbones,
        text,
        provenance: {
          segmentRule: SEGMENT_RULE,
          labelField: options.label,
          profile: options.audioBackbone || options.visionBackbone ? 'custom' : profile,
          dataSha256: hashTrainingData(set, featured),
          splits: toRecordedSplits(featured),
        },
        galleryOf: (split) => toGallery(featured, split),
        bundlesDirectory,
      },
      {
        signal,
        checkpointDirectory: directories.checkpoints,
        onRandomStart: () =>
          console.error(`${TOO_LITTLE_TO_CORRELATE} these training pairs: ${RANDOM_START}`),
        onUnkept: () => console.error(`No checkpoint can be written to ${directories.checkpoints}.`),
        onProgress: (step) => reportStep(step, report),
      },
    ),
  );
  if (!options.out) await writeCurrentBundle(directories.data, bundle.id);
  return bundle;
}

/** `train LIBRARY --grid FILE`: what ways of training come to, side by side. */
async function tryGrid(
  library: Library,
  file: string,
  options: TrainArguments,
  session: Session,
): Promise<void> {
  const { progress, signal } = session;
  const backbones = await openBackbones(options, session);
  const grid = await readGrid(file, groupsOf(backbones));
  const { set } = await featureTrainingSet(library, backbones, options, session);
  checkTrainingSet(set);
  const results = await progress.stage('Trying the grid', (report) =>
    runGrid(set, grid, {
      signal,
      onProgress: report,
      onRandomStart: (run) => console.error(`${TOO_LITTLE_TO_CORRELATE} ${run}: ${RANDOM_START}`),
    }),
  );
  const measured = describeFolds(set);
  if (options.json) printJson({ schemaVersion: 1, seeds: grid.seeds, measured, runs: results });
  else console.log(gridToMarkdown(results, grid.seeds, measured));
}

async function featureTrainingSet(
  library: Library,
  backbones: Record<Modality, Backbone>,
  { label }: TrainArguments,
  { services, progress, signal }: Session,
) {
  const tools = { reader: services.reader, backbones, cache: services.featureCache, rule: SEGMENT_RULE };
  const featured = await progress.stage('Extracting features', (report) =>
    featureLibrary(library, { labelField: label, signal, onProgress: itemProgress(report) }, tools),
  );
  reportFailures(featured.failures);
  return { featured, set: toTrainingSet(featured) };
}

function groupsOf(backbones: Record<Modality, Backbone>): FeatureGroups {
  return perModality((modality) => featureGroupsOf(backbones[modality].id));
}

async function openBackbones(
  options: TrainArguments,
  { services }: Session,
): Promise<Record<Modality, Backbone>> {
  const ofProfile = PROFILES[services.config.profile];
  const ids = {
    MUSIC: options.audioBackbone ?? ofProfile.MUSIC,
    VIDEO: options.visionBackbone ?? ofProfile.VIDEO,
  };
  await requireBackbones(Object.values(ids), services.backbones, services.config.directories.backbones);
  const open = async (id: string, modality: Modality) => {
    const backbone = await services.backbones.open(id);
    if (backbone.modality === modality) return backbone;
    const [reads, isToRead] = modality === 'MUSIC' ? ['pictures', 'sound'] : ['sound', 'pictures'];
    throw new UsageError(
      `The backbone ${id} reads ${reads}; one that reads ${isToRead} is needed here. See: bin/control-mvr models list`,
    );
  };
  return { MUSIC: await open(ids.MUSIC, 'MUSIC'), VIDEO: await open(ids.VIDEO, 'VIDEO') };
}

/** A seed on the command line wins over the file's. */
async function readGivenOptions(
  { seed, options }: TrainArguments,
  groups: FeatureGroups,
): Promise<GivenOptions> {
  const given = options === undefined ? {} : await readTrainingOptions(options, groups);
  return seed === undefined ? given : { ...given, seed };
}

function reportStep(step: TrainBundleProgress, report: Report): void {
  if (step.stage === 'cca') report(0, step.steps, 'fitting CCA, where ssl starts');
  if (!('losses' in step)) return;
  const { ssl, sup, joint } = step.losses;
  const part = step.stage === 'fit' ? 'all of train' : 'a part of train, to choose α on the rest';
  const figures = Object.entries({ ssl, sup, joint }).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${value.toFixed(3)}`],
  );
  report(step.losses.step, step.steps, `${part}: ${figures.join(', ')}`);
}
