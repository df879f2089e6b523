import { createHash } from 'node:crypto';
import type { Embedder } from '../embedding/embedding.ts';
import { projectAll } from '../embedding/project-all.ts';
import { toSoundtrackId } from '../library/item-id.ts';
import type { Library, LibraryItem, ReadFailure } from '../library/library.ts';
import { soundtrackOf } from '../library/pairs.ts';
import type { MediaProbe, MediaReader } from '../media/media.ts';
import {
  type EditionWriter,
  type ItemEntry,
  isOwnedBy,
  type Shard,
  type VectorStore,
  type WriterOptions,
} from '../store/vector-store.ts';
import {
  createItemExtractor,
  type FeatureTools,
  forEachItem,
  type ItemFeatures,
  isSilentVideo,
  type RunOptions,
  toLibraryFailures,
  windowOf,
} from './library-features.ts';

export interface IngestTools extends FeatureTools {
  embedder: Embedder;
  store: VectorStore;
}

export interface IngestOptions extends RunOptions, Omit<WriterOptions, 'attributes' | 'dimensions'> {
  /** Take only the items whose id falls to this shard, from 1 to `count`. */
  shard: Shard | null;
  /** Index the soundtracks of videos that name no track of their own, as tracks. */
  soundtracks: boolean;
}

export interface IngestReport {
  bundleId: string;
  indexed: number;
  unchanged: number;
  /** Left out since users removed them. */
  removed: number;
  deleted: number;
  /** Soundtracks that were tracks when the run began and are none any more, since `soundtracks` was not set. */
  droppedSoundtracks: number;
  /** False while other shards of a new bundle are still to come. */
  isCurrent: boolean;
  failures: ReadFailure[];
}

/**
 * A run is through, but what it wrote must not replace what is served: too much of it could not be read. The old
 * edition goes on being served; what was written stays, and the next run goes on from it.
 */
export class IncompleteIndexError extends Error {
  override readonly name = 'IncompleteIndexError';
  readonly failures: readonly ReadFailure[];
  constructor(message: string, failures: readonly ReadFailure[]) {
    super(message);
    this.failures = failures;
  }
}

/** Items that are written in one transaction. */
const BATCH_SIZE = 32;
const THUMBNAIL_WIDTH_PIXELS = 320;

/**
 * Makes the store equal the library: embeds what is new or changed, then deletes what is gone and makes the
 * bundle's edition the current one. A file that fails keeps its old entry and is reported. A run that was killed
 * goes on where it was; what it acknowledged stays.
 *
 * IncompleteIndexError where the edition would be empty, or is a new bundle's and lacks items that are served now.
 */
export async function ingest(
  library: Library,
  options: IngestOptions,
  tools: IngestTools,
): Promise<IngestReport> {
  const { embedder, store } = tools;
  const { shard, discardEdits, restore, signal } = options;
  const items = itemsToServe(library, options.soundtracks).filter(({ id }) => isOwnedBy(shard, id));
  const writing = {
    dimensions: embedder.dimensions,
    attributes: library.attributes,
    shard,
    discardEdits,
    restore,
  };
  const writer = await store.write(embedder.bundleId, writing, signal);
  try {
    const known = await writer.fingerprints();
    const { failures: ofItems, ...written } = await writeEntries(items, known, writer, options, tools);
    const failures = toLibraryFailures(library, ofItems);
    const owned = failures.filter(({ id }) => isOwnedBy(shard, id));
    const isEmpty = written.indexed === 0 && ![...known.values()].some((fingerprint) => fingerprint !== null);
    if (isEmpty && owned.length > 0) {
      throw new IncompleteIndexError('Nothing of the library could be read: nothing was indexed.', failures);
    }
    await refuseLosses(owned, known, failures, tools);
    const droppedSoundtracks = await countSoundtracksToDrop(library, known, options, tools);
    const finished = await writer.finish({ keepIds: idsToKeep(items, library, ofItems) });
    return { bundleId: embedder.bundleId, ...finished, ...written, droppedSoundtracks, failures };
  } finally {
    await writer.close();
  }
}

/** Throws where a new edition would lack items that the current one serves. Items that neither holds may fail. */
async function refuseLosses(
  failed: readonly ReadFailure[],
  known: ReadonlyMap<string, string | null>,
  failures: readonly ReadFailure[],
  { embedder, store }: IngestTools,
): Promise<void> {
  const lacking = failed.map(({ id }) => id).filter((id) => !known.has(id));
  if (lacking.length === 0) return;
  const currentId = await store.currentBundleId();
  if (currentId === null || currentId === embedder.bundleId) return;
  const lost = await countServed(lacking, currentId, store);
  if (lost === 0) return;
  throw new IncompleteIndexError(
    `${lost} of the tracks and videos that are served now could not be read, so bundle ${currentId} goes on ` +
      'being served. Mend their files, or take their rows out of library.csv, and run index again: it goes on ' +
      'where it was.',
    failures,
  );
}

/** How many soundtracks are served as tracks and will not be after a run without `soundtracks`. */
async function countSoundtracksToDrop(
  { items }: Library,
  known: ReadonlyMap<string, string | null>,
  { soundtracks, shard }: IngestOptions,
  { embedder, store }: IngestTools,
): Promise<number> {
  const currentId = await store.currentBundleId();
  if (soundtracks || currentId === null) return 0;
  const rowIds = new Set(items.map(({ id }) => id));
  const ids = items
    .filter(({ modality, pairedWith }) => modality === 'VIDEO' && pairedWith === null)
    .map(({ id }) => toSoundtrackId(id))
    .filter((id) => isOwnedBy(shard, id) && !rowIds.has(id));
  if (currentId !== embedder.bundleId) return countServed(ids, currentId, store);
  return ids.filter((id) => typeof known.get(id) === 'string').length;
}

