import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Context } from '../graphql/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** ISO 8601 in UTC, such as 2026-01-31T09:00:00.000Z. */
  DateTime: { input: Date; output: Date | string; }
};

export type Attribute = {
  __typename?: 'Attribute';
  name: Scalars['String']['output'];
  value: Scalars['String']['output'];
};

export type AttributeFacet = {
  __typename?: 'AttributeFacet';
  isNumber: Scalars['Boolean']['output'];
  name: Scalars['String']['output'];
  values: Array<ValueCount>;
};

/** range: only for an attribute whose every value in the library is a number (bpm). */
export type AttributeFilterInput = {
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  name: Scalars['String']['input'];
  none?: InputMaybe<Array<Scalars['String']['input']>>;
  range?: InputMaybe<RangeInput>;
};

export type Bundle = {
  __typename?: 'Bundle';
  balancedAlpha: Scalars['Float']['output'];
  createdAt: Scalars['DateTime']['output'];
  id: Scalars['ID']['output'];
  labelField: Scalars['String']['output'];
  labels: Array<Scalars['String']['output']>;
  profile: Scalars['String']['output'];
  recommendedAlpha: Scalars['Float']['output'];
  recommendedAlphaRule: Scalars['String']['output'];
  segmentSeconds: Scalars['Float']['output'];
  sslDimension: Scalars['Int']['output'];
  supDimension: Scalars['Int']['output'];
  supportsText: Scalars['Boolean']['output'];
  tradeOff: Array<TradeOffPoint>;
};

/** Media uploaded as a query. Its bytes are dropped once it is embedded; its vectors expire. */
export type Clip = Node & {
  __typename?: 'Clip';
  durationSeconds?: Maybe<Scalars['Float']['output']>;
  expiresAt: Scalars['DateTime']['output'];
  failure?: Maybe<ClipFailure>;
  id: Scalars['ID']['output'];
  /** What it holds that can be searched with: VIDEO from its frames, MUSIC from its sound. */
  modalities: Array<Modality>;
  /** 0 to 1 while processing. */
  progress: Scalars['Float']['output'];
  status: ClipStatus;
};

export type ClipFailure = {
  __typename?: 'ClipFailure';
  code: MediaFault;
  message: Scalars['String']['output'];
};

/** The clip is PROCESSING or FAILED; its own fields say which, how far and why. */
export type ClipNotReady = Problem & {
  __typename?: 'ClipNotReady';
  clip: Clip;
  message: Scalars['String']['output'];
};

export type ClipStatus =
  | 'FAILED'
  | 'PROCESSING'
  | 'READY';

export type DeleteClipResult = {
  __typename?: 'DeleteClipResult';
  deletedClipId?: Maybe<Scalars['ID']['output']>;
};

export type Device =
  | 'CPU'
  | 'CUDA'
  | 'WEBGPU';

export type DeviceReport = {
  __typename?: 'DeviceReport';
  name?: Maybe<Scalars['String']['output']>;
  requested: Scalars['String']['output'];
  used: Device;
};

/** Counts of items, not of segments, over everything the filter lets through. */
export type Facets = {
  __typename?: 'Facets';
  attributes: Array<AttributeFacet>;
  genres: Array<ValueCount>;
};


/** Counts of items, not of segments, over everything the filter lets through. */
export type FacetsAttributesArgs = {
  first?: Scalars['Int']['input'];
  names?: InputMaybe<Array<Scalars['String']['input']>>;
};


/** Counts of items, not of segments, over everything the filter lets through. */
export type FacetsGenresArgs = {
  first?: Scalars['Int']['input'];
};

