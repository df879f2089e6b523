import type { ItemEntry, VectorStore, WriterOptions } from '../../src/store/vector-store.ts';
import { dimensionsOf } from './dimensions.ts';

/** Makes a bundle's edition hold these entries and no others, and be the current one. */
export async function fillStore(
  store: VectorStore,
  bundleId: string,
  entries: readonly ItemEntry[],
  { dimensions = dimensionsOf(entries), attributes = [] }: Partial<WriterOptions> = {},
): Promise<void> {
  const writer = await store.write(bundleId, {
    dimensions,
    attributes,
    shard: null,
    discardEdits: false,
    restore: false,
  });
  await writer.upsert(entries);
  await writer.finish({ keepIds: new Set(entries.map(({ record }) => record.id)) });
  await writer.close();
}
