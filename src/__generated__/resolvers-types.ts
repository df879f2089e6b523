import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { BundleSource, ClipSource, ClipNotReadySource, FacetsSource, MediaNotFoundSource, HitSource, HitConnectionSource, SearchSource, QueryNotSupportedSource, SpaceScoreSource, SystemSource, ItemSource, ItemConnectionSource } from '../graphql/mappers.ts';
import type { Context } from '../graphql/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant, ISO 8601 in UTC with milliseconds, such as 2026-01-31T09:00:00.000Z. */
  DateTime: { input: Date; output: Date | string; }
};

/** One value of a further column of library.csv. */
export type Attribute = {
  __typename?: 'Attribute';
  /** The column's name. */
  name: Scalars['String']['output'];
  /** The value as text, also where the column holds numbers. */
  value: Scalars['String']['output'];
};

/** One further column of library.csv. */
export type AttributeFacet = {
  __typename?: 'AttributeFacet';
  /** True where every value in the library is a number, so that a filter may name a range. */
  isNumber: Scalars['Boolean']['output'];
  /** The column's name. */
  name: Scalars['String']['output'];
  /** Its values, the most frequent first. */
  values: Array<ValueCount>;
};

/** One attribute: a further column of library.csv. Its conditions are joined by AND. */
export type AttributeFilterInput = {
  /** Carries at least one of these values. */
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  /** The column's name (`facets.attributes` lists them). */
  name: Scalars['String']['input'];
  /** Carries none of these values. */
  none?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only for an attribute whose every value in the library is a number (bpm), else BAD_USER_INPUT. */
  range?: InputMaybe<RangeInput>;
};

/** The trained artefact that made the vectors. */
export type Bundle = {
  __typename?: 'Bundle';
  /** The α at which both spaces weigh the same by the spread of their similarities, from 0 to 1. */
  balancedAlpha: Scalars['Float']['output'];
  /** When it was trained. */
  createdAt: Scalars['DateTime']['output'];
  /** SHA-256 over its heads, backbones, dimensions and rules, in hexadecimal. */
  id: Scalars['ID']['output'];
  /** The column of library.csv that the sup space was trained on. */
  labelField: Scalars['String']['output'];
  /** The labels seen in training, sorted. */
  labels: Array<Scalars['String']['output']>;
  /** The backbones' profile, such as lite. */
  profile: Scalars['String']['output'];
  /** The α that searches take by default, from 0 to 1. */
  recommendedAlpha: Scalars['Float']['output'];
  /** How recommendedAlpha was chosen. */
  recommendedAlphaRule: Scalars['String']['output'];
  /** Length of a segment in seconds. */
  segmentSeconds: Scalars['Float']['output'];
  /** Length of ssl vectors. */
  sslDimension: Scalars['Int']['output'];
  /** Length of sup vectors. */
  supDimension: Scalars['Int']['output'];
  /** Whether a query may be text. */
  supportsText: Scalars['Boolean']['output'];
  /** The held-out curves; empty where the library had no held-out split. */
  tradeOff: Array<TradeOffPoint>;
};

/** Media uploaded as a query (POST /clips). Its bytes are dropped once it is embedded; its vectors expire. */
export type Clip = Node & {
  __typename?: 'Clip';
  /** Length in seconds, once it is known. */
  durationSeconds?: Maybe<Scalars['Float']['output']>;
  /** When it is forgotten. */
  expiresAt: Scalars['DateTime']['output'];
  /** Why it FAILED; else null. */
  failure?: Maybe<ClipFailure>;
  /** `clip_` and 128 random bits: to know it is the right to use it. */
  id: Scalars['ID']['output'];
  /** What it holds that can be searched with: VIDEO from its frames, MUSIC from its sound. Empty until READY. */
  modalities: Array<Modality>;
  /** From 0 to 1 while processing; 1 once READY, 0 where it FAILED. */
  progress: Scalars['Float']['output'];
  /** How far it is. */
  status: ClipStatus;
};

/** Why a clip could not be read. */
export type ClipFailure = {
  __typename?: 'ClipFailure';
  /** The kind of fault. */
  code: MediaFault;
  /** The fault in a sentence for people. */
  message: Scalars['String']['output'];
};

/** The clip is PROCESSING or FAILED; its own fields say which, how far and why. */
export type ClipNotReady = Problem & {
  __typename?: 'ClipNotReady';
  /** The clip. */
  clip: Clip;
  /** Says which of these it is. */
  message: Scalars['String']['output'];
};

/** How far a clip is. */
export type ClipStatus =
  /** It could not be read; `failure` says why. */
  | 'FAILED'
  /** It is being read; ask again in a moment. */
  | 'PROCESSING'
  /** It can be searched with. */
  | 'READY';

/** What deleteClip did. */
export type DeleteClipResult = {
  __typename?: 'DeleteClipResult';
  /** The clip's id; null where there was none. */
  deletedClipId?: Maybe<Scalars['ID']['output']>;
};

/** What networks run on. */
export type Device =
  /** The processor. */
  | 'CPU'
  /** An NVIDIA GPU. */
  | 'CUDA'
  /** A GPU by way of WebGPU. */
  | 'WEBGPU';

