import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import type { Backbone } from '../backbone/backbone.ts';
import { extractFeatures, type FeatureExtraction } from '../embedding/extract-features.ts';
import type { FeatureCache } from '../embedding/feature-cache.ts';
import { hashFile, UnreadableFileError } from '../library/content-hash.ts';
import type { Library, LibraryItem, ReadFailure } from '../library/library.ts';
import type { MediaReader, MediaWindow, Modality, SegmentRule } from '../media/media.ts';
import { MediaError, UserInputError } from '../shared/errors.ts';

/** What turns an item's file into features, the same for training, evaluation and indexing. */
export interface FeatureTools {
  reader: MediaReader;
  backbones: Record<Modality, Backbone>;
  cache: FeatureCache;
  rule: SegmentRule;
}

/** An item whose file was read. */
export interface ItemFeatures extends FeatureExtraction {
  item: LibraryItem;
  /** SHA-256 of the whole file. */
  contentHash: string;
}

export type ItemOutcome<T> = { value: T } | { failure: ReadFailure };

export interface RunOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number, item: LibraryItem) => void;
}

/** One more than the cores, since an item waits for its decoder part of the time. */
const CONCURRENT_ITEMS = availableParallelism() + 1;

/**
 * Does `work` for every item, a few at a time, and yields the outcomes in the items' order. Whatever is wrong with an
 * item's own file is a failure of that item; any other fault ends the run.
 */
export async function* forEachItem<Item extends LibraryItem, T>(
  items: readonly Item[],
  work: (item: Item, signal?: AbortSignal) => Promise<T>,
  { signal, onProgress }: RunOptions,
): AsyncGenerator<ItemOutcome<T>> {
  let done = 0;
  const attempt = async (item: Item, options?: { signal?: AbortSignal }): Promise<ItemOutcome<T>> => {
    try {
      return { value: await work(item, options?.signal) };
    } catch (error) {
      return { failure: toFailure(item, error) };
    } finally {
      onProgress?.(++done, items.length, item);
    }
  };
  yield* Readable.from(items).map(attempt, { concurrency: CONCURRENT_ITEMS, signal }) as AsyncIterable<
    ItemOutcome<T>
  >;
}

/** The features of all items that can be read, by id, and the failures of those that can't. */
export async function extractLibraryFeatures(
  items: readonly LibraryItem[],
  tools: FeatureTools,
  options: RunOptions,
): Promise<{ features: Map<string, ItemFeatures>; failures: ReadFailure[] }> {
  const extract = createItemExtractor(tools);
  const features = new Map<string, ItemFeatures>();
  const failures: ReadFailure[] = [];
  for await (const outcome of forEachItem(items, extract, options)) {
    if ('failure' in outcome) failures.push(outcome.failure);
    else features.set(outcome.value.item.id, outcome.value);
  }
  return { features, failures };
}

/** True for a soundtrack that a video implies and does not have: a silent video is no faulty file. */
export function isSilentVideo({ id, code }: ReadFailure, rowIds: ReadonlySet<string>): boolean {
  return code === 'NO_AUDIO' && !rowIds.has(id);
}

/** All that of a library that could not be read, rows and items. */
export function toLibraryFailures(
  { items, unreadable }: Library,
  ofItems: readonly ReadFailure[],
): ReadFailure[] {
  const rowIds = new Set(items.map(({ id }) => id));
  return [...unreadable, ...ofItems.filter((failure) => !isSilentVideo(failure, rowIds))];
}

/** Reads one item's features, from the cache where they are. Items that share a file hash it once. */
export function createItemExtractor({ reader, backbones, cache, rule }: FeatureTools) {
  const hashes = new Map<string, Promise<string>>();
  return async (item: LibraryItem, signal?: AbortSignal): Promise<ItemFeatures> => {
    const hashing = hashes.get(item.path) ?? hashFile(item.path, signal);
    hashes.set(item.path, hashing);
    const contentHash = await hashing;
    const backbone = backbones[item.modality];
    const window = windowOf(item);
    const extraction = await cache.remember({ contentHash, backbone, rule, window }, () =>
      extractFeatures({ path: item.path, window }, { reader, backbone, rule }, signal),
    );
    return { item, contentHash, ...extraction };
  };
}

/** The part of the file that is the item; absent where it is all of it. */
export function windowOf({ startSeconds, endSeconds }: LibraryItem): MediaWindow | undefined {
  return startSeconds === null && endSeconds === null ? undefined : { startSeconds, endSeconds };
}

/** Only what was thrown about the item's own file; anything else, such as a full disk, goes on. */
function toFailure({ id, path }: LibraryItem, error: unknown): ReadFailure {
  if (error instanceof MediaError) return { id, path, code: error.code, message: error.message };
  if (error instanceof UserInputError || error instanceof UnreadableFileError) {
    return { id, path, code: 'UNREADABLE', message: error.message };
  }
  throw error;
}
