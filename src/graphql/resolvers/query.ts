import type { QueryResolvers } from '../../__generated__/resolvers-types.ts';
import { CLIP_ID_PREFIX } from '../../library/item-id.ts';
import type { Modality } from '../../media/media.ts';
import { listItems } from '../../retrieval/list-items.ts';
import { libraryFacets } from '../../retrieval/search/facets.ts';
import { search } from '../../retrieval/search.ts';
import type { ItemRecord } from '../../store/vector-store.ts';
import type { Context } from '../context.ts';

export const Query: QueryResolvers = {
  searchMusic: (_root, searchArguments, context) => search('MUSIC', searchArguments, context),
  searchVideos: (_root, searchArguments, context) => search('VIDEO', searchArguments, context),
  node: (_root, { id }, { reads }) => (id.startsWith(CLIP_ID_PREFIX) ? reads.clip(id) : reads.item(id)),
  track: (_root, { id }, context) => itemOf('MUSIC', id, context),
  video: (_root, { id }, context) => itemOf('VIDEO', id, context),
  clip: (_root, { id }, { reads }) => reads.clip(id),
  tracks: (_root, listArguments, context) => listItems('MUSIC', listArguments, context),
  videos: (_root, listArguments, context) => listItems('VIDEO', listArguments, context),
  facets: (_root, { of, filter }, context) => libraryFacets(of, { filter }, context),
  system: () => ({}),
};

/** An item, if it is of this modality. */
async function itemOf(modality: Modality, id: string, { reads }: Context): Promise<ItemRecord | null> {
  const item = await reads.item(id);
  return item?.modality === modality ? item : null;
}