/** What was asked for and what really runs. */
export type DeviceReport = {
  __typename?: 'DeviceReport';
  /** The device's own name, where it can be told. */
  name?: Maybe<Scalars['String']['output']>;
  /** The setting DEVICE: auto, cuda, webgpu or cpu. */
  requested: Scalars['String']['output'];
  /** What a warm-up run was really computed on. */
  used: Device;
};

/** Counts of items, not of segments, over everything the filter lets through. */
export type Facets = {
  __typename?: 'Facets';
  /** The library's further columns. */
  attributes: Array<AttributeFacet>;
  /** Genres, the most frequent first. */
  genres: Array<ValueCount>;
};


/** Counts of items, not of segments, over everything the filter lets through. */
export type FacetsAttributesArgs = {
  first: Scalars['Int']['input'];
  names?: InputMaybe<Array<Scalars['String']['input']>>;
};


/** Counts of items, not of segments, over everything the filter lets through. */
export type FacetsGenresArgs = {
  first: Scalars['Int']['input'];
};

/**
 * Genres, spelled as in the library (`facets.genres` lists them). The three are joined by AND. A value that no item
 * carries matches nothing; the search's `warnings` name it with the nearest legal values.
 */
export type GenreFilterInput = {
  /** Carries every one of these. */
  all?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Carries at least one of these. */
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Carries none of these. */
  none?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Ids of items. Both are joined by AND. */
export type IdFilterInput = {
  /** Only these. */
  any?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** All but these. */
  none?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** A track or a video in the library. */
export type Item = {
  /** When it was first indexed. */
  addedAt: Scalars['DateTime']['output'];
  /** The library's further columns; one with several values has an entry for each. */
  attributes: Array<Attribute>;
  /** Length in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Its labels; empty where it is unlabelled. */
  genres: Array<Scalars['String']['output']>;
  /** As in library.csv. */
  id: Scalars['ID']['output'];
  /** Where the media can be played, or null when the server does not serve media. */
  mediaUrl?: Maybe<Scalars['String']['output']>;
  /** The film, album or recording it was cut from. */
  source?: Maybe<Scalars['String']['output']>;
  /** Its title; by default the file's name without its ending. */
  title: Scalars['String']['output'];
};

/**
 * What to change of an item. Absent or null leaves a field as it is. Edits outlive re-indexing: library.csv does not
 * overwrite them.
 */
export type ItemChangesInput = {
  /** 1 to 500 characters. */
  artist?: InputMaybe<Scalars['String']['input']>;
  /** All the genres that the item has from now on: at most 50 of 1 to 100 characters. An empty list leaves it unlabelled. */
  genres?: InputMaybe<Array<Scalars['String']['input']>>;
  /** 1 to 500 characters. */
  title?: InputMaybe<Scalars['String']['input']>;
};

/**
 * Which items. Fields of one object are joined by AND. What holds no condition (an empty list, an empty object, null)
 * restricts nothing, also inside `or` and `not`. Contradictions are no error: they match nothing. At most 8
 * levels deep and 1,000 values in all.
 */
export type ItemFilterInput = {
  /** All of these hold. */
  and?: InputMaybe<Array<ItemFilterInput>>;
  /** By artist, spelled as in the library. Items without one carry no value. */
  artists?: InputMaybe<ValueFilterInput>;
  /** By the library's further columns; several are joined by AND. */
  attributes?: InputMaybe<Array<AttributeFilterInput>>;
  /** By length in seconds. */
  durationSeconds?: InputMaybe<RangeInput>;
  /** By genre. */
  genres?: InputMaybe<GenreFilterInput>;
  /** By id. */
  ids?: InputMaybe<IdFilterInput>;
  /** This does not hold. */
  not?: InputMaybe<ItemFilterInput>;
  /** At least one of these holds. */
  or?: InputMaybe<Array<ItemFilterInput>>;
  /** By source (the film, album or recording an item was cut from), spelled as in the library. */
  sources?: InputMaybe<ValueFilterInput>;
  /** Every word starts a word of the title or the artist, whatever its case: `mil dav` finds Miles Davis. */
  words?: InputMaybe<Scalars['String']['input']>;
};

/** Bounds of one request. */
export type Limits = {
  __typename?: 'Limits';
  /** Length of a clip in seconds. */
  maxClipSeconds: Scalars['Float']['output'];
  /** Hits or items of one page. */
  maxFirst: Scalars['Int']['output'];
  /** The rank at which pages end. Every page costs the same, so this spares callers, not the server: cursors are not signed. */
  maxRank: Scalars['Int']['output'];
  /** Searches of one operation, counted as QUERY_TOO_COSTLY says. */
  maxSearchesPerRequest: Scalars['Int']['output'];
  /** Seeds of one query. */
  maxSeeds: Scalars['Int']['output'];
  /** The last rank that SpaceScore.rank reports. */
  maxSpaceRank: Scalars['Int']['output'];
  /** Bytes of an upload. */
  maxUploadBytes: Scalars['Float']['output'];
};

/** What can be wrong with a piece of media. */
export type MediaFault =
  /** It is cut off or damaged. */
  | 'CORRUPT_MEDIA'
  /** The server stopped or failed while it was being read: upload it again. */
  | 'INTERRUPTED'
  /** It was declared as music and has no sound. */
  | 'NO_AUDIO'
  /** It was declared as a video and has no pictures. */
  | 'NO_VIDEO'
  /** It took too long to read. */
  | 'TIMED_OUT'
  /** It has more bytes than system.limits.maxUploadBytes, or its frames are too large. */
  | 'TOO_LARGE'
  /** It is longer than system.limits.maxClipSeconds. */
  | 'TOO_LONG'
  /** No sound or video that can be decoded, whatever its name says. */
  | 'UNSUPPORTED_MEDIA';

/**
 * A piece of media and the part of it to search with. Every segment that overlaps the window counts, and their mean is
 * the query; `querySpan` tells which part that was.
 */
export type MediaInput = {
  /**
   * VIDEO searches with the pictures, MUSIC with the sound. By default the side that is not sought where the media
   * holds it, else the side it holds. Naming one that it lacks is QueryNotSupported; an indexed video holds VIDEO only.
   */
  by?: InputMaybe<Modality>;
  /**
   * End of the window in seconds from the file's start, greater than startSeconds. By default the end. A window that
   * overlaps no segment is BAD_USER_INPUT.
   */
  endSeconds?: InputMaybe<Scalars['Float']['input']>;
  /** The id of a track, a video or a clip. An unknown or expired one is MediaNotFound. */
  id: Scalars['ID']['input'];
  /** Start of the window in seconds from the file's start, at least 0. By default the start. */
  startSeconds?: InputMaybe<Scalars['Float']['input']>;
};

/** No such id, or the clip has expired, or it was read for another bundle's backbones and has to be uploaded again. */
export type MediaNotFound = Problem & {
  __typename?: 'MediaNotFound';
  /** The id that was asked for. */
  mediaId: Scalars['ID']['output'];
  /** Says which of these it is. */
  message: Scalars['String']['output'];
};

/** What something holds, or is searched by. */
export type Modality =
  /** Sound. Tracks are MUSIC; a clip with a sound track holds it too. */
  | 'MUSIC'
  /** Pictures. Indexed videos are VIDEO and nothing else; a clip with pictures holds it too. */
  | 'VIDEO';

/** A track that was found, by its best segment. */
export type MusicHit = {
  __typename?: 'MusicHit';
  /** Where to go on behind this hit: an argument `after`. */
  cursor: Scalars['String']['output'];
  /** The segment that matched best. */
  matchedSpan: Span;
  /** The track. */
  node: Track;
  /** Its place in the whole result, from 1, over all pages. */
  rank: Scalars['Int']['output'];
  /** From −1 to 1, by the search's scoring and α. An item scores as its best segment does. */
  score: Scalars['Float']['output'];
  /** What it has in the space of what goes together. */
  ssl: SpaceScore;
  /** What it has in the space of what carries the same label. */
  sup: SpaceScore;
};

/** One page of a search for tracks. */
export type MusicHitConnection = {
  __typename?: 'MusicHitConnection';
  /** The hits, best first. */
  edges: Array<MusicHit>;
  /** Whether and where it goes on. The last page ends at rank `system.limits.maxRank`. */
  pageInfo: PageInfo;
  /** How this page was computed. */
  run: SearchRun;
};

/** A search for tracks. Select its `hits`; the rest is computed only when selected. */
export type MusicSearch = {
  __typename?: 'MusicSearch';
  /** The α that was used, from 0 to 1. */
  alpha: Scalars['Float']['output'];
  /** The bundle whose vectors were compared. */
  bundleId: Scalars['ID']['output'];
  /** The side of the query media that was used; null for seeds, vectors and text. */
  by?: Maybe<Modality>;
  /** Values of the items that the filter lets through. `genres` counts as if the argument `genres` were absent. Costs one search. */
  facets?: Maybe<Facets>;
  /** One page of tracks, best first; equal scores by id, so pages never repeat, and skip nothing where `run.exact`. Costs one search. */
  hits: MusicHitConnection;
  /** Equal for equal arguments under one bundle, so that caches merge its pages. */
  id: Scalars['ID']['output'];
  /** The part of the query media that was used: from its first segment's start to its last one's end. Null where `by` is. */
  querySpan?: Maybe<Span>;
  /** The scoring that was used. */
  scoring: Scoring;
  /** Items that genres and filter let through, whatever minScore. Costs one search. */
  totalCount?: Maybe<Scalars['Int']['output']>;
  /** Filter values and attributes that no item carries, at most 20. Costs one search. */
  warnings: Array<SearchWarning>;
};


/** A search for tracks. Select its `hits`; the rest is computed only when selected. */
export type MusicSearchHitsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** Hits, or what kept them away. */
export type MusicSearchResult = ClipNotReady | MediaNotFound | MusicSearch | QueryNotSupported;

/** Changes take effect at once: the next search sees them. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Deletes an uploaded clip before it expires. */
  deleteClip: DeleteClipResult;
  /**
   * Removes items from the library that is served. Their files stay, and `index` leaves them out until it runs with
   * `--restore`.
   */
  removeItems: RemoveItemsResult;
  /** Changes labels or title of an indexed item at once, without embedding it again. */
  updateItem: UpdateItemResult;
};


/** Changes take effect at once: the next search sees them. */
export type MutationDeleteClipArgs = {
  id: Scalars['ID']['input'];
};


/** Changes take effect at once: the next search sees them. */
export type MutationRemoveItemsArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Changes take effect at once: the next search sees them. */
export type MutationUpdateItemArgs = {
  changes: ItemChangesInput;
  id: Scalars['ID']['input'];
};

/** Whatever has an id: tracks, videos and clips share one space of ids. */
export type Node = {
  /** Unique over tracks, videos and clips. */
  id: Scalars['ID']['output'];
};

/** Relay's page information. Pages run forwards only. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** The last edge's cursor: the argument `after` of the next page. Null on an empty page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether a page follows. */
  hasNextPage: Scalars['Boolean']['output'];
  /** True where this page continues another (`after` was given). */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The first edge's cursor; null on an empty page. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** What kept a request from an answer, as a type. New kinds may come: always select ... on Problem { message }. */
export type Problem = {
  /** The problem in a sentence for people. */
  message: Scalars['String']['output'];
};

/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type Query = {
  __typename?: 'Query';
  /** One uploaded clip; null where it is unknown or has expired. */
  clip?: Maybe<Clip>;
  /** The legal values of every filter, with the number of items that carry each. Costs one search. */
  facets: Facets;
  /** Any track, video or clip: they share one space of ids. Null for an unknown id and for an expired clip. */
  node?: Maybe<Node>;
  /**
   * Tracks for a query, best first. Null only together with an entry in errors, so that one failing alias leaves the
   * others. Costs nothing itself: its `hits`, `facets`, `totalCount` and `warnings` do (see QUERY_TOO_COSTLY above).
   */
  searchMusic?: Maybe<MusicSearchResult>;
  /** Videos for a query, best first; otherwise as searchMusic. */
  searchVideos?: Maybe<VideoSearchResult>;
  /** What this server runs: its version, bundle, device, store and limits. */
  system: System;
  /** One track; null where no track has this id. */
  track?: Maybe<Track>;
  /** The library's tracks, in a fixed order, the same on every page; no promise which. Costs one search. */
  tracks: TrackConnection;
  /** One video; null where no video has this id. */
  video?: Maybe<Video>;
  /** The library's videos, in a fixed order, the same on every page; no promise which. Costs one search. */
  videos: VideoConnection;
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryClipArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryFacetsArgs = {
  filter?: InputMaybe<ItemFilterInput>;
  of: Modality;
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QuerySearchMusicArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  query: SearchQueryInput;
  scoring: Scoring;
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QuerySearchVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  query: SearchQueryInput;
  scoring: Scoring;
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryTrackArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryTracksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  first: Scalars['Int']['input'];
  genres?: InputMaybe<GenreFilterInput>;
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryVideoArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Errors carry a code in `extensions.code`:
 *
 * - BAD_USER_INPUT: an argument is wrong; `extensions.argument` names it, such as `query.media.startSeconds`.
 * - CURSOR_EXPIRED: a cursor of a bundle that is no longer loaded; start again from the first page.
 * - QUERY_TOO_COSTLY: nothing of the operation ran, since it asks for more than one request may. Either for more searches
 *   than `system.limits.maxSearchesPerRequest`: `extensions.cost` and `extensions.maxCost` have both numbers. A page
 *   (`hits`, `tracks`, `videos`), a `facets`, a `totalCount` and a `warnings` field count one each, a `hits` field with a
 *   `rank` selected inside `ssl` or `sup` three; each as often as it is repeated, that is, times the `first` of each list
 *   around it. Or for an answer that could have more than 50,000 fields (`extensions.maxFields`): every selection
 *   counts one as often as it is repeated, and so does every value of `peaks`; lists that no argument bounds count
 *   as 10 long.
 * - BUSY: one of the server's queues is full (the device's, or the store's); try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - UNAVAILABLE: the store does not answer, as where its server is away; try again after `extensions.retryAfterMs`
 *   milliseconds.
 * - QUERY_NOT_SUPPORTED, MEDIA_NOT_FOUND: a search inside a track or video met what a search at the top would answer
 *   with a type.
 * - UNAUTHENTICATED: the server wants a key, as `Authorization: Bearer KEY`.
 * - FORBIDDEN: the page's origin, or the host's name, is not one that this server answers.
 * - GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE: the document is not GraphQL or has more
 *   than 5,000 tokens, does not fit this schema, or has no operation of that name.
 * - PERSISTED_QUERY_NOT_FOUND: send the document's text beside its hash.
 * - TOO_LARGE: the request has more than 1 MB.
 * - BAD_REQUEST: HTTP's part of the request is wrong: malformed JSON, no query, a method or content type that a foreign
 *   page could send unasked.
 * - INTERNAL_SERVER_ERROR: the fault is the server's; its log has more under the request's id.
 *
 * Every response has the request's id as `X-Request-Id`, and errors of an operation as `extensions.requestId`.
 */
export type QueryVideosArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  first: Scalars['Int']['input'];
  genres?: InputMaybe<GenreFilterInput>;
};

/** The arguments are right, but this media or the loaded bundle can't answer them. */
export type QueryNotSupported = Problem & {
  __typename?: 'QueryNotSupported';
  /** Says what is missing. */
  message: Scalars['String']['output'];
};

/** From min to max, both included. */
export type RangeInput = {
  /** The greatest value. By default there is no upper bound. */
  max?: InputMaybe<Scalars['Float']['input']>;
  /** The least value. By default there is no lower bound. */
  min?: InputMaybe<Scalars['Float']['input']>;
};

/** What removeItems did. */
export type RemoveItemsResult = {
  __typename?: 'RemoveItemsResult';
  /** Those that were not there. */
  notFoundIds: Array<Scalars['ID']['output']>;
  /** Those that were there and are gone now. */
  removedIds: Array<Scalars['ID']['output']>;
};

/**
 * How the two spaces, ssl (what goes together) and sup (what carries the same label), make one score.
 * Both agree with the one space's own ranking at α = 0 and at α = 1.
 */
export type Scoring =
  /**
   * Cosine of the blended embeddings z = (1−α)·ssl + α·sup, as in the paper. The two similarities don't add up to
   * it. Only for a bundle whose two spaces have one dimension, else QueryNotSupported.
   */
  | 'BLENDED'
  /** (1−α)·ssl + α·sup of the two cosines. A hit's two similarities, so weighted, add up to its score. */
  | 'WEIGHTED';

/** Which way a search goes. */
export type SearchDirection =
  /** Video for a piece of music. */
  | 'MUSIC_TO_VIDEO'
  /** Music for a video. */
  | 'VIDEO_TO_MUSIC';

/** What to search with: exactly one of these. */
export type SearchQueryInput =
  /** An indexed item or an uploaded clip, of either modality. */
  { media: MediaInput; seeds?: never; text?: never; vectors?: never; }
  |  /**
   * Several at once, from 1 to `system.limits.maxSeeds`: the weighted sum of their unit vectors in each space,
   * normalised. A negative weight pushes away; seeds that cancel out are BAD_USER_INPUT.
   */
  { media?: never; seeds: Array<SeedInput>; text?: never; vectors?: never; }
  |  /** Words. Only where system.bundle.supportsText, else QueryNotSupported. */
  { media?: never; seeds?: never; text: Scalars['String']['input']; vectors?: never; }
  |  /** Vectors from elsewhere, in this bundle's spaces (`control-mvr embed` prints such). */
  { media?: never; seeds?: never; text?: never; vectors: VectorsInput; };

/** How this page was computed; device is null where nothing had to be embedded. */
export type SearchRun = {
  __typename?: 'SearchRun';
  /** What projected the clip's features through the heads; null where vectors were there already. */
  device?: Maybe<Device>;
  /** Milliseconds spent on that; 0 where nothing had to be embedded. */
  embedMs: Scalars['Float']['output'];
  /** True where every item was compared; false where an index chose candidates. */
  exact: Scalars['Boolean']['output'];
  /** Milliseconds that the store took, for this and the searches it answered together with it. */
  searchMs: Scalars['Float']['output'];
  /** The kind of store that searched. */
  store: StoreKind;
};

/** Something odd in a filter, which was searched with all the same. */
export type SearchWarning = {
  __typename?: 'SearchWarning';
  /** The kind of oddity. */
  code: SearchWarningCode;
  /** The oddity in a sentence for people. */
  message: Scalars['String']['output'];
  /** Up to three legal ones that are spelled nearest, best first. */
  suggestions: Array<Scalars['String']['output']>;
  /** The value or the attribute's name. */
  value: Scalars['String']['output'];
};

/** What a search found odd. */
export type SearchWarningCode =
  /** No item carries an attribute of this name. */
  | 'UNKNOWN_ATTRIBUTE'
  /** No item carries this value, so it matches nothing. */
  | 'UNKNOWN_VALUE';

/** One of several pieces of media to search with. */
export type SeedInput = {
  /** The piece, with its side and window. */
  media: MediaInput;
  /** Any finite number; negative pushes away. Only its size beside the other weights matters. */
  weight: Scalars['Float']['input'];
};

/** A hit in one space alone. */
export type SpaceScore = {
  __typename?: 'SpaceScore';
  /**
   * The item's rank by this space alone under the same filter, from 1; null past system.limits.maxSpaceRank. Selecting
   * it costs one more search per space, two for the page.
   */
  rank?: Maybe<Scalars['Int']['output']>;
  /**
   * The matched segment's unweighted cosine in this space, from −1 to 1; null where it or the query has no vector there
   * (it then counts as 0).
   */
  similarity?: Maybe<Scalars['Float']['output']>;
};

/** A part of an item or a clip, in seconds from the file's start. */
export type Span = {
  __typename?: 'Span';
  /** Where it ends, in seconds. */
  endSeconds: Scalars['Float']['output'];
  /** Where it starts, in seconds. */
  startSeconds: Scalars['Float']['output'];
};

/** Where the vectors live. */
export type StoreKind =
  /** In the server's own folder, searched exactly. */
  | 'EMBEDDED'
  /** In Qdrant. */
  | 'QDRANT';

/** What the store holds. */
export type StoreReport = {
  __typename?: 'StoreReport';
  /** Where the vectors live. */
  kind: StoreKind;
  /** Segments of both: the vectors that a search compares. */
  segments: Scalars['Int']['output'];
  /** Indexed tracks. */
  tracks: Scalars['Int']['output'];
  /** Indexed videos. */
  videos: Scalars['Int']['output'];
};

/** What this server runs. */
export type System = {
  __typename?: 'System';
  /** The loaded bundle: trained heads and how they were judged. */
  bundle: Bundle;
  /** What embeds clips. */
  device: DeviceReport;
  /** Bounds of one request. */
  limits: Limits;
  /** What holds the library. */
  store: StoreReport;
  /** The project's version. */
  version: Scalars['String']['output'];
};

/** A piece of music in the library. */
export type Track = Item & Node & {
  __typename?: 'Track';
  /** When it was first indexed. */
  addedAt: Scalars['DateTime']['output'];
  /** Who plays it, where the library says so. */
  artist?: Maybe<Scalars['String']['output']>;
  /** The library's further columns; one with several values has an entry for each. */
  attributes: Array<Attribute>;
  /** Length in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Its labels; empty where it is unlabelled. */
  genres: Array<Scalars['String']['output']>;
  /** As in library.csv. */
  id: Scalars['ID']['output'];
  /** Videos that this track fits: searchVideos with it. */
  matchingVideos?: Maybe<VideoSearch>;
  /** Where the sound can be played, or null when the server does not serve media. */
  mediaUrl?: Maybe<Scalars['String']['output']>;
  /** Loudness from 0 to 100 at equal steps: what a waveform is drawn from. Empty where none was stored. */
  peaks: Array<Scalars['Int']['output']>;
  /** Tracks like this one: searchMusic with it. The track itself is left out. */
  similarTracks?: Maybe<MusicSearch>;
  /** The album or recording it was cut from. */
  source?: Maybe<Scalars['String']['output']>;
  /** Its title; by default the file's name without its ending. */
  title: Scalars['String']['output'];
};


/** A piece of music in the library. */
export type TrackMatchingVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring: Scoring;
};


/** A piece of music in the library. */
export type TrackPeaksArgs = {
  count: Scalars['Int']['input'];
};


/** A piece of music in the library. */
export type TrackSimilarTracksArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring: Scoring;
};

