import type { CopyableStore, LibraryNote } from '../copyable-store.ts';
import type { VectorStore } from '../vector-store.ts';
import { listClips } from './clips.ts';
import { type InCollections, type StoreContext, toChunks, unlessMissing } from './context.ts';
import { readStoredItems } from './copy-reads.ts';
import { findEdition } from './edition-record.ts';
import { createEditionWriter } from './edition-writer.ts';
import { matchValue } from './filter-condition.ts';
import { dropNotes, listNotes, replaceNotes } from './notes.ts';
import { outliveOutage } from './patience.ts';

/** What makes the store one that can be copied. */
export function createCopyAccess(
  context: StoreContext,
  inCollections: InCollections,
): Omit<CopyableStore, keyof VectorStore> {
  const { qdrant, names } = context;

  return {
    async outline(bundleId) {
      const edition = await findEdition(context, bundleId);
      if (!edition) return null;
      const filter = { must: [matchValue('bundle', bundleId)] };
      const itemCount = await qdrant.count(names.items, { filter, exact: true });
      const { dimensions, attributes } = edition;
      return { dimensions, attributes, itemCount };
    },
    readItems: (bundleId) => readStoredItems(context, bundleId),
    async *readNotes() {
      const notes = await unlessMissing(Array.fromAsync(listNotes(context)), []);
      for (const chunk of toChunks(notes)) {
        yield chunk.map(([itemId, note]): LibraryNote => ({ itemId, ...note }));
      }
    },
    readClips: () => listClips(context),
    async writeCopy(bundleId, { dimensions, attributes }) {
      const options = { dimensions, attributes, shard: null, discardEdits: false, restore: false };
      const writer = await createEditionWriter(context, inCollections, bundleId, options);
      const outlive = <Result>(work: () => Promise<Result>) => outliveOutage(context, work);
      return {
        writeNotes: (notes) =>
          outlive(() => replaceNotes(context, new Map(notes.map((note) => [note.itemId, note])))),
        upsert: writer.upsert,
        deleteOthers: writer.deleteOthers,
        async finish({ itemIds, notedIds }) {
          await writer.finish({ keepIds: itemIds });
          await outlive(async () => {
            const noted = await Array.fromAsync(listNotes(context), ([itemId]) => itemId);
            const goneIds = noted.filter((id) => !notedIds.has(id));
            for (const chunk of toChunks(goneIds)) await dropNotes(context, chunk);
          });
        },
        close: writer.close,
      };
    },
  };
}
