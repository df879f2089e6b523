import { randomUUID } from 'node:crypto';
import { checkDimensions } from '../check-entries.ts';
import { type EditionWriter, isOwnedBy, type Shard, type WriterOptions } from '../vector-store.ts';
import { indexNumbers } from './collections.ts';
import { type InCollections, type StoreContext, scrollPoints } from './context.ts';
import {
  changeEdition,
  type EditionRecord,
  listEditions,
  movePointer,
  readPointer,
} from './edition-record.ts';
import { matchValue, parseKeyword } from './filter-condition.ts';
import { showEdits } from './item-changes.ts';
import { deleteNoted, tidyPending, upsertItems, type WriterRun } from './item-writes.ts';
import { listItemIds } from './list-items.ts';
import { forgetEdits, forgetRemovals, listEdited, listRemoved } from './notes.ts';
import { outliveOutage } from './patience.ts';
import { dropPending } from './pending-items.ts';
import { retireEditions } from './retired-editions.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

export interface QdrantEditionWriter extends EditionWriter {
  /** Deletes all other items of the writer's shard; returns how many. */
  deleteOthers(keepIds: ReadonlySet<string>): Promise<number>;
}

/**
 * Takes a writer's place and begins its run. Whatever the writer does is done again from its start where the server was
 * away meanwhile, if the place is still held then.
 */
export async function createEditionWriter(
  store: StoreContext,
  inCollections: InCollections,
  bundleId: string,
  options: WriterOptions,
  signal?: AbortSignal,
): Promise<QdrantEditionWriter> {
  const context = { ...store, signal };
  const { attributes, shard } = options;
  const token = randomUUID();
  const outlive = <Result>(work: () => Promise<Result>) => outliveOutage(context, work);
  const lock = await outlive(() => inCollections(() => takeWriterLock(context, token, { bundleId, shard })));
  const whileHeld = <Result>(work: () => Promise<Result>) =>
    outlive(async () => {
      await lock.check();
      return work();
    });

  try {
    const run = await whileHeld(() => inCollections(() => beginRun(context, bundleId, options, lock.check)));

    const deleteOthers = (keepIds: ReadonlySet<string>): Promise<number> => {
      let itemIds: string[] | null = null;
      return whileHeld(async () => {
        // Once: items that an attempt before deleted are not listed, and may still have segments.
        itemIds ??= ownedBy(shard, await listItemIds(context, bundleId)).filter((id) => !keepIds.has(id));
        await deleteNoted(context, run, itemIds);
        return itemIds.length;
      });
    };

    return {
      fingerprints: () => outlive(() => readFingerprints(context, bundleId)),
      upsert: (entries) => whileHeld(() => upsertItems(context, run, entries)),
      deleteOthers,
      async finish({ keepIds }) {
        const deleted = await deleteOthers(keepIds);
        const isCurrent = await whileHeld(() => finishShard(context, run, attributes));
        if (isCurrent) {
          await whileHeld(async () => {
            await movePointer(context, bundleId);
            await retireEditions(context, run.edition);
          });
        }
        return { deleted, isCurrent };
      },
      close: lock.release,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Makes the edition where it is missing, and tidies up after a writer that was killed. */
async function beginRun(
  context: StoreContext,
  bundleId: string,
  { dimensions, attributes, shard, discardEdits, restore }: WriterOptions,
  checkPlace: WriterLock['check'],
): Promise<WriterRun> {
  const numberNames = attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name);
  await indexNumbers(context.qdrant, context.names.items, numberNames);
  const edition = await beginEdition(context, bundleId, { dimensions, attributes });
  checkDimensions(bundleId, edition.dimensions, dimensions);
  const run: WriterRun = { bundleId, shard, numberNames, edition, checkPlace };
  if (discardEdits) {
    const editedIds = ownedBy(shard, await listEdited(context));
    for (const itemId of editedIds) await showEdits(context, itemId, {});
    await forgetEdits(context, editedIds);
  }
  if (restore) await forgetRemovals(context, ownedBy(shard, await listRemoved(context)));
  await tidyPending(context, run);
  if (shard === null) await dropPending(context, bundleId);
  return run;
}

function ownedBy(shard: Shard | null, itemIds: readonly string[]): string[] {
  return itemIds.filter((id) => isOwnedBy(shard, id));
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

/** Notes that the run's shard has ended; true where the edition is the current one, or to become so. */
async function finishShard(
  context: StoreContext,
  run: WriterRun,
  attributes: WriterOptions['attributes'],
): Promise<boolean> {
  const { bundleId, shard } = run;
  run.edition = await changeEdition(
    context,
    bundleId,
    (found) => found && { ...found, attributes, finishedShards: withShard(found.finishedShards, shard) },
  );
  return isComplete(run.edition.finishedShards) || (await readPointer(context)) === bundleId;
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

async function readFingerprints(
  context: StoreContext,
  bundleId: string,
): Promise<Map<string, string | null>> {
  const filter = { must: [matchValue('bundle', bundleId)] };
  const points = scrollPoints(context, context.names.items, filter, ['item', 'fingerprint']);
  const fingerprints = new Map<string, string | null>();
  for await (const { payload } of points) {
    fingerprints.set(payload.item as string, parseKeyword(payload.fingerprint as string));
  }
  for (const id of await listRemoved(context)) fingerprints.set(id, null);
  return fingerprints;
}