/** One page of the library's tracks. */
export type TrackConnection = {
  __typename?: 'TrackConnection';
  /** The tracks in order. */
  edges: Array<TrackEdge>;
  /** Whether and where it goes on. */
  pageInfo: PageInfo;
  /** Tracks on all pages. Costs one search. */
  totalCount: Scalars['Int']['output'];
};

/** A track's place in a list. */
export type TrackEdge = {
  __typename?: 'TrackEdge';
  /** Where to go on behind it: an argument `after`. */
  cursor: Scalars['String']['output'];
  /** The track. */
  node: Track;
};

/** One point of the held-out curves: what a frontend draws under its α slider. */
export type TradeOffPoint = {
  __typename?: 'TradeOffPoint';
  /** From 0 to 1. */
  alpha: Scalars['Float']['output'];
  /** Which way was searched. */
  direction: SearchDirection;
  /** The mean fraction of the first 10 hits, from 0 to 1, that share a label with the query; null where it can't be measured. */
  labelPrecisionAt10?: Maybe<Scalars['Float']['output']>;
  /** The fraction of queries, from 0 to 1, whose own partner was among the first 10 hits; null where it can't be measured. */
  pairRecallAt10?: Maybe<Scalars['Float']['output']>;
};

/** The changed item, or that there is none. */
export type UpdateItemResult = MediaNotFound | Track | Video;

