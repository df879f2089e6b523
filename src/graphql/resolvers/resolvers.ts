import type { Resolvers } from '../../__generated__/resolvers-types.ts';
import { DateTime } from '../scalars.ts';
import { Clip } from './clip.ts';
import { Item, Node, Track, Video } from './item.ts';
import { Mutation } from './mutation.ts';
import { Query } from './query.ts';
import {
  Facets,
  MusicSearch,
  MusicSearchResult,
  Problem,
  SpaceScore,
  TrackConnection,
  UpdateItemResult,
  VideoConnection,
  VideoSearch,
  VideoSearchResult,
} from './search.ts';
import { Bundle, System } from './system.ts';

/** Types that are missing here are read field by field from their sources. */
export const resolvers: Resolvers = {
  Bundle,
  Clip,
  DateTime,
  Facets,
  Item,
  MusicSearch,
  MusicSearchResult,
  Mutation,
  Node,
  Problem,
  Query,
  SpaceScore,
  System,
  Track,
  TrackConnection,
  UpdateItemResult,
  Video,
  VideoConnection,
  VideoSearch,
  VideoSearchResult,
};
