import { GraphQLError } from 'graphql';
import type {
  ItemResolvers,
  NodeResolvers,
  TrackResolvers,
  VideoResolvers,
} from '../../__generated__/resolvers-types.ts';
import type { Modality } from '../../media/media.ts';
import { resamplePeaks } from '../../media/peaks.ts';
import type { RankingArguments } from '../../retrieval/search/arguments.ts';
import { type Search, search } from '../../retrieval/search.ts';
import { UserInputError } from '../../shared/errors.ts';
import type { ItemRecord } from '../../store/vector-store.ts';
import type { Context } from '../context.ts';

const MAX_PEAKS = 2_000;

export const Node: NodeResolvers = {
  __resolveType: (node) => ('modality' in node ? typeOf(node) : 'Clip'),
};

export const Item: ItemResolvers = { __resolveType: (item) => typeOf(item) };

export const Track: TrackResolvers = {
  mediaUrl,
  peaks: async ({ id }, { count }, { reads }) => {
    if (count < 1 || count > MAX_PEAKS)
      throw new UserInputError(`count is from 1 to ${MAX_PEAKS}, not ${count}.`, 'count');
    const peaks = await reads.peaks(id);
    return peaks ? [...resamplePeaks(peaks, count)] : [];
  },
  matchingVideos: (track, ranking, context) => searchWith(track, 'VIDEO', ranking, context),
  similarTracks: (track, ranking, context) => searchWith(track, 'MUSIC', ranking, context),
};

export const Video: VideoResolvers = {
  mediaUrl,
  thumbnailUrl: (video, _arguments, { services }) => services.mediaUrls.thumbnailUrl(video),
  pairedTrack: async ({ pairedWith }, _arguments, { reads }) => {
    const track = pairedWith === null ? null : await reads.item(pairedWith);
    return track?.modality === 'MUSIC' ? track : null;
  },
  matchingMusic: (video, ranking, context) => searchWith(video, 'MUSIC', ranking, context),
  similarVideos: (video, ranking, context) => searchWith(video, 'VIDEO', ranking, context),
};

export function typeOf({ modality }: ItemRecord): 'Track' | 'Video' {
  return modality === 'MUSIC' ? 'Track' : 'Video';
}

function mediaUrl(
  item: ItemRecord,
  _arguments: unknown,
  { services }: Context,
): string | null | Promise<string | null> {
  return services.mediaUrls.mediaUrl(item);
}

/** A search with an item that was found already. Its type has no place for a problem, so that is an error. */
async function searchWith(
  { id }: ItemRecord,
  target: Modality,
  ranking: RankingArguments,
  context: Context,
): Promise<Search> {
  const outcome = await search(target, { ...ranking, query: { media: { id } } }, context);
  if (outcome.kind === 'Search') return outcome;
  const code = outcome.kind === 'QueryNotSupported' ? 'QUERY_NOT_SUPPORTED' : 'MEDIA_NOT_FOUND';
  throw new GraphQLError(outcome.message, { extensions: { code } });
}