/** A value that no item carries matches nothing; warnings names it with the nearest legal values. */
export type GenreFilterInput = {
  all?: InputMaybe<Array<Scalars['String']['input']>>;
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  none?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type IdFilterInput = {
  any?: InputMaybe<Array<Scalars['ID']['input']>>;
  none?: InputMaybe<Array<Scalars['ID']['input']>>;
};

export type Item = {
  addedAt: Scalars['DateTime']['output'];
  attributes: Array<Attribute>;
  durationSeconds: Scalars['Float']['output'];
  genres: Array<Scalars['String']['output']>;
  id: Scalars['ID']['output'];
  /** Where the media can be played, or null when the server does not serve media. */
  mediaUrl?: Maybe<Scalars['String']['output']>;
  source?: Maybe<Scalars['String']['output']>;
  title: Scalars['String']['output'];
};

/** Absent or null leaves a field as it is. Edits outlive re-indexing: library.csv does not overwrite them. */
export type ItemChangesInput = {
  artist?: InputMaybe<Scalars['String']['input']>;
  genres?: InputMaybe<Array<Scalars['String']['input']>>;
  title?: InputMaybe<Scalars['String']['input']>;
};

/** Fields of one object are joined by AND. An empty list is no condition. */
export type ItemFilterInput = {
  and?: InputMaybe<Array<ItemFilterInput>>;
  artists?: InputMaybe<ValueFilterInput>;
  attributes?: InputMaybe<Array<AttributeFilterInput>>;
  durationSeconds?: InputMaybe<RangeInput>;
  genres?: InputMaybe<GenreFilterInput>;
  ids?: InputMaybe<IdFilterInput>;
  not?: InputMaybe<ItemFilterInput>;
  or?: InputMaybe<Array<ItemFilterInput>>;
  sources?: InputMaybe<ValueFilterInput>;
  /** Every word starts a word of the title or the artist, whatever its case. */
  words?: InputMaybe<Scalars['String']['input']>;
};

export type Limits = {
  __typename?: 'Limits';
  maxClipSeconds: Scalars['Float']['output'];
  maxFirst: Scalars['Int']['output'];
  maxRank: Scalars['Int']['output'];
  maxSearchesPerRequest: Scalars['Int']['output'];
  maxSeeds: Scalars['Int']['output'];
  maxSpaceRank: Scalars['Int']['output'];
  maxUploadBytes: Scalars['Float']['output'];
};

export type MediaFault =
  | 'CORRUPT_MEDIA'
  | 'INTERRUPTED'
  | 'NO_AUDIO'
  | 'NO_VIDEO'
  | 'TIMED_OUT'
  | 'TOO_LARGE'
  | 'TOO_LONG'
  | 'UNSUPPORTED_MEDIA';

/** by: VIDEO searches with the pictures, MUSIC with the sound. By default the side that is not sought where the media holds it, else the side it holds; naming one that it lacks is QueryNotSupported. startSeconds, endSeconds: pool only the segments that overlap this window. */
export type MediaInput = {
  by?: InputMaybe<Modality>;
  endSeconds?: InputMaybe<Scalars['Float']['input']>;
  id: Scalars['ID']['input'];
  startSeconds?: InputMaybe<Scalars['Float']['input']>;
};

/** No such id, or the clip has expired. */
export type MediaNotFound = Problem & {
  __typename?: 'MediaNotFound';
  mediaId: Scalars['ID']['output'];
  message: Scalars['String']['output'];
};

export type Modality =
  | 'MUSIC'
  | 'VIDEO';

export type MusicHit = {
  __typename?: 'MusicHit';
  cursor: Scalars['String']['output'];
  matchedSpan: Span;
  node: Track;
  rank: Scalars['Int']['output'];
  score: Scalars['Float']['output'];
  ssl: SpaceScore;
  sup: SpaceScore;
};

export type MusicHitConnection = {
  __typename?: 'MusicHitConnection';
  edges: Array<MusicHit>;
  pageInfo: PageInfo;
  run: SearchRun;
};

export type MusicSearch = {
  __typename?: 'MusicSearch';
  alpha: Scalars['Float']['output'];
  bundleId: Scalars['ID']['output'];
  /** The side and the part of the query media that were used; null without media. */
  by?: Maybe<Modality>;
  facets?: Maybe<Facets>;
  hits: MusicHitConnection;
  /** Equal for equal arguments under one bundle, so that caches merge its pages. */
  id: Scalars['ID']['output'];
  querySpan?: Maybe<Span>;
  scoring: Scoring;
  /** Items that genres and filter let through, whatever minScore; computed when selected. */
  totalCount?: Maybe<Scalars['Int']['output']>;
  warnings: Array<SearchWarning>;
};


export type MusicSearchHitsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};

export type MusicSearchResult = ClipNotReady | MediaNotFound | MusicSearch | QueryNotSupported;

export type Mutation = {
  __typename?: 'Mutation';
  deleteClip: DeleteClipResult;
  removeItems: RemoveItemsResult;
  /** Changes labels or title of an indexed item at once, without embedding it again. */
  updateItem: UpdateItemResult;
};


export type MutationDeleteClipArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRemoveItemsArgs = {
  ids: Array<Scalars['ID']['input']>;
};


export type MutationUpdateItemArgs = {
  changes: ItemChangesInput;
  id: Scalars['ID']['input'];
};

export type Node = {
  id: Scalars['ID']['output'];
};

export type PageInfo = {
  __typename?: 'PageInfo';
  endCursor?: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** What kept a request from an answer, as a type. New kinds may come: always select ... on Problem { message }. */
export type Problem = {
  message: Scalars['String']['output'];
};

export type Query = {
  __typename?: 'Query';
  clip?: Maybe<Clip>;
  /** The legal values of every filter, with the number of items that carry each. */
  facets: Facets;
  /** Any track, video or clip: they share one space of ids. */
  node?: Maybe<Node>;
  /** alpha: from 0 (all ssl) to 1 (all sup), else BAD_USER_INPUT; by default the bundle's recommended α. genres: the genres that a user ticked; facets.genres counts as if it were absent, so that the other chips stay alive. The item searched with and all seeds are left out of the hits. Null only together with an entry in errors, so that one failing alias leaves the others. */
  searchMusic?: Maybe<MusicSearchResult>;
  searchVideos?: Maybe<VideoSearchResult>;
  system: System;
  track?: Maybe<Track>;
  /** In a fixed order, the same on every page; no promise which. */
  tracks: TrackConnection;
  video?: Maybe<Video>;
  videos: VideoConnection;
};


export type QueryClipArgs = {
  id: Scalars['ID']['input'];
};


export type QueryFacetsArgs = {
  filter?: InputMaybe<ItemFilterInput>;
  of?: Modality;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QuerySearchMusicArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  query: SearchQueryInput;
  scoring?: Scoring;
};


export type QuerySearchVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  query: SearchQueryInput;
  scoring?: Scoring;
};