/** A value and how many items carry it. */
export type ValueCount = {
  __typename?: 'ValueCount';
  /** Items that carry it. */
  count: Scalars['Int']['output'];
  /** The value as text. */
  value: Scalars['String']['output'];
};

/** Values, spelled as in the library. Both are joined by AND. */
export type ValueFilterInput = {
  /** Carries at least one of these. */
  any?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Carries none of these. */
  none?: InputMaybe<Array<Scalars['String']['input']>>;
};

/**
 * One vector per space, of any length but 0: the server normalises them. One may be left out at the end of α that does
 * not use it: sup at α = 0, ssl at α = 1.
 */
export type VectorsInput = {
  /** system.bundle.sslDimension finite numbers. */
  ssl?: InputMaybe<Array<Scalars['Float']['input']>>;
  /** system.bundle.supDimension finite numbers. */
  sup?: InputMaybe<Array<Scalars['Float']['input']>>;
};

/** A video in the library. It is searched, and found, by its pictures alone. */
export type Video = Item & Node & {
  __typename?: 'Video';
  /** When it was first indexed. */
  addedAt: Scalars['DateTime']['output'];
  /** The library's further columns; one with several values has an entry for each. */
  attributes: Array<Attribute>;
  /** Length in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Its own labels, else those of its paired track; empty where it is unlabelled. */
  genres: Array<Scalars['String']['output']>;
  /** As in library.csv. */
  id: Scalars['ID']['output'];
  /** Music that fits this video: searchMusic with its pictures. */
  matchingMusic?: Maybe<MusicSearch>;
  /** Where the video can be played, or null when the server does not serve media. */
  mediaUrl?: Maybe<Scalars['String']['output']>;
  /**
   * The track it is paired with in the library. Without one it is the video's own sound, where that was indexed
   * (`index --soundtracks`). Null where neither is there.
   */
  pairedTrack?: Maybe<Track>;
  /** Videos like this one: searchVideos with it. The video itself is left out. */
  similarVideos?: Maybe<VideoSearch>;
  /** The film or recording it was cut from. */
  source?: Maybe<Scalars['String']['output']>;
  /** A still as JPEG, or null where there is none. */
  thumbnailUrl?: Maybe<Scalars['String']['output']>;
  /** Its title; by default the file's name without its ending. */
  title: Scalars['String']['output'];
};


