import type { MutationResolvers } from '../../__generated__/resolvers-types.ts';
import { mediaNotFound } from '../../retrieval/search/outcomes.ts';
import { parseItemChanges, parseItemIds } from '../parse-changes.ts';

export const Mutation: MutationResolvers = {
  deleteClip: async (_root, { id }, { services, reads }) => {
    const deleted = await services.clips.delete(id);
    reads.clear();
    return { deletedClipId: deleted ? id : null };
  },
  updateItem: async (_root, { id, changes }, { services, serving, reads }) => {
    const parsed = parseItemChanges(changes);
    const item = await services.store.updateItem(serving.manifest.id, id, parsed);
    reads.clear();
    return item ?? mediaNotFound(id, `Nothing in the library has the id "${id}".`);
  },
  removeItems: async (_root, { ids }, { services, serving, reads }) => {
    const wanted = parseItemIds(ids);
    const removedIds = await services.store.removeItems(serving.manifest.id, wanted);
    reads.clear();
    const removed = new Set(removedIds);
    return { removedIds, notFoundIds: wanted.filter((id) => !removed.has(id)) };
  },
};
