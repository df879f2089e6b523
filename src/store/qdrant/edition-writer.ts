import { randomUUID } from 'node:crypto';
import { MODALITIES } from '../../media/media.ts';
import { checkEntries } from '../check-entries.ts';
import {
  type EditionWriter,
  type ItemEntry,
  isOwnedBy,
  type Shard,
  type WriterOptions,
} from '../vector-store.ts';
import { completeDimensions, indexNumbers, makeSegmentCollection } from './collections.ts';
import { retrievePoints, type StoreContext, scrollPoints, toChunks } from './context.ts';
import {
  type EditionRecord,
  findEdition,
  listEditions,
  movePointer,
  readPointer,
  retireEditions,
  widenBounds,
  writeEdition,
} from './edition-record.ts';
import { matchAny, matchValue, parseKeyword } from './filter-condition.ts';
import { deleteItems, deleteSegments, showEdits } from './item-changes.ts';
import {
  forgetEdits,
  forgetRemovals,
  type ItemNote,
  listEdited,
  listRemoved,
  noteAppearances,
  readNotes,
} from './notes.ts';
import { itemPointId } from './point-ids.ts';
import { type ItemPoints, toPoints } from './points.ts';
import { takeWriterLock } from './writer-lock.ts';

/** Of some 15 kB each, so that a request stays well below Qdrant's bound of 32 MB. */
const SEGMENTS_PER_UPSERT = 256;