export type QueryTrackArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTracksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  first?: Scalars['Int']['input'];
  genres?: InputMaybe<GenreFilterInput>;
};


export type QueryVideoArgs = {
  id: Scalars['ID']['input'];
};


export type QueryVideosArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  first?: Scalars['Int']['input'];
  genres?: InputMaybe<GenreFilterInput>;
};

export type QueryNotSupported = Problem & {
  __typename?: 'QueryNotSupported';
  message: Scalars['String']['output'];
};

export type RangeInput = {
  max?: InputMaybe<Scalars['Float']['input']>;
  min?: InputMaybe<Scalars['Float']['input']>;
};

export type RemoveItemsResult = {
  __typename?: 'RemoveItemsResult';
  notFoundIds: Array<Scalars['ID']['output']>;
  removedIds: Array<Scalars['ID']['output']>;
};

export type Scoring =
  /** Cosine of the blended embeddings z = (1−α)·ssl + α·sup, as in the paper. */
  | 'BLENDED'
  /** (1−α)·ssl + α·sup. */
  | 'WEIGHTED';

export type SearchDirection =
  | 'MUSIC_TO_VIDEO'
  | 'VIDEO_TO_MUSIC';

export type SearchQueryInput =
  /** An indexed item or an uploaded clip, of either modality. */
  { media: MediaInput; seeds?: never; text?: never; vectors?: never; }
  |  /** Several at once, pooled by weight; a negative weight pushes away. */
  { media?: never; seeds: Array<SeedInput>; text?: never; vectors?: never; }
  |  /** Only where system.bundle.supportsText, else QueryNotSupported. */
  { media?: never; seeds?: never; text: Scalars['String']['input']; vectors?: never; }
  |  { media?: never; seeds?: never; text?: never; vectors: VectorsInput; };

/** How this page was computed; device is null where nothing had to be embedded. */
export type SearchRun = {
  __typename?: 'SearchRun';
  device?: Maybe<Device>;
  embedMs: Scalars['Float']['output'];
  exact: Scalars['Boolean']['output'];
  searchMs: Scalars['Float']['output'];
  store: StoreKind;
};

export type SearchWarning = {
  __typename?: 'SearchWarning';
  code: SearchWarningCode;
  message: Scalars['String']['output'];
  suggestions: Array<Scalars['String']['output']>;
  value: Scalars['String']['output'];
};

export type SearchWarningCode =
  | 'UNKNOWN_ATTRIBUTE'
  | 'UNKNOWN_VALUE';

export type SeedInput = {
  media: MediaInput;
  weight?: Scalars['Float']['input'];
};

/** similarity: the matched segment's unweighted cosine in this space; null where it has no vector there (it then counts as 0). rank: the item's rank by this space alone under the same filter, null past limits.maxSpaceRank; costs one more search per space when selected. */
export type SpaceScore = {
  __typename?: 'SpaceScore';
  rank?: Maybe<Scalars['Int']['output']>;
  similarity?: Maybe<Scalars['Float']['output']>;
};

export type Span = {
  __typename?: 'Span';
  endSeconds: Scalars['Float']['output'];
  startSeconds: Scalars['Float']['output'];
};

export type StoreKind =
  | 'EMBEDDED'
  | 'QDRANT';

export type StoreReport = {
  __typename?: 'StoreReport';
  kind: StoreKind;
  segments: Scalars['Int']['output'];
  tracks: Scalars['Int']['output'];
  videos: Scalars['Int']['output'];
};

export type System = {
  __typename?: 'System';
  bundle: Bundle;
  device: DeviceReport;
  limits: Limits;
  store: StoreReport;
  version: Scalars['String']['output'];
};

export type Track = Item & Node & {
  __typename?: 'Track';
  addedAt: Scalars['DateTime']['output'];
  artist?: Maybe<Scalars['String']['output']>;
  attributes: Array<Attribute>;
  durationSeconds: Scalars['Float']['output'];
  genres: Array<Scalars['String']['output']>;
  id: Scalars['ID']['output'];
  matchingVideos?: Maybe<VideoSearch>;
  mediaUrl?: Maybe<Scalars['String']['output']>;
  /** Loudness from 0 to 100 at equal steps: what a waveform is drawn from. */
  peaks: Array<Scalars['Int']['output']>;
  similarTracks?: Maybe<MusicSearch>;
  source?: Maybe<Scalars['String']['output']>;
  title: Scalars['String']['output'];
};