/** A video in the library. It is searched, and found, by its pictures alone. */
export type VideoMatchingMusicArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring: Scoring;
};


/** A video in the library. It is searched, and found, by its pictures alone. */
export type VideoSimilarVideosArgs = {
  alpha?: InputMaybe<Scalars['Float']['input']>;
  filter?: InputMaybe<ItemFilterInput>;
  genres?: InputMaybe<GenreFilterInput>;
  minScore?: InputMaybe<Scalars['Float']['input']>;
  scoring: Scoring;
};

/** One page of the library's videos. */
export type VideoConnection = {
  __typename?: 'VideoConnection';
  /** The videos in order. */
  edges: Array<VideoEdge>;
  /** Whether and where it goes on. */
  pageInfo: PageInfo;
  /** Videos on all pages. Costs one search. */
  totalCount: Scalars['Int']['output'];
};

/** A video's place in a list. */
export type VideoEdge = {
  __typename?: 'VideoEdge';
  /** Where to go on behind it: an argument `after`. */
  cursor: Scalars['String']['output'];
  /** The video. */
  node: Video;
};

/** A video that was found, by its best segment. */
export type VideoHit = {
  __typename?: 'VideoHit';
  /** Where to go on behind this hit: an argument `after`. */
  cursor: Scalars['String']['output'];
  /** The segment that matched best. */
  matchedSpan: Span;
  /** The video. */
  node: Video;
  /** Its place in the whole result, from 1, over all pages. */
  rank: Scalars['Int']['output'];
  /** From −1 to 1, by the search's scoring and α. An item scores as its best segment does. */
  score: Scalars['Float']['output'];
  /** What it has in the space of what goes together. */
  ssl: SpaceScore;
  /** What it has in the space of what carries the same label. */
  sup: SpaceScore;
};

