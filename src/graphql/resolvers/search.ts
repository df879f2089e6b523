import type {
  FacetsResolvers,
  MusicSearchResolvers,
  MusicSearchResultResolvers,
  ProblemResolvers,
  SpaceScoreResolvers,
  UpdateItemResultResolvers,
  VideoSearchResolvers,
  VideoSearchResultResolvers,
} from '../../__generated__/resolvers-types.ts';
import { typeOf } from './item.ts';

export const MusicSearchResult: MusicSearchResultResolvers = {
  __resolveType: ({ kind }) => (kind === 'Search' ? 'MusicSearch' : kind),
};

export const VideoSearchResult: VideoSearchResultResolvers = {
  __resolveType: ({ kind }) => (kind === 'Search' ? 'VideoSearch' : kind),
};

export const UpdateItemResult: UpdateItemResultResolvers = {
  __resolveType: (result) => ('kind' in result ? result.kind : typeOf(result)),
};

export const Problem: ProblemResolvers = { __resolveType: ({ kind }) => kind };

const searchFields = {
  warnings: (search) => search.warnings(),
  hits: (search, page) => search.hits(page),
  totalCount: (search) => search.totalCount(),
} satisfies MusicSearchResolvers & VideoSearchResolvers;

export const MusicSearch: MusicSearchResolvers = searchFields;
export const VideoSearch: VideoSearchResolvers = searchFields;

export const SpaceScore: SpaceScoreResolvers = { rank: (score) => score.rank() };

export const Facets: FacetsResolvers = {
  genres: (facets, page) => facets.genres(page),
  attributes: (facets, page) => facets.attributes(page),
};

const connectionFields = { totalCount: (page: { totalCount(): Promise<number> }) => page.totalCount() };

export const TrackConnection = connectionFields;
export const VideoConnection = connectionFields;
