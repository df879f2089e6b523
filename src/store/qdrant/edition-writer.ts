import { randomUUID } from 'node:crypto';
import { checkDimensions } from '../check-entries.ts';
import { type EditionWriter, isOwnedBy, type Shard, type WriterOptions } from '../vector-store.ts';
import { indexNumbers } from './collections.ts';
import { type StoreContext, scrollPoints } from './context.ts';
import {
  changeEdition,
  type EditionRecord,
  listEditions,
  movePointer,
  readPointer,
  retireEditions,
} from './edition-record.ts';
import { matchValue, parseKeyword } from './filter-condition.ts';
import { deleteItems, showEdits } from './item-changes.ts';
import { tidyItems, upsertItems, type WriterRun } from './item-writes.ts';
import { forgetEdits, forgetRemovals, listEdited, listRemoved } from './notes.ts';
import { outliveOutage } from './patience.ts';
import { dropPending, listPending } from './pending-items.ts';
import { takeWriterLock } from './writer-lock.ts';

/** Takes a writer's place, makes the edition where it is missing, and tidies up after a writer that was killed. */
export async function createEditionWriter(
  context: StoreContext,
  bundleId: string,
  { dimensions, attributes, shard, discardEdits, restore }: WriterOptions,
): Promise<EditionWriter> {
  const lock = await takeWriterLock(context, randomUUID(), { bundleId, shard });
  try {
    const numberNames = attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name);
    await indexNumbers(context.qdrant, context.names.items, numberNames);
    const edition = await beginEdition(context, bundleId, { dimensions, attributes });
    checkDimensions(bundleId, edition.dimensions, dimensions);
    const run: WriterRun = { bundleId, shard, numberNames, edition };
    const owned = (itemIds: readonly string[]) => itemIds.filter((id) => isOwnedBy(shard, id));
    if (discardEdits) {
      const editedIds = owned(await listEdited(context));
      for (const itemId of editedIds) await showEdits(context, itemId, {});
      await forgetEdits(context, editedIds);
    }
    if (restore) await forgetRemovals(context, owned(await listRemoved(context)));
    await tidyItems(context, run, await listPending(context, bundleId, shard));
    if (shard === null) await dropPending(context, bundleId);

    return {
      async fingerprints() {
        const fingerprints = new Map<string, string | null>(await readFingerprints(context, bundleId));
        for (const id of await listRemoved(context)) fingerprints.set(id, null);
        return fingerprints;
      },
      upsert: (entries) =>
        outliveOutage(context.patienceMs, async () => {
          await lock.check();
          await upsertItems(context, run, entries);
        }),
      async finish({ keepIds }) {
        await lock.check();
        const indexedIds = (await readFingerprints(context, bundleId)).map(([id]) => id);
        const deleteIds = owned(indexedIds).filter((id) => !keepIds.has(id));
        await deleteItems(context, run.edition, deleteIds);
        run.edition = await changeEdition(
          context,
          bundleId,
          (found) =>
            found && { ...found, attributes, finishedShards: withShard(found.finishedShards, shard) },
        );
        const isCurrent = isComplete(run.edition.finishedShards) || (await readPointer(context)) === bundleId;
        if (isCurrent) {
          await lock.check();
          await movePointer(context, bundleId);
          await retireEditions(context, run.edition);
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

/** Makes the edition, or goes on with one that is live or newer than what is live. */
async function beginEdition(
  context: StoreContext,
  bundleId: string,
  begun: Pick<WriterOptions, 'dimensions' | 'attributes'>,
): Promise<EditionRecord> {
  const editions = await listEditions(context);
  const currentId = await readPointer(context);
  const served = editions.find(({ bundle }) => bundle === currentId);
  const sequence = Math.max(0, ...editions.map((edition) => edition.sequence)) + 1;
  return changeEdition(context, bundleId, (found) => {
    // A writer that was killed after it moved the pointer may not have marked what is older.
    if (found && found.retiredAtMs === null && found.sequence >= (served?.sequence ?? 0)) return null;
    return {
      bundle: bundleId,
      ...begun,
      bounds: {},
      ...found,
      sequence,
      finishedShards: null,
      retiredAtMs: null,
    };
  });
}

/** The shards that have finished, this one among them. A run with another count starts anew. */
function withShard(
  finished: EditionRecord['finishedShards'],
  shard: Shard | null,
): EditionRecord['finishedShards'] {
  const { index, count } = shard ?? WHOLE;
  const before = finished?.count === count ? finished.indexes : [];
  return { count, indexes: [...new Set([...before, index])] };
}

/** The whole library as its only shard. */
const WHOLE: Shard = { index: 1, count: 1 };

function isComplete(finished: EditionRecord['finishedShards']): boolean {
  return finished !== null && finished.indexes.length === finished.count;
}

async function readFingerprints(context: StoreContext, bundleId: string): Promise<[string, string][]> {
  const filter = { must: [matchValue('bundle', bundleId)] };
  const points = scrollPoints(context, context.names.items, filter, ['item', 'fingerprint']);
  return Array.fromAsync(points, ({ payload }) => [
    payload.item as string,
    parseKeyword(payload.fingerprint as string),
  ]);
}
