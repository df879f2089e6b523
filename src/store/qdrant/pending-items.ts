import { isOwnedBy, type Shard } from '../vector-store.ts';
import { type StoreContext, scrollPoints } from './context.ts';
import { matchValue } from './filter-condition.ts';
import { pendingPointId } from './point-ids.ts';

/**
 * Items whose write may have been interrupted, so that segments of theirs may have to be tidied away: each writer
 * notes those of its batch before it writes them. No two writers that are alive have the same part.
 */
export async function notePending(
  { qdrant, names }: StoreContext,
  bundleId: string,
  shard: Shard | null,
  itemIds: readonly string[],
): Promise<void> {
  const payload = { kind: 'pending', bundle: bundleId, items: JSON.stringify(itemIds) };
  const id = pendingPointId(bundleId, shard ? `${shard.index}/${shard.count}` : 'all');
  await qdrant.call((client) =>
    client.upsert(names.meta, { points: [{ id, vector: {}, payload }], wait: true, ordering: 'medium' }),
  );
}

/** Those of a writer's own part, whichever writer noted them. */
export async function listPending(
  context: StoreContext,
  bundleId: string,
  shard: Shard | null,
): Promise<string[]> {
  const notes = await readPending(context, bundleId);
  return [...new Set(notes.flatMap(({ itemIds }) => itemIds))].filter((id) => isOwnedBy(shard, id));
}

/** Forgets those of all parts. */
export async function dropPending(context: StoreContext, bundleId: string): Promise<void> {
  const { qdrant, names } = context;
  const points = (await readPending(context, bundleId)).map(({ pointId }) => pointId);
  if (points.length === 0) return;
  await qdrant.call((client) => client.delete(names.meta, { points, wait: true, ordering: 'medium' }));
}

async function readPending(
  context: StoreContext,
  bundleId: string,
): Promise<{ pointId: string; itemIds: string[] }[]> {
  const filter = { must: [matchValue('kind', 'pending')] };
  const points = await Array.fromAsync(
    scrollPoints(context, context.names.meta, filter, ['bundle', 'items']),
  );
  return points
    .filter(({ payload }) => payload.bundle === bundleId)
    .map(({ id, payload }) => ({ pointId: id, itemIds: JSON.parse(payload.items as string) }));
}
