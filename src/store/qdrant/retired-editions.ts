import { randomUUID } from 'node:crypto';
import { BusyError } from '../../shared/errors.ts';
import { dropSegmentCollections } from './collections.ts';
import { type StoreContext, unlessMissing } from './context.ts';
import {
  changeEdition,
  type EditionRecord,
  findEdition,
  listEditions,
  readPointer,
} from './edition-record.ts';
import { matchValue } from './filter-condition.ts';
import { dropPending } from './pending-items.ts';
import { editionPointId } from './point-ids.ts';
import { takeWriterLock } from './writer-lock.ts';

/** Marks the editions that are older than the current one, and drops those whose grace period is over. */
export async function retireEditions(context: StoreContext, current: EditionRecord): Promise<void> {
  const retiredAtMs = Date.now();
  for (const edition of await listEditions(context)) {
    if (edition.sequence >= current.sequence) continue;
    const retired = { ...edition, retiredAtMs: edition.retiredAtMs ?? retiredAtMs };
    if (isOver(context, retired)) await dropEdition(context, edition.bundle);
    else if (edition.retiredAtMs === null) {
      await changeEdition(context, edition.bundle, (found) => found && { ...found, retiredAtMs });
    }
  }
}

/**
 * Drops the editions whose grace period is over. One that another process fills again, or drops, is left to that one:
 * any number of servers may call this at any time.
 */
export async function dropRetired(context: StoreContext): Promise<void> {
  for (const edition of await unlessMissing(listEditions(context), [])) {
    if (isOver(context, edition)) await dropAlone(context, edition.bundle);
  }
}

async function dropAlone(context: StoreContext, bundleId: string): Promise<void> {
  try {
    const lock = await takeWriterLock(context, randomUUID(), { bundleId, shard: null, isDrop: true });
    try {
      // Since it was looked at, a writer may have begun it anew, and made it the current one.
      const edition = await findEdition(context, bundleId);
      if (!edition || !isOver(context, edition) || (await readPointer(context)) === bundleId) return;
      await dropEdition(context, bundleId);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
  }
}

function isOver(
  { gracePeriodMs }: StoreContext,
  { retiredAtMs }: Pick<EditionRecord, 'retiredAtMs'>,
): boolean {
  return retiredAtMs !== null && retiredAtMs + gracePeriodMs <= Date.now();
}

/** The record goes last, so that a drop that was interrupted is done again. */
async function dropEdition(context: StoreContext, bundleId: string): Promise<void> {
  const { qdrant, names } = context;
  await dropSegmentCollections(qdrant, names, bundleId);
  await dropPending(context, bundleId);
  await qdrant.call((client) =>
    client.delete(names.items, { filter: { must: [matchValue('bundle', bundleId)] }, wait: true }),
  );
  await qdrant.call((client) =>
    client.delete(names.meta, { points: [editionPointId(bundleId)], wait: true, ordering: 'strong' }),
  );
}
