import { createHash } from 'node:crypto';
import type { Embedder } from '../embedding/embedding.ts';
import type { Library, LibraryItem } from '../library/library.ts';
import { soundtrackOf } from '../library/pairs.ts';
import type { MediaReader } from '../media/media.ts';
import { hashString } from '../shared/random.ts';
import type { EditionWriter, ItemEntry, VectorStore, WriterOptions } from '../store/vector-store.ts';
import {
  createItemExtractor,
  type FeatureTools,
  forEachItem,
  type ItemFailure,
  type ItemFeatures,
  type RunOptions,
  withoutSilentVideos,
} from './library-features.ts';

export interface IngestTools extends FeatureTools {
  embedder: Embedder;
  store: VectorStore;
}

export interface IngestOptions extends RunOptions, Omit<WriterOptions, 'attributes'> {
  /** Take only the items whose id falls to this shard, from 1 to `count`. */
  shard: { index: number; count: number } | null;
  /** Index the soundtracks of videos that name no track of their own, as tracks. */
  soundtracks: boolean;
}

export interface IngestReport {
  bundleId: string;
  indexed: number;
  unchanged: number;
  deleted: number;
  failures: ItemFailure[];
}

/** Items that are written in one transaction. */
const BATCH_SIZE = 32;
const THUMBNAIL_WIDTH_PIXELS = 320;

/**
 * Makes the store equal the library: embeds what is new or changed, then deletes what is gone and makes the
 * bundle's edition the current one. A file that fails keeps its old entry and is reported. A run that was killed
 * goes on where it was; what it acknowledged stays.
 */
export async function ingest(
  library: Library,
  options: IngestOptions,
  tools: IngestTools,
): Promise<IngestReport> {
  const { embedder, store } = tools;
  const { discardEdits, restore } = options;
  const owns = ownership(options.shard);
  const items = itemsToServe(library, options.soundtracks).filter(({ id }) => owns(id));
  const writer = await store.write(embedder.bundleId, {
    attributes: library.attributes,
    discardEdits,
    restore,
  });
  try {
    const { failures, ...written } = await writeEntries(items, writer, options, tools);
    const keepIds = new Set(items.map(({ id }) => id));
    const { deleted } = await writer.finish({ keepIds, owns });
    return {
      bundleId: embedder.bundleId,
      deleted,
      ...written,
      failures: withoutSilentVideos(failures, library),
    };
  } finally {
    await writer.close();
  }
}

/**
 * The library as it is served: a video's genres are its own, else its track's; with `soundtracks`, a video that
 * names no track is paired with its own soundtrack.
 */
function itemsToServe({ items }: Library, soundtracks: boolean): LibraryItem[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  return items.flatMap((item) => {
    if (item.modality === 'MUSIC') return [item];
    const track = item.pairedWith === null ? null : byId.get(item.pairedWith);
    const genres = item.genres.length > 0 ? item.genres : (track?.genres ?? []);
    if (item.pairedWith !== null || !soundtracks) return [{ ...item, genres }];
    const soundtrack = soundtrackOf(item);
    return [{ ...item, genres, pairedWith: soundtrack.id }, soundtrack];
  });
}

/** Which ids a shard owns: equal on every machine, whatever the library holds. */
function ownership(shard: IngestOptions['shard']): (itemId: string) => boolean {
  return shard === null ? () => true : (itemId) => hashString(itemId) % shard.count === shard.index - 1;
}

async function writeEntries(
  items: readonly LibraryItem[],
  writer: EditionWriter,
  options: IngestOptions,
  tools: IngestTools,
): Promise<Pick<IngestReport, 'indexed' | 'unchanged' | 'failures'>> {
  const known = await writer.fingerprints();
  const toEntry = createEntryMaker(known, tools);
  const failures: ItemFailure[] = [];
  let batch: ItemEntry[] = [];
  let indexed = 0;
  let unchanged = 0;
  const flush = async () => {
    if (batch.length > 0) await writer.upsert(batch);
    indexed += batch.length;
    batch = [];
  };
  for await (const outcome of forEachItem(items, toEntry, options)) {
    if ('failure' in outcome) failures.push(outcome.failure);
    else if (outcome.value === null) unchanged++;
    else if (batch.push(outcome.value) >= BATCH_SIZE) await flush();
  }
  await flush();
  return { indexed, unchanged, failures };
}

/** Makes an item's entry; null where the edition holds it already as it is. */
function createEntryMaker(known: ReadonlyMap<string, string>, tools: IngestTools) {
  const extract = createItemExtractor(tools);
  return async (item: LibraryItem, signal?: AbortSignal): Promise<ItemEntry | null> => {
    const features = await extract(item, signal);
    const fingerprint = fingerprintOf(features);
    if (known.get(item.id) === fingerprint) return null;
    return {
      record: {
        id: item.id,
        modality: item.modality,
        title: item.title,
        artist: item.artist,
        genres: item.genres,
        attributes: item.attributes,
        source: item.source,
        durationSeconds: await durationOf(item, tools.reader, signal),
        pairedWith: item.pairedWith,
        mediaUrl: item.mediaUrl,
        mediaPath: item.path,
      },
      segments: await embed(features, tools.embedder, signal),
      peaks: features.peaks,
      thumbnail:
        item.modality === 'VIDEO'
          ? await tools.reader.readThumbnail(item.path, THUMBNAIL_WIDTH_PIXELS, signal)
          : null,
      fingerprint,
    };
  };
}

async function embed({ item, segments }: ItemFeatures, embedder: Embedder, signal?: AbortSignal) {
  const vectors = await embedder.project(
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

/** Of the part of the file that is the item. */
async function durationOf(item: LibraryItem, reader: MediaReader, signal?: AbortSignal): Promise<number> {
  const { durationSeconds } = await reader.probe(item.path, signal);
  return Math.min(item.endSeconds ?? durationSeconds, durationSeconds) - (item.startSeconds ?? 0);
}