/** One page of a search for videos. */
export type VideoHitConnection = {
  __typename?: 'VideoHitConnection';
  /** The hits, best first. */
  edges: Array<VideoHit>;
  /** Whether and where it goes on. The last page ends at rank `system.limits.maxRank`. */
  pageInfo: PageInfo;
  /** How this page was computed. */
  run: SearchRun;
};

/** A search for videos. Select its `hits`; the rest is computed only when selected. */
export type VideoSearch = {
  __typename?: 'VideoSearch';
  /** The α that was used, from 0 to 1. */
  alpha: Scalars['Float']['output'];
  /** The bundle whose vectors were compared. */
  bundleId: Scalars['ID']['output'];
  /** The side of the query media that was used; null for seeds, vectors and text. */
  by?: Maybe<Modality>;
  /** Values of the items that the filter lets through. `genres` counts as if the argument `genres` were absent. Costs one search. */
  facets?: Maybe<Facets>;
  /** One page of videos, best first; equal scores by id, so pages never repeat, and skip nothing where `run.exact`. Costs one search. */
  hits: VideoHitConnection;
  /** Equal for equal arguments under one bundle, so that caches merge its pages. */
  id: Scalars['ID']['output'];
  /** The part of the query media that was used: from its first segment's start to its last one's end. Null where `by` is. */
  querySpan?: Maybe<Span>;
  /** The scoring that was used. */
  scoring: Scoring;
  /** Items that genres and filter let through, whatever minScore. Costs one search. */
  totalCount?: Maybe<Scalars['Int']['output']>;
  /** Filter values and attributes that no item carries, at most 20. Costs one search. */
  warnings: Array<SearchWarning>;
};