export type TrackMatchingVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring?: Scoring;
};


export type TrackPeaksArgs = {
  count?: Scalars['Int']['input'];
};


export type TrackSimilarTracksArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring?: Scoring;
};

export type TrackConnection = {
  __typename?: 'TrackConnection';
  edges: Array<TrackEdge>;
  pageInfo: PageInfo;
  totalCount: Scalars['Int']['output'];
};

export type TrackEdge = {
  __typename?: 'TrackEdge';
  cursor: Scalars['String']['output'];
  node: Track;
};

/** One point of the held-out curves: what a frontend draws under its α slider. */
export type TradeOffPoint = {
  __typename?: 'TradeOffPoint';
  alpha: Scalars['Float']['output'];
  direction: SearchDirection;
  labelPrecisionAt10?: Maybe<Scalars['Float']['output']>;
  pairRecallAt10?: Maybe<Scalars['Float']['output']>;
};

export type UpdateItemResult = MediaNotFound | Track | Video;

export type ValueCount = {
  __typename?: 'ValueCount';
  count: Scalars['Int']['output'];
  value: Scalars['String']['output'];
};

export type ValueFilterInput = {
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  none?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Normalised by the server. One may be left out at the end of α that does not use it. */
export type VectorsInput = {
  ssl?: InputMaybe<Array<Scalars['Float']['input']>>;
  sup?: InputMaybe<Array<Scalars['Float']['input']>>;
};

export type Video = Item & Node & {
  __typename?: 'Video';
  addedAt: Scalars['DateTime']['output'];
  attributes: Array<Attribute>;
  durationSeconds: Scalars['Float']['output'];
  genres: Array<Scalars['String']['output']>;
  id: Scalars['ID']['output'];
  matchingMusic?: Maybe<MusicSearch>;
  mediaUrl?: Maybe<Scalars['String']['output']>;
  /** The track it is paired with in the library. */
  pairedTrack?: Maybe<Track>;
  similarVideos?: Maybe<VideoSearch>;
  source?: Maybe<Scalars['String']['output']>;
  thumbnailUrl?: Maybe<Scalars['String']['output']>;
  title: Scalars['String']['output'];
};


export type VideoMatchingMusicArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring?: Scoring;
};


export type VideoSimilarVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring?: Scoring;
};

export type VideoConnection = {
  __typename?: 'VideoConnection';
  edges: Array<VideoEdge>;
  pageInfo: PageInfo;
  totalCount: Scalars['Int']['output'];
};

export type VideoEdge = {
  __typename?: 'VideoEdge';
  cursor: Scalars['String']['output'];
  node: Video;
};

export type VideoHit = {
  __typename?: 'VideoHit';
  cursor: Scalars['String']['output'];
  matchedSpan: Span;
  node: Video;
  rank: Scalars['Int']['output'];
  score: Scalars['Float']['output'];
  ssl: SpaceScore;
  sup: SpaceScore;
};

export type VideoHitConnection = {
  __typename?: 'VideoHitConnection';
  edges: Array<VideoHit>;
  pageInfo: PageInfo;
  run: SearchRun;
};

export type VideoSearch = {
  __typename?: 'VideoSearch';
  alpha: Scalars['Float']['output'];
  bundleId: Scalars['ID']['output'];
  by?: Maybe<Modality>;
  facets?: Maybe<Facets>;
  hits: VideoHitConnection;
  id: Scalars['ID']['output'];
  querySpan?: Maybe<Span>;
  scoring: Scoring;
  totalCount?: Maybe<Scalars['Int']['output']>;
  warnings: Array<SearchWarning>;
};


export type VideoSearchHitsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};

