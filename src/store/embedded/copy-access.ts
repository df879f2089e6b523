import type { WorkerClient } from '../../shared/worker-client.ts';
import type { CopyableStore, LibraryNote } from '../copyable-store.ts';
import type { VectorStore } from '../vector-store.ts';
import type { DatabaseHandlers } from './database.worker.ts';
import { createEditionWriter } from './edition-writer.ts';

const CLIPS_PER_READ = 16;

/** What makes the store one that can be copied. */
export function createCopyAccess(
  database: WorkerClient<DatabaseHandlers>,
): Omit<CopyableStore, keyof VectorStore> {
  async function* readNotes(): AsyncGenerator<LibraryNote[]> {
    for (let afterId = ''; ; ) {
      const notes = await database.call('readNotes', afterId);
      if (notes.length === 0) return;
      yield notes;
      afterId = notes[notes.length - 1].itemId;
    }
  }

  return {
    outline: (bundleId) => database.call('readOutline', bundleId),
    async *readItems(bundleId) {
      for (let afterId = ''; ; ) {
        const items = await database.call('readStoredItems', { bundleId, afterId });
        if (items.length === 0) return;
        yield items;
        afterId = items[items.length - 1].entry.record.id;
      }
    },
    readNotes,
    async *readClips() {
      const ids = await database.call('clipIds', undefined);
      for (let start = 0; start < ids.length; start += CLIPS_PER_READ) {
        const clips = await database.call('getClips', ids.slice(start, start + CLIPS_PER_READ));
        yield clips.filter((clip) => clip !== null);
      }
    },
    async writeCopy(bundleId, { dimensions, attributes }) {
      const options = { dimensions, attributes, shard: null, discardEdits: false, restore: false };
      const writer = await createEditionWriter(database, bundleId, options);
      return {
        ...writer,
        async finish({ itemIds, notedIds }) {
          await writer.finish({ keepIds: itemIds });
          for await (const notes of readNotes()) {
            const itemIds = notes.map(({ itemId }) => itemId).filter((id) => !notedIds.has(id));
            if (itemIds.length > 0) await database.call('dropNotes', { token: writer.token, itemIds });
          }
        },
      };
    },
  };
}
