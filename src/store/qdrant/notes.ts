import type { ItemChanges } from '../vector-store.ts';
import { retrievePoints, type StoreContext, scrollPoints, toChunks } from './context.ts';
import { matchValue } from './filter-condition.ts';
import { notePointId } from './point-ids.ts';
import type { Payload } from './qdrant-client.ts';

/** What is kept of an item whatever the edition. */
export interface ItemNote {
  addedAt: string;
  edits: ItemChanges;
  /** Users removed it. */
  isRemoved: boolean;
}

const FIELDS = ['item', 'addedAt', 'isRemoved', 'title', 'artist', 'genres'];

export async function readNotes(
  context: StoreContext,
  itemIds: readonly string[],
): Promise<Map<string, ItemNote>> {
  const ids = itemIds.map(notePointId);
  const points = await retrievePoints(context, context.names.meta, ids, FIELDS);
  return new Map([...points.values()].map(({ payload }) => [payload.item as string, toNote(payload)]));
}

/** Notes when items were seen first; those that are known stay as they are. */
export async function noteAppearances(
  { qdrant, names }: StoreContext,
  itemIds: readonly string[],
): Promise<void> {
  const addedAt = new Date().toISOString();
  const points = [...new Set(itemIds)].map((item) => ({
    id: notePointId(item),
    vector: {},
    payload: { kind: 'note', item, addedAt, isRemoved: false },
  }));
  await qdrant.call((client) =>
    client.upsert(names.meta, { points, update_mode: 'insert_only', wait: true, ordering: 'medium' }),
  );
}

/** Replaces what is kept of these items; ids that are not in `notes` stay as they are. */
export async function replaceNotes(
  { qdrant, names }: StoreContext,
  notes: ReadonlyMap<string, ItemNote>,
): Promise<void> {
  const points = [...notes].map(([item, { addedAt, edits, isRemoved }]) => ({
    id: notePointId(item),
    vector: {},
    payload: {
      kind: 'note',
      item,
      addedAt,
      isRemoved,
      isEdited: Object.keys(edits).length > 0,
      ...toEditFields(edits),
    },
  }));
  await qdrant.call((client) => client.upsert(names.meta, { points, wait: true, ordering: 'medium' }));
}

export async function dropNotes({ qdrant, names }: StoreContext, itemIds: readonly string[]): Promise<void> {
  const points = itemIds.map(notePointId);
  await qdrant.call((client) => client.delete(names.meta, { points, wait: true, ordering: 'medium' }));
}

/** Of every item that was ever indexed. */
export async function* listNotes(context: StoreContext): AsyncGenerator<[itemId: string, note: ItemNote]> {
  const filter = { must: [matchValue('kind', 'note')] };
  for await (const { payload } of scrollPoints(context, context.names.meta, filter, FIELDS)) {
    yield [payload.item as string, toNote(payload)];
  }
}

/** Adds to what was changed before; what `changes` lacks stays. */
export async function noteEdits(
  { qdrant, names }: StoreContext,
  itemId: string,
  changes: ItemChanges,
): Promise<void> {
  const payload = { ...toEditFields(changes), isEdited: true };
  await qdrant.call((client) =>
    client.setPayload(names.meta, { points: [notePointId(itemId)], payload, wait: true, ordering: 'medium' }),
  );
}

export async function noteRemovals(
  { qdrant, names }: StoreContext,
  itemIds: readonly string[],
): Promise<void> {
  await qdrant.call((client) =>
    client.setPayload(names.meta, {
      points: itemIds.map(notePointId),
      payload: { isRemoved: true },
      wait: true,
      ordering: 'medium',
    }),
  );
}

/** The items that users removed. */
export async function listRemoved(context: StoreContext): Promise<string[]> {
  const filter = { must: [matchValue('isRemoved', true)] };
  const points = await Array.fromAsync(scrollPoints(context, context.names.meta, filter, ['item']));
  return points.map(({ payload }) => payload.item as string);
}

export async function forgetRemovals(
  { qdrant, names }: StoreContext,
  itemIds: readonly string[],
): Promise<void> {
  for (const chunk of toChunks(itemIds)) {
    const points = chunk.map(notePointId);
    await qdrant.call((client) =>
      client.setPayload(names.meta, {
        points,
        payload: { isRemoved: false },
        wait: true,
        ordering: 'medium',
      }),
    );
  }
}

/** The items that users edited. */
export async function listEdited(context: StoreContext): Promise<string[]> {
  const filter = { must: [matchValue('isEdited', true)] };
  const points = await Array.fromAsync(scrollPoints(context, context.names.meta, filter, ['item']));
  return points.map(({ payload }) => payload.item as string);
}

export async function forgetEdits(
  { qdrant, names }: StoreContext,
  itemIds: readonly string[],
): Promise<void> {
  const keys = ['title', 'artist', 'genres', 'isEdited'];
  for (const chunk of toChunks(itemIds)) {
    const points = chunk.map(notePointId);
    await qdrant.call((client) =>
      client.deletePayload(names.meta, { points, keys, wait: true, ordering: 'medium' }),
    );
  }
}

/** Texts are JSON, since Qdrant takes no half of a surrogate pair. */
function toEditFields(changes: ItemChanges): Payload {
  const fields = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields.map(([name, value]) => [name, JSON.stringify(value)]));
}

function toNote({ addedAt, isRemoved, title, artist, genres }: Payload): ItemNote {
  const texts = Object.entries({ title, artist, genres }).filter(([, text]) => text !== undefined);
  return {
    addedAt: addedAt as string,
    isRemoved: isRemoved as boolean,
    edits: Object.fromEntries(texts.map(([name, text]) => [name, JSON.parse(text as string)])),
  };
}