export type VideoSearchResult = ClipNotReady | MediaNotFound | QueryNotSupported | VideoSearch;



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  MusicSearchResult:
    | ( ClipNotReady )
    | ( MediaNotFound )
    | ( MusicSearch )
    | ( QueryNotSupported )
  ;
  UpdateItemResult:
    | ( MediaNotFound )
    | ( Track )
    | ( Video )
  ;
  VideoSearchResult:
    | ( ClipNotReady )
    | ( MediaNotFound )
    | ( QueryNotSupported )
    | ( VideoSearch )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Item:
    | ( Track )
    | ( Video )
  ;
  Node:
    | ( Clip )
    | ( Track )
    | ( Video )
  ;
  Problem:
    | ( ClipNotReady )
    | ( MediaNotFound )
    | ( QueryNotSupported )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Attribute: ResolverTypeWrapper<Attribute>;
  AttributeFacet: ResolverTypeWrapper<AttributeFacet>;
  AttributeFilterInput: AttributeFilterInput;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Bundle: ResolverTypeWrapper<Bundle>;
  Clip: ResolverTypeWrapper<Clip>;
  ClipFailure: ResolverTypeWrapper<ClipFailure>;
  ClipNotReady: ResolverTypeWrapper<ClipNotReady>;
  ClipStatus: ClipStatus;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteClipResult: ResolverTypeWrapper<DeleteClipResult>;
  Device: Device;
  DeviceReport: ResolverTypeWrapper<DeviceReport>;
  Facets: ResolverTypeWrapper<Facets>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  GenreFilterInput: GenreFilterInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  IdFilterInput: IdFilterInput;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Item: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Item']>;
  ItemChangesInput: ItemChangesInput;
  ItemFilterInput: ItemFilterInput;
  Limits: ResolverTypeWrapper<Limits>;
  MediaFault: MediaFault;
  MediaInput: MediaInput;
  MediaNotFound: ResolverTypeWrapper<MediaNotFound>;
  Modality: Modality;
  MusicHit: ResolverTypeWrapper<MusicHit>;
  MusicHitConnection: ResolverTypeWrapper<MusicHitConnection>;
  MusicSearch: ResolverTypeWrapper<MusicSearch>;
  MusicSearchResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['MusicSearchResult']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Problem: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Problem']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QueryNotSupported: ResolverTypeWrapper<QueryNotSupported>;
  RangeInput: RangeInput;
  RemoveItemsResult: ResolverTypeWrapper<RemoveItemsResult>;
  Scoring: Scoring;
  SearchDirection: SearchDirection;
  SearchQueryInput: SearchQueryInput;
  SearchRun: ResolverTypeWrapper<SearchRun>;
  SearchWarning: ResolverTypeWrapper<SearchWarning>;
  SearchWarningCode: SearchWarningCode;
  SeedInput: SeedInput;
  SpaceScore: ResolverTypeWrapper<SpaceScore>;
  Span: ResolverTypeWrapper<Span>;
  StoreKind: StoreKind;
  StoreReport: ResolverTypeWrapper<StoreReport>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  System: ResolverTypeWrapper<System>;
  Track: ResolverTypeWrapper<Track>;
  TrackConnection: ResolverTypeWrapper<TrackConnection>;
  TrackEdge: ResolverTypeWrapper<TrackEdge>;
  TradeOffPoint: ResolverTypeWrapper<TradeOffPoint>;
  UpdateItemResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['UpdateItemResult']>;
  ValueCount: ResolverTypeWrapper<ValueCount>;
  ValueFilterInput: ValueFilterInput;
  VectorsInput: VectorsInput;
  Video: ResolverTypeWrapper<Video>;
  VideoConnection: ResolverTypeWrapper<VideoConnection>;
  VideoEdge: ResolverTypeWrapper<VideoEdge>;
  VideoHit: ResolverTypeWrapper<VideoHit>;
  VideoHitConnection: ResolverTypeWrapper<VideoHitConnection>;
  VideoSearch: ResolverTypeWrapper<VideoSearch>;
  VideoSearchResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['VideoSearchResult']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Attribute: Attribute;
  AttributeFacet: AttributeFacet;
  AttributeFilterInput: AttributeFilterInput;
  Boolean: Scalars['Boolean']['output'];
  Bundle: Bundle;
  Clip: Clip;
  ClipFailure: ClipFailure;
  ClipNotReady: ClipNotReady;
  DateTime: Scalars['DateTime']['output'];
  DeleteClipResult: DeleteClipResult;
  DeviceReport: DeviceReport;
  Facets: Facets;
  Float: Scalars['Float']['output'];
  GenreFilterInput: GenreFilterInput;
  ID: Scalars['ID']['output'];
  IdFilterInput: IdFilterInput;
  Int: Scalars['Int']['output'];
  Item: ResolversInterfaceTypes<ResolversParentTypes>['Item'];
  ItemChangesInput: ItemChangesInput;
  ItemFilterInput: ItemFilterInput;
  Limits: Limits;
  MediaInput: MediaInput;
  MediaNotFound: MediaNotFound;
  MusicHit: MusicHit;
  MusicHitConnection: MusicHitConnection;
  MusicSearch: MusicSearch;
  MusicSearchResult: ResolversUnionTypes<ResolversParentTypes>['MusicSearchResult'];
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfo;
  Problem: ResolversInterfaceTypes<ResolversParentTypes>['Problem'];
  Query: Record<PropertyKey, never>;
  QueryNotSupported: QueryNotSupported;
  RangeInput: RangeInput;
  RemoveItemsResult: RemoveItemsResult;
  SearchQueryInput: SearchQueryInput;
  SearchRun: SearchRun;
  SearchWarning: SearchWarning;
  SeedInput: SeedInput;
  SpaceScore: SpaceScore;
  Span: Span;
  StoreReport: StoreReport;
  String: Scalars['String']['output'];
  System: System;
  Track: Track;
  TrackConnection: TrackConnection;
  TrackEdge: TrackEdge;
  TradeOffPoint: TradeOffPoint;
  UpdateItemResult: ResolversUnionTypes<ResolversParentTypes>['UpdateItemResult'];
  ValueCount: ValueCount;
  ValueFilterInput: ValueFilterInput;
  VectorsInput: VectorsInput;
  Video: Video;
  VideoConnection: VideoConnection;
  VideoEdge: VideoEdge;
  VideoHit: VideoHit;
  VideoHitConnection: VideoHitConnection;
  VideoSearch: VideoSearch;
  VideoSearchResult: ResolversUnionTypes<ResolversParentTypes>['VideoSearchResult'];
};

