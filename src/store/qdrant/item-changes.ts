import type { Modality } from '../../media/media.ts';
import type { ItemChanges, ItemRecord } from '../vector-store.ts';
import { ignoreMissing } from './collections.ts';
import { retrievePoints, type StoreContext, scrollPoints, toChunks } from './context.ts';
import { type EditionRecord, listEditions, modalitiesOf, readEdition } from './edition-record.ts';
import { matchAny, matchValue } from './filter-condition.ts';
import { noteEdits, noteRemovals, readNotes } from './notes.ts';
import { itemPointId } from './point-ids.ts';
import { editableFields, type ItemPayload, RECORD_FIELDS, toItemRecord } from './points.ts';
import type { Filter } from './qdrant-client.ts';

/** Records what a user changed, for every edition, now and to come. Null for an id that this edition lacks. */
export async function updateItem(
  context: StoreContext,
  bundleId: string,
  itemId: string,
  changes: ItemChanges,
): Promise<ItemRecord | null> {
  await readEdition(context, bundleId);
  const id = itemPointId(bundleId, itemId);
  const before = await retrievePoints(context, context.names.items, [id], ['item']);
  if (!before.has(id)) return null;
  await noteEdits(context, itemId, changes);
  const { edits } = (await readNotes(context, [itemId])).get(itemId) ?? { edits: changes };
  await showEdits(context, itemId, edits);
  const after = await retrievePoints(context, context.names.items, [id], RECORD_FIELDS);
  const payload = after.get(id)?.payload;
  return payload ? toItemRecord(payload as unknown as ItemPayload) : null;
}

/** Makes an item show these edits and no others, in every edition. */
export async function showEdits(context: StoreContext, itemId: string, edits: ItemChanges): Promise<void> {
  const { qdrant, names } = context;
  const filter = { must: [matchValue('item', itemId)] };
  for await (const { id, payload } of scrollPoints(context, names.items, filter, [
    'bundle',
    'modality',
    'record',
  ])) {
    const fields = editableFields({ ...JSON.parse(payload.record as string), ...edits });
    const segments = names.segments(payload.modality as Modality, payload.bundle as string);
    // A retired edition loses its segments first.
    await qdrant
      .call((client) => client.setPayload(segments, { filter, payload: fields, wait: true }))
      .catch(ignoreMissing);
    await qdrant.call((client) =>
      client.setPayload(names.items, {
        // Nothing is said of one that was deleted meanwhile.
        filter: { must: [{ has_id: [id] }] },
        payload: { ...fields, edits: JSON.stringify(edits) },
        wait: true,
      }),
    );
  }
}

/** Removes items from every edition until they are restored; returns those that this edition had. */
export async function removeItems(
  context: StoreContext,
  bundleId: string,
  itemIds: readonly string[],
): Promise<string[]> {
  await readEdition(context, bundleId);
  const ids = [...new Set(itemIds)];
  const points = await retrievePoints(
    context,
    context.names.items,
    ids.map((id) => itemPointId(bundleId, id)),
    ['item'],
  );
  const removed = [...points.values()].map(({ payload }) => payload.item as string);
  if (removed.length === 0) return [];
  await noteRemovals(context, removed);
  for (const edition of await listEditions(context)) await deleteItems(context, edition, removed);
  return removed;
}

/** Deletes items of one edition: first what shows them, then their segments. */
export async function deleteItems(
  context: StoreContext,
  edition: EditionRecord,
  itemIds: readonly string[],
): Promise<void> {
  const { qdrant, names } = context;
  for (const chunk of toChunks(itemIds)) {
    const points = chunk.map((id) => itemPointId(edition.bundle, id));
    await qdrant.call((client) => client.delete(names.items, { points, wait: true }));
    await deleteSegments(context, edition, { must: [matchAny('item', chunk)] });
  }
}

/** Deletes segments of both modalities: an item may have changed from one to the other. */
export async function deleteSegments(
  { qdrant, names }: StoreContext,
  edition: EditionRecord,
  filter: Filter,
): Promise<void> {
  for (const modality of modalitiesOf(edition)) {
    const name = names.segments(modality, edition.bundle);
    await qdrant.call((client) => client.delete(name, { filter, wait: true })).catch(ignoreMissing);
  }
}
