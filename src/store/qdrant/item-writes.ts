import { isDeepStrictEqual } from 'node:util';
import { MODALITIES } from '../../media/media.ts';
import { checkEntries } from '../check-entries.ts';
import type { ItemEntry, Shard } from '../vector-store.ts';
import { makeSegmentCollection } from './collections.ts';
import { retrievePoints, type StoreContext, toChunks } from './context.ts';
import { changeEdition, type EditionRecord, widenBounds, withBounds } from './edition-record.ts';
import { matchAny } from './filter-condition.ts';
import { deleteItems, deleteSegments, showEdits } from './item-changes.ts';
import { type ItemNote, noteAppearances, readNotes } from './notes.ts';
import { listPending, notePending } from './pending-items.ts';
import { itemPointId } from './point-ids.ts';
import { type ItemPoints, toPoints } from './points.ts';
import type { PointStruct } from './qdrant-client.ts';
import { writePoints } from './write-points.ts';

const MAX_SEGMENTS_PER_WRITE = 256;
/** Their ids are one text of one point. */
const MAX_ITEMS_PER_NOTE = 10_000;

/** What a writer works on. */
export interface WriterRun {
  bundleId: string;
  shard: Shard | null;
  numberNames: string[];
  /** As this writer saw it last: others that fill other shards may have widened its bounds since. */
  edition: EditionRecord;
  /** Rejects where the writer's place was taken. */
  checkPlace(): Promise<void>;
}

/**
 * Replaces items whole. New segments come first and stay unseen, since no item names their revision; the items'
 * points then show each at once, in one write or, where that would be too large for the server, in several; the
 * segments of the revisions before go last.
 */
export async function upsertItems(
  context: StoreContext,
  run: WriterRun,
  entries: readonly ItemEntry[],
): Promise<void> {
  const { bundleId, edition } = run;
  checkEntries(entries, edition.dimensions);
  const notes = await noteItems(context, entries);
  const shown = new Map(entries.map((entry) => [entry.record.id, entry]));
  for (const [id, { isRemoved }] of notes) if (isRemoved) shown.delete(id);
  if (shown.size === 0) return;

  const points = new Map<ItemEntry, ItemPoints>();
  for (const [id, entry] of shown) {
    points.set(entry, toPoints(bundleId, entry, notes.get(id) as ItemNote, edition.dimensions));
  }
  await prepareEdition(context, run, points);
  await notePending(context, bundleId, run.shard, [...shown.keys()]);
  await writeSegments(context, bundleId, points);
  const itemPoints = [...points.values()].map(({ item }) => item);
  // Whoever may hold the place by now may have replaced these items since.
  await run.checkPlace();
  await writePoints(context, context.names.items, itemPoints);
  await run.checkPlace();
  await tidyItems(context, run, [...shown.keys()], revisionsOf(itemPoints));
  await takeOverMeanwhile(context, run.edition, [...shown.keys()], notes);
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
  run: WriterRun,
  points: Map<ItemEntry, ItemPoints>,
): Promise<void> {
  const { qdrant, names, layout } = context;
  const { bundleId, numberNames, edition } = run;
  const widened: EditionRecord['bounds'] = {};
  for (const modality of MODALITIES) {
    const ofModality = [...points].filter(([{ record }]) => record.modality === modality);
    if (ofModality.length === 0) continue;
    const before = edition.bounds[modality];
    if (!before) {
      const name = names.segments(modality, bundleId);
      await makeSegmentCollection(qdrant, name, edition.dimensions, numberNames, layout);
    }
    const bounds = widenBounds(
      before,
      ofModality.flatMap(([, { squares }]) => squares),
    );
    if (!before || !isDeepStrictEqual(bounds, before)) widened[modality] = bounds;
  }
  if (Object.keys(widened).length === 0) return;
  run.edition = await changeEdition(context, bundleId, (found) => found && withBounds(found, widened));
}

async function writeSegments(
  context: StoreContext,
  bundleId: string,
  points: Map<ItemEntry, ItemPoints>,
): Promise<void> {
  for (const modality of MODALITIES) {
    const segments = [...points]
      .filter(([{ record }]) => record.modality === modality)
      .flatMap(([, { segments }]) => segments);
    const name = context.names.segments(modality, bundleId);
    await writePoints(context, name, segments, { maxPoints: MAX_SEGMENTS_PER_WRITE });
  }
}

/** Deletes items of this run's part; what a kill leaves of them the next writer tidies away. */
export async function deleteNoted(
  context: StoreContext,
  { bundleId, shard, edition, checkPlace }: WriterRun,
  itemIds: readonly string[],
): Promise<void> {
  if (itemIds.length === 0) return;
  for (const noted of toChunks(itemIds, MAX_ITEMS_PER_NOTE)) {
    await checkPlace();
    await notePending(context, bundleId, shard, noted);
    await deleteItems(context, edition, noted);
  }
  await notePending(context, bundleId, shard, []);
}

/** Tidies up after a writer of this run's part that was killed in the middle of a batch. */
export async function tidyPending(context: StoreContext, run: WriterRun): Promise<void> {
  const itemIds = await listPending(context, run.bundleId, run.shard);
  const pointIds = itemIds.map((id) => itemPointId(run.bundleId, id));
  const items = await retrievePoints(context, context.names.items, pointIds, ['item', 'revision']);
  await tidyItems(context, run, itemIds, revisionsOf([...items.values()]));
}

/** Deletes the items' segments that are not of the revision that the item shows; none are pending then. */
async function tidyItems(
  context: StoreContext,
  run: WriterRun,
  itemIds: readonly string[],
  shownRevisions: ReadonlyMap<string, string>,
): Promise<void> {
  if (itemIds.length === 0) return;
  for (const chunk of toChunks(itemIds)) {
    const revisions = chunk.map((id) => shownRevisions.get(id)).filter((revision) => revision !== undefined);
    await deleteSegments(context, run.edition, {
      must: [matchAny('item', chunk)],
      must_not: [matchAny('revision', revisions)],
    });
  }
  await notePending(context, run.bundleId, run.shard, []);
}

/** Of items' points, by item. */
function revisionsOf(items: readonly Pick<PointStruct, 'payload'>[]): Map<string, string> {
  return new Map(items.map(({ payload }) => [payload?.item as string, payload?.revision as string]));
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
