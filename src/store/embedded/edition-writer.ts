import { randomUUID } from 'node:crypto';
import type { WorkerClient } from '../../shared/worker-client.ts';
import type { CopyWriter } from '../copyable-store.ts';
import { type EditionWriter, isOwnedBy, type WriterOptions } from '../vector-store.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import { ITEMS_PER_DELETION } from './edition-table.ts';

type DatabaseClient = WorkerClient<DatabaseHandlers>;

/** Takes the one writer's place and makes the edition where it is missing. */
export async function createEditionWriter(
  database: DatabaseClient,
  bundleId: string,
  options: WriterOptions,
): Promise<EditionWriter & Pick<CopyWriter, 'writeNotes' | 'deleteOthers'> & { token: string }> {
  const token = randomUUID();
  const { shard, attributes } = options;
  await database.call('beginWriting', { bundleId, token, options });

  const deleteOthers = async (keepIds: ReadonlySet<string>): Promise<number> => {
    const known = await database.call('fingerprints', bundleId);
    const goneIds = known
      .filter(([id, fingerprint]) => fingerprint !== null && isOwnedBy(shard, id) && !keepIds.has(id))
      .map(([id]) => id);
    let deleted = 0;
    for (let start = 0; start < goneIds.length; start += ITEMS_PER_DELETION) {
      const itemIds = goneIds.slice(start, start + ITEMS_PER_DELETION);
      deleted += await database.call('deleteItems', { bundleId, token, itemIds });
    }
    return deleted;
  };

  return {
    token,
    fingerprints: async () => new Map(await database.call('fingerprints', bundleId)),
    upsert: (entries) => database.call('upsertItems', { bundleId, token, entries }),
    writeNotes: (notes) => database.call('writeNotes', { token, notes }),
    deleteOthers,
    async finish({ keepIds }) {
      const deleted = await deleteOthers(keepIds);
      const { isCurrent } = await database.call('finishWriting', { bundleId, token, shard, attributes });
      // Many small transactions, so that other calls and other processes write in between.
      while (await database.call('sweepDropped', undefined));
      return { deleted, isCurrent };
    },
    close: () => database.call('endWriting', token),
  };
}