/** A search for videos. Select its `hits`; the rest is computed only when selected. */
export type VideoSearchHitsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** Hits, or what kept them away. */
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
    | ( ClipNotReadySource )
    | ( MediaNotFoundSource )
    | ( SearchSource )
    | ( QueryNotSupportedSource )
  ;
  UpdateItemResult:
    | ( MediaNotFoundSource )
    | ( ItemSource )
    | ( ItemSource )
  ;
  VideoSearchResult:
    | ( ClipNotReadySource )
    | ( MediaNotFoundSource )
    | ( QueryNotSupportedSource )
    | ( SearchSource )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Item:
    | ( ItemSource )
    | ( ItemSource )
  ;
  Node:
    | ( ClipSource )
    | ( ItemSource )
    | ( ItemSource )
  ;
  Problem:
    | ( ClipNotReadySource )
    | ( MediaNotFoundSource )
    | ( QueryNotSupportedSource )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Attribute: ResolverTypeWrapper<Attribute>;
  AttributeFacet: ResolverTypeWrapper<AttributeFacet>;
  AttributeFilterInput: AttributeFilterInput;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Bundle: ResolverTypeWrapper<BundleSource>;
  Clip: ResolverTypeWrapper<ClipSource>;
  ClipFailure: ResolverTypeWrapper<ClipFailure>;
  ClipNotReady: ResolverTypeWrapper<ClipNotReadySource>;
  ClipStatus: ClipStatus;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteClipResult: ResolverTypeWrapper<DeleteClipResult>;
  Device: Device;
  DeviceReport: ResolverTypeWrapper<DeviceReport>;
  Facets: ResolverTypeWrapper<FacetsSource>;
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
  MediaNotFound: ResolverTypeWrapper<MediaNotFoundSource>;
  Modality: Modality;
  MusicHit: ResolverTypeWrapper<HitSource>;
  MusicHitConnection: ResolverTypeWrapper<HitConnectionSource>;
  MusicSearch: ResolverTypeWrapper<SearchSource>;
  MusicSearchResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['MusicSearchResult']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Problem: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Problem']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QueryNotSupported: ResolverTypeWrapper<QueryNotSupportedSource>;
  RangeInput: RangeInput;
  RemoveItemsResult: ResolverTypeWrapper<RemoveItemsResult>;
  Scoring: Scoring;
  SearchDirection: SearchDirection;
  SearchQueryInput: SearchQueryInput;
  SearchRun: ResolverTypeWrapper<SearchRun>;
  SearchWarning: ResolverTypeWrapper<SearchWarning>;
  SearchWarningCode: SearchWarningCode;
  SeedInput: SeedInput;
  SpaceScore: ResolverTypeWrapper<SpaceScoreSource>;
  Span: ResolverTypeWrapper<Span>;
  StoreKind: StoreKind;
  StoreReport: ResolverTypeWrapper<StoreReport>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  System: ResolverTypeWrapper<SystemSource>;
  Track: ResolverTypeWrapper<ItemSource>;
  TrackConnection: ResolverTypeWrapper<ItemConnectionSource>;
  TrackEdge: ResolverTypeWrapper<Omit<TrackEdge, 'node'> & { node: ResolversTypes['Track'] }>;
  TradeOffPoint: ResolverTypeWrapper<TradeOffPoint>;
  UpdateItemResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['UpdateItemResult']>;
  ValueCount: ResolverTypeWrapper<ValueCount>;
  ValueFilterInput: ValueFilterInput;
  VectorsInput: VectorsInput;
  Video: ResolverTypeWrapper<ItemSource>;
  VideoConnection: ResolverTypeWrapper<ItemConnectionSource>;
  VideoEdge: ResolverTypeWrapper<Omit<VideoEdge, 'node'> & { node: ResolversTypes['Video'] }>;
  VideoHit: ResolverTypeWrapper<HitSource>;
  VideoHitConnection: ResolverTypeWrapper<HitConnectionSource>;
  VideoSearch: ResolverTypeWrapper<SearchSource>;
  VideoSearchResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['VideoSearchResult']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Attribute: Attribute;
  AttributeFacet: AttributeFacet;
  AttributeFilterInput: AttributeFilterInput;
  Boolean: Scalars['Boolean']['output'];
  Bundle: BundleSource;
  Clip: ClipSource;
  ClipFailure: ClipFailure;
  ClipNotReady: ClipNotReadySource;
  DateTime: Scalars['DateTime']['output'];
  DeleteClipResult: DeleteClipResult;
  DeviceReport: DeviceReport;
  Facets: FacetsSource;
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
  MediaNotFound: MediaNotFoundSource;
  MusicHit: HitSource;
  MusicHitConnection: HitConnectionSource;
  MusicSearch: SearchSource;
  MusicSearchResult: ResolversUnionTypes<ResolversParentTypes>['MusicSearchResult'];
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfo;
  Problem: ResolversInterfaceTypes<ResolversParentTypes>['Problem'];
  Query: Record<PropertyKey, never>;
  QueryNotSupported: QueryNotSupportedSource;
  RangeInput: RangeInput;
  RemoveItemsResult: RemoveItemsResult;
  SearchQueryInput: SearchQueryInput;
  SearchRun: SearchRun;
  SearchWarning: SearchWarning;
  SeedInput: SeedInput;
  SpaceScore: SpaceScoreSource;
  Span: Span;
  StoreReport: StoreReport;
  String: Scalars['String']['output'];
  System: SystemSource;
  Track: ItemSource;
  TrackConnection: ItemConnectionSource;
  TrackEdge: Omit<TrackEdge, 'node'> & { node: ResolversParentTypes['Track'] };
  TradeOffPoint: TradeOffPoint;
  UpdateItemResult: ResolversUnionTypes<ResolversParentTypes>['UpdateItemResult'];
  ValueCount: ValueCount;
  ValueFilterInput: ValueFilterInput;
  VectorsInput: VectorsInput;
  Video: ItemSource;
  VideoConnection: ItemConnectionSource;
  VideoEdge: Omit<VideoEdge, 'node'> & { node: ResolversParentTypes['Video'] };
  VideoHit: HitSource;
  VideoHitConnection: HitConnectionSource;
  VideoSearch: SearchSource;
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