export type AttributeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Attribute'] = ResolversParentTypes['Attribute']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AttributeFacetResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttributeFacet'] = ResolversParentTypes['AttributeFacet']> = {
  isNumber?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  values?: Resolver<Array<ResolversTypes['ValueCount']>, ParentType, ContextType>;
};

export type BundleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Bundle'] = ResolversParentTypes['Bundle']> = {
  balancedAlpha?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  labelField?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  labels?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  profile?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  recommendedAlpha?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  recommendedAlphaRule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  segmentSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  sslDimension?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  supDimension?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  supportsText?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  tradeOff?: Resolver<Array<ResolversTypes['TradeOffPoint']>, ParentType, ContextType>;
};

export type ClipResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Clip'] = ResolversParentTypes['Clip']> = {
  durationSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  failure?: Resolver<Maybe<ResolversTypes['ClipFailure']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  modalities?: Resolver<Array<ResolversTypes['Modality']>, ParentType, ContextType>;
  progress?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['ClipStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ClipFailureResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ClipFailure'] = ResolversParentTypes['ClipFailure']> = {
  code?: Resolver<ResolversTypes['MediaFault'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ClipNotReadyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ClipNotReady'] = ResolversParentTypes['ClipNotReady']> = {
  clip?: Resolver<ResolversTypes['Clip'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeleteClipResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeleteClipResult'] = ResolversParentTypes['DeleteClipResult']> = {
  deletedClipId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type DeviceReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeviceReport'] = ResolversParentTypes['DeviceReport']> = {
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requested?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  used?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
};

export type FacetsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Facets'] = ResolversParentTypes['Facets']> = {
  attributes?: Resolver<Array<ResolversTypes['AttributeFacet']>, ParentType, ContextType, RequireFields<FacetsAttributesArgs, 'first'>>;
  genres?: Resolver<Array<ResolversTypes['ValueCount']>, ParentType, ContextType, RequireFields<FacetsGenresArgs, 'first'>>;
};

export type ItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Item'] = ResolversParentTypes['Item']> = {
  __resolveType: TypeResolveFn<'Track' | 'Video', ParentType, ContextType>;
};

export type LimitsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Limits'] = ResolversParentTypes['Limits']> = {
  maxClipSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  maxFirst?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxRank?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxSearchesPerRequest?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxSeeds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxSpaceRank?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxUploadBytes?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type MediaNotFoundResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MediaNotFound'] = ResolversParentTypes['MediaNotFound']> = {
  mediaId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MusicHitResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MusicHit'] = ResolversParentTypes['MusicHit']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  matchedSpan?: Resolver<ResolversTypes['Span'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Track'], ParentType, ContextType>;
  rank?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  score?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  ssl?: Resolver<ResolversTypes['SpaceScore'], ParentType, ContextType>;
  sup?: Resolver<ResolversTypes['SpaceScore'], ParentType, ContextType>;
};

export type MusicHitConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MusicHitConnection'] = ResolversParentTypes['MusicHitConnection']> = {
  edges?: Resolver<Array<ResolversTypes['MusicHit']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['SearchRun'], ParentType, ContextType>;
};

