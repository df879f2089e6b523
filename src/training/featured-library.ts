import { createHash } from 'node:crypto';
import type { BundleManifest } from '../bundle/manifest.ts';
import type { FeatureGallery, FeatureItem } from '../evaluation/baselines.ts';
import type { Library, LibraryItem, LibraryPair, ReadFailure, Split } from '../library/library.ts';
import { labelsOf, pairsOf } from '../library/pairs.ts';
import { assignSplits, type SplitAssignment } from '../library/split.ts';
import { firstValueOf } from '../library/values.ts';
import {
  extractLibraryFeatures,
  type FeatureTools,
  type ItemFeatures,
  type RunOptions,
  toLibraryFailures,
} from '../retrieval/library-features.ts';
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
  /** Rows and items whose files can't be read; their pairs are left out. */
  failures: ReadFailure[];
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
  return { library, labelField, pairs, features, splits, failures: toLibraryFailures(library, failures) };
}

/** The pairs whose two sides could be read. */
export function toTrainingSet(featured: FeaturedLibrary): TrainingSet {
  return { pairs: featured.pairs.flatMap((pair) => toTrainingPair(pair, featured)) };
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
 * `resampleBy` names a column whose values the bootstrap draws by; the source where neither the item nor its partner
 * has one.
 */
export function toGallery(featured: FeaturedLibrary, split: Split, resampleBy?: string): FeatureGallery {
  const { library, labelField, features, splits } = featured;
  const pairs = featured.pairs.filter(({ video, music }) => features.has(video.id) && features.has(music.id));
  const labelsOfPair = new Map(pairs.map(({ video, labels }) => [video.id, labels]));
  const partners = new Map(pairs.flatMap(({ video, music }) => [[video.id, music], [music.id, video]])); // biome-ignore format: one pair a line says no more
  const unitOf = (item: LibraryItem): string | null => {
    if (resampleBy === undefined) return null;
    const partner = partners.get(item.id);
    const own = firstValueOf(item, resampleBy, library);
    return own ?? (partner ? firstValueOf(partner, resampleBy, library) : null);
  };
  const toItem = ({ item, ...read }: ItemFeatures): FeatureItem => {
    const own = labelsOf(item, labelField);
    return {
      id: item.id,
      labels: own.length > 0 ? own : (labelsOfPair.get(item.id) ?? []),
      source: item.source,
      resampleUnit: unitOf(item) ?? item.source ?? item.id,
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
 * What a bundle records so that `evaluate` splits as `train` did, whichever rows come and go: item id → split. Null
 * where library.csv named every split.
 */
export function toRecordedSplits({ library, splits }: FeaturedLibrary): BundleManifest['splits'] {
  if (library.items.every((item) => item.split !== null)) return null;
  const rows = library.items.flatMap(({ id }) => {
    const assignment = splits.get(id);
    return assignment ? [[id, assignment.split] as const] : [];
  });
  return Object.fromEntries(rows);
}

/** SHA-256 over what training depends on: ids, file hashes, windows, pairs, sources, labels and splits. */
export function hashTrainingData(set: TrainingSet, { features }: FeaturedLibrary): string {
  const contentOf = (id: string) => {
    const read = features.get(id);
    return [read?.contentHash, read?.item.startSeconds, read?.item.endSeconds];
  };
  const rows = set.pairs.map(({ id, trackId, source, labels, split }) => [
    ...[id, contentOf(id), trackId, contentOf(trackId)],
    ...[source, labels, split],
  ]);
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

/** What training saw must not be measured on, nor what chose α: of several splits the first of these. */
const STRICTEST_FIRST: readonly Split[] = ['train', 'val', 'test'];

/**
 * A component takes the split that was recorded for its items: a library that grew keeps its test split. Where
 * components of several splits have merged since, it takes the strictest.
 */
function keepRecorded(
  assignments: Map<string, SplitAssignment>,
  recorded: BundleManifest['splits'],
): Map<string, SplitAssignment> {
  if (recorded === null) return assignments;
  const components = Map.groupBy(assignments, ([, { componentKey }]) => componentKey);
  const kept = [...components.values()].flatMap((members) => {
    const found = new Set(members.flatMap(([id]) => recorded[id] ?? []));
    const split = STRICTEST_FIRST.find((name) => found.has(name));
    return members.map(([id, assignment]) => [id, split ? { ...assignment, split } : assignment] as const);
  });
  return new Map(kept);
}

const featuresOf = ({ segments }: Pick<ItemFeatures, 'segments'>) => segments.map(({ features }) => features);
