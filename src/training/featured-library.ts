import { createHash } from 'node:crypto';
import type { BundleManifest } from '../bundle/manifest.ts';
import type { FeatureGallery, FeatureItem } from '../evaluation/baselines.ts';
import type { Library, LibraryItem, LibraryPair, Split } from '../library/library.ts';
import { labelsOf, pairsOf } from '../library/pairs.ts';
import { assignSplits, type SplitAssignment } from '../library/split.ts';
import {
  extractLibraryFeatures,
  type FeatureTools,
  type ItemFailure,
  type ItemFeatures,
  type RunOptions,
  withoutSilentVideos,
} from '../retrieval/library-features.ts';
import { UsageError } from '../shared/errors.ts';
import type { TrainingPair, TrainingSet } from './training-set.ts';

/** A library whose media were read: what training sets and galleries are taken from. */
export interface FeaturedLibrary {
  library: Library;
  labelField: string;
  pairs: LibraryPair[];
  /** By item id; the soundtracks of videos without a track of their own are items, too. */
  features: ReadonlyMap<string, ItemFeatures>;
  /** By item id. */
  splits: ReadonlyMap<string, SplitAssignment>;
  /** Items whose files can't be read; their pairs are left out. */
  failures: ItemFailure[];
}

export interface FeatureLibraryOptions extends RunOptions {
  /** `genres` or the name of a further column. */
  labelField: string;
  /** Splits that a bundle recorded: they win over a new assignment. */
  recordedSplits?: BundleManifest['splits'];
}

/** Reads every item's media, from the cache where it was read before, and gives each item a split. */
export async function featureLibrary(
  library: Library,
  options: FeatureLibraryOptions,
  tools: FeatureTools,
): Promise<FeaturedLibrary> {
  const { labelField, recordedSplits = null } = options;
  const pairs = pairsOf(library, labelField);
  const items = [
    ...new Map(
      [...library.items, ...pairs.map(({ music }) => music)].map((item) => [item.id, item]),
    ).values(),
  ];
  const { features, failures } = await extractLibraryFeatures(items, tools, options);
  const contentHashes = new Map(
    [...features.values()].map(({ item, contentHash }) => [item.id, contentHash]),
  );
  const splits = keepRecorded(assignSplits(items, contentHashes), recordedSplits);
  return { library, labelField, pairs, features, splits, failures: withoutSilentVideos(failures, library) };
}

/** The pairs whose two sides could be read. */
export function toTrainingSet(featured: FeaturedLibrary): TrainingSet {
  const pairs = featured.pairs.flatMap((pair) => toTrainingPair(pair, featured));
  return { pairs, vocabulary: [...new Set(pairs.flatMap(({ labels }) => labels))].sort() };
}

function toTrainingPair(
  { video, music, labels }: LibraryPair,
  { features, splits }: FeaturedLibrary,
): TrainingPair[] {
  const [pictures, sound] = [features.get(video.id), features.get(music.id)];
  const assignment = splits.get(video.id);
  if (!pictures || !sound || !assignment) return [];
  return [
    {
      id: video.id,
      trackId: music.id,
      source: video.source ?? music.source,
      labels,
      ...assignment,
      video: featuresOf(pictures),
      music: featuresOf(sound),
    },
  ];
}

/**
 * Every item of a split that could be read, in a pair or not. A video's labels are its own, else its track's.
 * `resampleBy` names a further column whose values the bootstrap draws by, instead of the source.
 */
export function toGallery(featured: FeaturedLibrary, split: Split, resampleBy?: string): FeatureGallery {
  const { library, labelField, features, splits } = featured;
  if (resampleBy !== undefined && !library.attributes.some(({ name }) => name === resampleBy)) {
    throw new UsageError(`The library has no column "${resampleBy}" to resample by.`);
  }
  const pairs = featured.pairs.filter(({ video, music }) => features.has(video.id) && features.has(music.id));
  const labelsOfPair = new Map(pairs.map(({ video, labels }) => [video.id, labels]));
  const toItem = ({ item, ...read }: ItemFeatures): FeatureItem => {
    const own = labelsOf(item, labelField);
    const unit = resampleBy && item.attributes.find(({ name }) => name === resampleBy)?.value;
    return {
      id: item.id,
      labels: own.length > 0 ? own : (labelsOfPair.get(item.id) ?? []),
      source: item.source,
      resampleUnit: unit ?? item.source ?? item.id,
      features: featuresOf(read),
    };
  };
  const itemsOf = (modality: LibraryItem['modality']) =>
    [...features.values()]
      .filter(({ item }) => item.modality === modality && splits.get(item.id)?.split === split)
      .map(toItem);
  return {
    tracks: itemsOf('MUSIC'),
    videos: itemsOf('VIDEO'),
    pairs: pairs
      .filter(({ video }) => splits.get(video.id)?.split === split)
      .map(({ video, music }) => ({ videoId: video.id, trackId: music.id })),
  };
}

/**
 * What a bundle records so that `evaluate` splits as `train` did: component key, the id of one of its items, → split.
 * Null where library.csv named every split.
 */
export function toRecordedSplits({ library, splits }: FeaturedLibrary): BundleManifest['splits'] {
  if (library.items.every((item) => item.split !== null)) return null;
  return Object.fromEntries([...splits.values()].map(({ componentKey, split }) => [componentKey, split]));
}

/** SHA-256 over what training depends on: ids, file hashes, pairs, sources, labels and splits. */
export function hashTrainingData(set: TrainingSet, { features }: FeaturedLibrary): string {
  const hashOf = (id: string) => features.get(id)?.contentHash;
  const rows = set.pairs.map(({ id, trackId, source, labels, split }) => [
    ...[id, hashOf(id), trackId, hashOf(trackId)],
    ...[source, labels, split],
  ]);
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

/** A component takes the split that was recorded for one of its items: a library that grew keeps its test split. */
function keepRecorded(
  assignments: Map<string, SplitAssignment>,
  recorded: BundleManifest['splits'],
): Map<string, SplitAssignment> {
  if (recorded === null) return assignments;
  const ofComponent = new Map(
    [...assignments].flatMap(([id, { componentKey }]) =>
      recorded[id] ? [[componentKey, recorded[id]] as const] : [],
    ),
  );
  return new Map(
    [...assignments].map(([id, { split, componentKey }]) => [
      id,
      { split: ofComponent.get(componentKey) ?? split, componentKey },
    ]),
  );
}

const featuresOf = ({ segments }: Pick<ItemFeatures, 'segments'>) => segments.map(({ features }) => features);