export type MusicSearchResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MusicSearch'] = ResolversParentTypes['MusicSearch']> = {
  alpha?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  bundleId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  by?: Resolver<Maybe<ResolversTypes['Modality']>, ParentType, ContextType>;
  facets?: Resolver<Maybe<ResolversTypes['Facets']>, ParentType, ContextType>;
  hits?: Resolver<ResolversTypes['MusicHitConnection'], ParentType, ContextType, RequireFields<MusicSearchHitsArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  querySpan?: Resolver<Maybe<ResolversTypes['Span']>, ParentType, ContextType>;
  scoring?: Resolver<ResolversTypes['Scoring'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<Array<ResolversTypes['SearchWarning']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MusicSearchResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MusicSearchResult'] = ResolversParentTypes['MusicSearchResult']> = {
  __resolveType: TypeResolveFn<'ClipNotReady' | 'MediaNotFound' | 'MusicSearch' | 'QueryNotSupported', ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  deleteClip?: Resolver<ResolversTypes['DeleteClipResult'], ParentType, ContextType, RequireFields<MutationDeleteClipArgs, 'id'>>;
  removeItems?: Resolver<ResolversTypes['RemoveItemsResult'], ParentType, ContextType, RequireFields<MutationRemoveItemsArgs, 'ids'>>;
  updateItem?: Resolver<ResolversTypes['UpdateItemResult'], ParentType, ContextType, RequireFields<MutationUpdateItemArgs, 'changes' | 'id'>>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Clip' | 'Track' | 'Video', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ProblemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Problem'] = ResolversParentTypes['Problem']> = {
  __resolveType: TypeResolveFn<'ClipNotReady' | 'MediaNotFound' | 'QueryNotSupported', ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  clip?: Resolver<Maybe<ResolversTypes['Clip']>, ParentType, ContextType, RequireFields<QueryClipArgs, 'id'>>;
  facets?: Resolver<ResolversTypes['Facets'], ParentType, ContextType, RequireFields<QueryFacetsArgs, 'of'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  searchMusic?: Resolver<Maybe<ResolversTypes['MusicSearchResult']>, ParentType, ContextType, RequireFields<QuerySearchMusicArgs, 'query' | 'scoring'>>;
  searchVideos?: Resolver<Maybe<ResolversTypes['VideoSearchResult']>, ParentType, ContextType, RequireFields<QuerySearchVideosArgs, 'query' | 'scoring'>>;
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  track?: Resolver<Maybe<ResolversTypes['Track']>, ParentType, ContextType, RequireFields<QueryTrackArgs, 'id'>>;
  tracks?: Resolver<ResolversTypes['TrackConnection'], ParentType, ContextType, RequireFields<QueryTracksArgs, 'first'>>;
  video?: Resolver<Maybe<ResolversTypes['Video']>, ParentType, ContextType, RequireFields<QueryVideoArgs, 'id'>>;
  videos?: Resolver<ResolversTypes['VideoConnection'], ParentType, ContextType, RequireFields<QueryVideosArgs, 'first'>>;
};

export type QueryNotSupportedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QueryNotSupported'] = ResolversParentTypes['QueryNotSupported']> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RemoveItemsResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RemoveItemsResult'] = ResolversParentTypes['RemoveItemsResult']> = {
  notFoundIds?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
  removedIds?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type SearchRunResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SearchRun'] = ResolversParentTypes['SearchRun']> = {
  device?: Resolver<Maybe<ResolversTypes['Device']>, ParentType, ContextType>;
  embedMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  exact?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  searchMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  store?: Resolver<ResolversTypes['StoreKind'], ParentType, ContextType>;
};

export type SearchWarningResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SearchWarning'] = ResolversParentTypes['SearchWarning']> = {
  code?: Resolver<ResolversTypes['SearchWarningCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  suggestions?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SpaceScoreResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SpaceScore'] = ResolversParentTypes['SpaceScore']> = {
  rank?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  similarity?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type SpanResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Span'] = ResolversParentTypes['Span']> = {
  endSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  startSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type StoreReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StoreReport'] = ResolversParentTypes['StoreReport']> = {
  kind?: Resolver<ResolversTypes['StoreKind'], ParentType, ContextType>;
  segments?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tracks?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  videos?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SystemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['System'] = ResolversParentTypes['System']> = {
  bundle?: Resolver<ResolversTypes['Bundle'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['DeviceReport'], ParentType, ContextType>;
  limits?: Resolver<ResolversTypes['Limits'], ParentType, ContextType>;
  store?: Resolver<ResolversTypes['StoreReport'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TrackResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Track'] = ResolversParentTypes['Track']> = {
  addedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  artist?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  attributes?: Resolver<Array<ResolversTypes['Attribute']>, ParentType, ContextType>;
  durationSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  genres?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  matchingVideos?: Resolver<Maybe<ResolversTypes['VideoSearch']>, ParentType, ContextType, RequireFields<TrackMatchingVideosArgs, 'scoring'>>;
  mediaUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  peaks?: Resolver<Array<ResolversTypes['Int']>, ParentType, ContextType, RequireFields<TrackPeaksArgs, 'count'>>;
  similarTracks?: Resolver<Maybe<ResolversTypes['MusicSearch']>, ParentType, ContextType, RequireFields<TrackSimilarTracksArgs, 'scoring'>>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TrackConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TrackConnection'] = ResolversParentTypes['TrackConnection']> = {
  edges?: Resolver<Array<ResolversTypes['TrackEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TrackEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TrackEdge'] = ResolversParentTypes['TrackEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Track'], ParentType, ContextType>;
};

export type TradeOffPointResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TradeOffPoint'] = ResolversParentTypes['TradeOffPoint']> = {
  alpha?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  direction?: Resolver<ResolversTypes['SearchDirection'], ParentType, ContextType>;
  labelPrecisionAt10?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  pairRecallAt10?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type UpdateItemResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UpdateItemResult'] = ResolversParentTypes['UpdateItemResult']> = {
  __resolveType: TypeResolveFn<'MediaNotFound' | 'Track' | 'Video', ParentType, ContextType>;
};

export type ValueCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ValueCount'] = ResolversParentTypes['ValueCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type VideoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Video'] = ResolversParentTypes['Video']> = {
  addedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attributes?: Resolver<Array<ResolversTypes['Attribute']>, ParentType, ContextType>;
  durationSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  genres?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  matchingMusic?: Resolver<Maybe<ResolversTypes['MusicSearch']>, ParentType, ContextType, RequireFields<VideoMatchingMusicArgs, 'scoring'>>;
  mediaUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  pairedTrack?: Resolver<Maybe<ResolversTypes['Track']>, ParentType, ContextType>;
  similarVideos?: Resolver<Maybe<ResolversTypes['VideoSearch']>, ParentType, ContextType, RequireFields<VideoSimilarVideosArgs, 'scoring'>>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  thumbnailUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type VideoConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoConnection'] = ResolversParentTypes['VideoConnection']> = {
  edges?: Resolver<Array<ResolversTypes['VideoEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type VideoEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoEdge'] = ResolversParentTypes['VideoEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Video'], ParentType, ContextType>;
};

export type VideoHitResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoHit'] = ResolversParentTypes['VideoHit']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  matchedSpan?: Resolver<ResolversTypes['Span'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Video'], ParentType, ContextType>;
  rank?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  score?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  ssl?: Resolver<ResolversTypes['SpaceScore'], ParentType, ContextType>;
  sup?: Resolver<ResolversTypes['SpaceScore'], ParentType, ContextType>;
};