/** Takes the one writer's place, makes the edition where it is missing, and tidies up after a writer that was killed. */
export async function createEditionWriter(
  context: StoreContext,
  bundleId: string,
  { attributes, discardEdits, restore }: WriterOptions,
): Promise<EditionWriter> {
  const lock = await takeWriterLock(context, randomUUID());
  try {
    const numberNames = attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name);
    await indexNumbers(context.qdrant, context.names.items, numberNames);
    const edition = await beginEdition(context, bundleId, attributes);
    if (discardEdits) {
      for (const itemId of await listEdited(context)) await showEdits(context, itemId, {});
      await forgetEdits(context);
    }
    if (restore) await forgetRemovals(context);
    await tidyPending(context, edition);

    return {
      async fingerprints() {
        const fingerprints = new Map<string, string | null>(await readFingerprints(context, bundleId));
        for (const id of await listRemoved(context)) fingerprints.set(id, null);
        return fingerprints;
      },
      async upsert(entries) {
        await lock.check();
        await upsertItems(context, edition, entries, numberNames);
      },
      async finish({ keepIds, shard }) {
        await lock.check();
        const indexed = await readFingerprints(context, bundleId);
        const deleteIds = indexed.map(([id]) => id).filter((id) => isOwnedBy(shard, id) && !keepIds.has(id));
        await deleteItems(context, edition, deleteIds);
        edition.attributes = attributes;
        edition.finishedShards = withShard(edition.finishedShards, shard);
        const isCurrent =
          (await readPointer(context)) === bundleId || isLastShard(edition.finishedShards, shard);
        if (isCurrent) edition.finishedShards = null;
        await writeEdition(context, edition);
        if (isCurrent) {
          await movePointer(context, bundleId);
          await retireEditions(context, edition);
        }
        return { deleted: deleteIds.length, isCurrent };
      },
      close: lock.release,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function beginEdition(
  context: StoreContext,
  bundleId: string,
  attributes: WriterOptions['attributes'],
): Promise<EditionRecord> {
  const found = await findEdition(context, bundleId);
  if (found && found.retiredAtMs === null) return found;
  const sequences = (await listEditions(context)).map(({ sequence }) => sequence);
  const edition: EditionRecord = {
    kind: 'edition',
    bundle: bundleId,
    attributes,
    dimensions: { ssl: null, sup: null },
    bounds: {},
    pendingIds: [],
    ...found,
    sequence: Math.max(0, ...sequences) + 1,
    finishedShards: null,
    retiredAtMs: null,
  };
  await writeEdition(context, edition);
  return edition;
}

/** The shards that have finished, this one among them. A run with another count starts anew. */
function withShard(
  finished: EditionRecord['finishedShards'],
  shard: Shard | null,
): EditionRecord['finishedShards'] {
  if (!shard) return finished;
  const before = finished?.count === shard.count ? finished.indexes : [];
  return { count: shard.count, indexes: [...new Set([...before, shard.index])] };
}

function isLastShard(finished: EditionRecord['finishedShards'], shard: Shard | null): boolean {
  return shard === null || finished?.indexes.length === shard.count;
}

async function readFingerprints(context: StoreContext, bundleId: string): Promise<[string, string][]> {
  const filter = { must: [matchValue('bundle', bundleId)] };
  const points = scrollPoints(context, context.names.items, filter, ['item', 'fingerprint']);
  return Array.fromAsync(points, ({ payload }) => [
    payload.item as string,
    parseKeyword(payload.fingerprint as string),
  ]);
}

/**
 * Replaces items whole. New segments come first and stay unseen, since no item names their revision; one write of
 * the items' points then shows all of the batch; the segments of the revisions before go last.
 */
async function upsertItems(
  context: StoreContext,
  edition: EditionRecord,
  entries: readonly ItemEntry[],
  numberNames: readonly string[],
): Promise<void> {
  const dimensions = checkEntries(entries, edition.dimensions);
  const notes = await noteItems(context, entries);
  const shown = new Map(entries.map((entry) => [entry.record.id, entry]));
  for (const [id, { isRemoved }] of notes) if (isRemoved) shown.delete(id);
  if (shown.size === 0) return;

  const lengths = completeDimensions(dimensions);
  const points = new Map<ItemEntry, ItemPoints>();
  for (const [id, entry] of shown) {
    points.set(entry, toPoints(edition.bundle, entry, notes.get(id) as ItemNote, lengths));
  }
  await prepareEdition(context, edition, points, lengths, numberNames);
  await upsertSegments(context, edition, points);
  await context.qdrant.call((client) =>
    client.upsert(context.names.items, { points: [...points.values()].map(({ item }) => item), wait: true }),
  );
  await tidyPending(context, edition);
  await takeOverMeanwhile(context, edition, [...shown.keys()], notes);
}

async function noteItems(
  context: StoreContext,
  entries: readonly ItemEntry[],
): Promise<Map<string, ItemNote>> {
  const ids = entries.map(({ record }) => record.id);
  if (ids.length === 0) return new Map();
  await noteAppearances(context, ids);
  return readNotes(context, ids);
}

/** Makes the collections that are missing and records what must be known before the first segment is written. */
async function prepareEdition(
  context: StoreContext,
  edition: EditionRecord,
  points: Map<ItemEntry, ItemPoints>,
  lengths: ReturnType<typeof completeDimensions>,
  numberNames: readonly string[],
): Promise<void> {
  const { qdrant, names, layout } = context;
  edition.dimensions = lengths;
  edition.pendingIds = [...points.keys()].map(({ record }) => record.id);
  for (const modality of MODALITIES) {
    const ofModality = [...points].filter(([{ record }]) => record.modality === modality);
    if (ofModality.length === 0) continue;
    if (!edition.bounds[modality]) {
      const name = names.segments(modality, edition.bundle);
      await makeSegmentCollection(qdrant, name, lengths, numberNames, layout);
    }
    const squares = ofModality.flatMap(([, { squares }]) => squares);
    edition.bounds[modality] = widenBounds(edition.bounds[modality], squares);
  }
  await writeEdition(context, edition);
}

async function upsertSegments(
  { qdrant, names }: StoreContext,
  edition: EditionRecord,
  points: Map<ItemEntry, ItemPoints>,
): Promise<void> {
  for (const modality of MODALITIES) {
    const segments = [...points]
      .filter(([{ record }]) => record.modality === modality)
      .flatMap(([, { segments }]) => segments);
    for (const chunk of toChunks(segments, SEGMENTS_PER_UPSERT)) {
      const name = names.segments(modality, edition.bundle);
      await qdrant.call((client) => client.upsert(name, { points: chunk, wait: true }));
    }
  }
}

/** Deletes the segments of pending items that are not of the revision that the item shows. */
async function tidyPending(context: StoreContext, edition: EditionRecord): Promise<void> {
  if (edition.pendingIds.length === 0) return;
  const items = await retrievePoints(
    context,
    context.names.items,
    edition.pendingIds.map((id) => itemPointId(edition.bundle, id)),
    ['revision', 'modality'],
  );
  const revisions = [...items.values()].map(({ payload }) => payload.revision as string);
  for (const chunk of toChunks(edition.pendingIds)) {
    await deleteSegments(context, edition, {
      must: [matchAny('item', chunk)],
      must_not: [matchAny('revision', revisions)],
    });
  }
  edition.pendingIds = [];
  await writeEdition(context, edition);
}

/** Applies what users changed while the items were being written. */
async function takeOverMeanwhile(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
  before: Map<string, ItemNote>,
): Promise<void> {
  for (const [itemId, note] of await readNotes(context, itemIds)) {
    if (note.isRemoved) await deleteItems(context, edition, [itemId]);
    else if (JSON.stringify(note.edits) !== JSON.stringify(before.get(itemId)?.edits)) {
      await showEdits(context, itemId, note.edits);
    }
  }
}
