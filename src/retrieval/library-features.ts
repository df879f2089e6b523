import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import type { Backbone } from '../backbone/backbone.ts';
import { extractFeatures, type FeatureExtraction } from '../embedding/extract-features.ts';
import type { FeatureCache } from '../embedding/feature-cache.ts';
import { hashFile } from '../library/content-hash.ts';
import type { Library, LibraryItem } from '../library/library.ts';
import type { MediaReader, MediaWindow, Modality, SegmentRule } from '../media/media.ts';
import { MediaError, type MediaFault, UserInputError } from '../shared/errors.ts';

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

/** An item whose file could not be read; it stops nothing. */
export interface ItemFailure {
  item: LibraryItem;
  code: MediaFault | 'UNREADABLE';
  message: string;
}

export type ItemOutcome<T> = { value: T } | { failure: ItemFailure };

export interface RunOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number, item: LibraryItem) => void;
}

/** One more than the cores, since an item waits for its decoder part of the time. */
const CONCURRENT_ITEMS = availableParallelism() + 1;

/**
 * Does `work` for every item, a few at a time, and yields the outcomes in the items' order. A file that can't be
 * read is a failure of its item; any other fault ends the run.
 */
export async function* forEachItem<T>(
  items: readonly LibraryItem[],
  work: (item: LibraryItem, signal?: AbortSignal) => Promise<T>,
  { signal, onProgress }: RunOptions,
): AsyncGenerator<ItemOutcome<T>> {
  let done = 0;
  const attempt = async (item: LibraryItem, options?: { signal?: AbortSignal }): Promise<ItemOutcome<T>> => {
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
): Promise<{ features: Map<string, ItemFeatures>; failures: ItemFailure[] }> {
  const extract = createItemExtractor(tools);
  const features = new Map<string, ItemFeatures>();
  const failures: ItemFailure[] = [];
  for await (const outcome of forEachItem(items, extract, options)) {
    if ('failure' in outcome) failures.push(outcome.failure);
    else features.set(outcome.value.item.id, outcome.value);
  }
  return { features, failures };
}

/** Without those of soundtracks that a video implies and does not have: a silent video is no faulty file. */
export function withoutSilentVideos(failures: readonly ItemFailure[], library: Library): ItemFailure[] {
  const rows = new Set(library.items.map(({ id }) => id));
  return failures.filter(({ item, code }) => code !== 'NO_AUDIO' || rows.has(item.id));
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

function toFailure(item: LibraryItem, error: unknown): ItemFailure {
  if (error instanceof MediaError) return { item, code: error.code, message: error.message };
  if (error instanceof UserInputError) return { item, code: 'UNREADABLE', message: error.message };
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EIO') {
    return { item, code: 'UNREADABLE', message: `The file can't be opened (${code}).` };
  }
  throw error;
}