export type VideoHitConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoHitConnection'] = ResolversParentTypes['VideoHitConnection']> = {
  edges?: Resolver<Array<ResolversTypes['VideoHit']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['SearchRun'], ParentType, ContextType>;
};

export type VideoSearchResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoSearch'] = ResolversParentTypes['VideoSearch']> = {
  alpha?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  bundleId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  by?: Resolver<Maybe<ResolversTypes['Modality']>, ParentType, ContextType>;
  facets?: Resolver<Maybe<ResolversTypes['Facets']>, ParentType, ContextType>;
  hits?: Resolver<ResolversTypes['VideoHitConnection'], ParentType, ContextType, RequireFields<VideoSearchHitsArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  querySpan?: Resolver<Maybe<ResolversTypes['Span']>, ParentType, ContextType>;
  scoring?: Resolver<ResolversTypes['Scoring'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  warnings?: Resolver<Array<ResolversTypes['SearchWarning']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type VideoSearchResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VideoSearchResult'] = ResolversParentTypes['VideoSearchResult']> = {
  __resolveType: TypeResolveFn<'ClipNotReady' | 'MediaNotFound' | 'QueryNotSupported' | 'VideoSearch', ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Attribute?: AttributeResolvers<ContextType>;
  AttributeFacet?: AttributeFacetResolvers<ContextType>;
  Bundle?: BundleResolvers<ContextType>;
  Clip?: ClipResolvers<ContextType>;
  ClipFailure?: ClipFailureResolvers<ContextType>;
  ClipNotReady?: ClipNotReadyResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DeleteClipResult?: DeleteClipResultResolvers<ContextType>;
  DeviceReport?: DeviceReportResolvers<ContextType>;
  Facets?: FacetsResolvers<ContextType>;
  Item?: ItemResolvers<ContextType>;
  Limits?: LimitsResolvers<ContextType>;
  MediaNotFound?: MediaNotFoundResolvers<ContextType>;
  MusicHit?: MusicHitResolvers<ContextType>;
  MusicHitConnection?: MusicHitConnectionResolvers<ContextType>;
  MusicSearch?: MusicSearchResolvers<ContextType>;
  MusicSearchResult?: MusicSearchResultResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Problem?: ProblemResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  QueryNotSupported?: QueryNotSupportedResolvers<ContextType>;
  RemoveItemsResult?: RemoveItemsResultResolvers<ContextType>;
  SearchRun?: SearchRunResolvers<ContextType>;
  SearchWarning?: SearchWarningResolvers<ContextType>;
  SpaceScore?: SpaceScoreResolvers<ContextType>;
  Span?: SpanResolvers<ContextType>;
  StoreReport?: StoreReportResolvers<ContextType>;
  System?: SystemResolvers<ContextType>;
  Track?: TrackResolvers<ContextType>;
  TrackConnection?: TrackConnectionResolvers<ContextType>;
  TrackEdge?: TrackEdgeResolvers<ContextType>;
  TradeOffPoint?: TradeOffPointResolvers<ContextType>;
  UpdateItemResult?: UpdateItemResultResolvers<ContextType>;
  ValueCount?: ValueCountResolvers<ContextType>;
  Video?: VideoResolvers<ContextType>;
  VideoConnection?: VideoConnectionResolvers<ContextType>;
  VideoEdge?: VideoEdgeResolvers<ContextType>;
  VideoHit?: VideoHitResolvers<ContextType>;
  VideoHitConnection?: VideoHitConnectionResolvers<ContextType>;
  VideoSearch?: VideoSearchResolvers<ContextType>;
  VideoSearchResult?: VideoSearchResultResolvers<ContextType>;
};