async function countServed(ids: readonly string[], bundleId: string, store: VectorStore): Promise<number> {
  if (ids.length === 0) return 0;
  const edition = await store.open(bundleId);
  try {
    return (await edition.retrieve(ids)).filter((record) => record !== null).length;
  } finally {
    await edition.close();
  }
}

/**
 * All that is in the library, whether it could be read or not. Of a row whose kind is not known, a soundtrack may be
 * in the store; one that its video no longer has goes.
 */
function idsToKeep(
  items: readonly LibraryItem[],
  library: Library,
  failures: readonly ReadFailure[],
): Set<string> {
  const rowIds = new Set(library.items.map(({ id }) => id));
  const gone = new Set(failures.filter((failure) => isSilentVideo(failure, rowIds)).map(({ id }) => id));
  const unread = library.unreadable.flatMap(({ id }) => [id, toSoundtrackId(id)]);
  return new Set([...items.map(({ id }) => id).filter((id) => !gone.has(id)), ...unread]);
}

/** An item as it is served. */
interface ServedItem extends LibraryItem {
  /** True for a video whose track is its own soundtrack, if it has one. */
  impliesSoundtrack: boolean;
}

/**
 * The library as it is served: a video's genres are its own, else its track's; with `soundtracks`, a video that
 * names no track is paired with its own soundtrack.
 */
function itemsToServe({ items }: Library, soundtracks: boolean): ServedItem[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  return items.flatMap((item) => {
    const served = { ...item, impliesSoundtrack: false };
    if (item.modality === 'MUSIC') return [served];
    const track = item.pairedWith === null ? null : byId.get(item.pairedWith);
    const genres = item.genres.length > 0 ? item.genres : (track?.genres ?? []);
    if (item.pairedWith !== null || !soundtracks) return [{ ...served, genres }];
    const soundtrack = soundtrackOf(item);
    return [
      { ...item, genres, pairedWith: soundtrack.id, impliesSoundtrack: true },
      { ...soundtrack, impliesSoundtrack: false },
    ];
  });
}

async function writeEntries(
  items: readonly ServedItem[],
  known: ReadonlyMap<string, string | null>,
  writer: EditionWriter,
  options: IngestOptions,
  tools: IngestTools,
): Promise<Pick<IngestReport, 'indexed' | 'unchanged' | 'removed' | 'failures'>> {
  const toEntry = createEntryMaker(known, tools);
  const failures: ReadFailure[] = [];
  let batch: ItemEntry[] = [];
  let indexed = 0;
  let unchanged = 0;
  let removed = 0;
  const flush = async () => {
    if (batch.length > 0) await writer.upsert(batch);
    indexed += batch.length;
    batch = [];
  };
  for await (const outcome of forEachItem(items, toEntry, options)) {
    if ('failure' in outcome) failures.push(outcome.failure);
    else if (outcome.value === 'unchanged') unchanged++;
    else if (outcome.value === 'removed') removed++;
    else if (batch.push(outcome.value) >= BATCH_SIZE) await flush();
  }
  await flush();
  return { indexed, unchanged, removed, failures };
}

/** Makes an item's entry, unless the edition holds it as it is or a user removed it. */
function createEntryMaker(known: ReadonlyMap<string, string | null>, tools: IngestTools) {
  const extract = createItemExtractor(tools);
  return async (item: ServedItem, signal?: AbortSignal): Promise<ItemEntry | 'unchanged' | 'removed'> => {
    if (known.get(item.id) === null) return 'removed';
    const features = await extract(item, signal);
    const fingerprint = fingerprintOf(features);
    if (known.get(item.id) === fingerprint) return 'unchanged';
    const probe = await tools.reader.probe(item.path, signal);
    return {
      record: {
        id: item.id,
        modality: item.modality,
        title: item.title,
        artist: item.artist,
        genres: item.genres,
        attributes: item.attributes,
        source: item.source,
        durationSeconds: durationOf(item, probe),
        pairedWith: item.impliesSoundtrack && !probe.audio ? null : item.pairedWith,
        mediaUrl: item.mediaUrl,
        mediaPath: item.path,
      },
      segments: await embed(features, tools.embedder, signal),
      peaks: features.peaks,
      thumbnail: item.modality === 'VIDEO' ? await readThumbnail(item, tools.reader, signal) : null,
      fingerprint,
    };
  };
}

async function embed({ item, segments }: ItemFeatures, embedder: Embedder, signal?: AbortSignal) {
  const vectors = await projectAll(
    embedder,
    item.modality,
    segments.map(({ features }) => features),
    signal,
  );
  return segments.map(({ span }, index) => ({ ...span, ...vectors[index] }));
}

/** Changes with the file, the row and the way of cutting; the bundle has an edition of its own. */
function fingerprintOf({ item, contentHash, segments }: ItemFeatures): string {
  const spans = segments.map(({ span }) => span);
  return createHash('sha256')
    .update(JSON.stringify([contentHash, item, spans]))
    .digest('hex');
}

function readThumbnail(item: LibraryItem, reader: MediaReader, signal?: AbortSignal): Promise<Uint8Array> {
  const request = { widthPixels: THUMBNAIL_WIDTH_PIXELS, window: windowOf(item) };
  return reader.readThumbnail(item.path, request, signal);
}

/** Of the part of the file that is the item. */
function durationOf(item: LibraryItem, { durationSeconds }: MediaProbe): number {
  return Math.min(item.endSeconds ?? durationSeconds, durationSeconds) - (item.startSeconds ?? 0);
}
