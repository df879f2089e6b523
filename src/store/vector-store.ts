import type { SegmentFeatures } from '../backbone/backbone.ts';
import type { Dimensions, SpaceVectors } from '../head/head.ts';
import type { Modality, Span } from '../media/media.ts';
import type { MediaFault } from '../shared/errors.ts';
import { hashString } from '../shared/random.ts';
import type { ItemFilter, ValueField } from './filter.ts';

export type StoreKind = 'EMBEDDED' | 'QDRANT';
/** WEIGHTED: (1−α)·ssl + α·sup. BLENDED: cosine of z = (1−α)·ssl + α·sup. */
export type Scoring = 'WEIGHTED' | 'BLENDED';

/** All that a track or video shows. */
export interface ItemRecord {
  id: string;
  modality: Modality;
  title: string;
  artist: string | null;
  genres: string[];
  attributes: { name: string; value: string }[];
  source: string | null;
  durationSeconds: number;
  /** Instant of the first `index`, ISO 8601 in UTC. */
  addedAt: string;
  /** A video's track, by id; it may not be indexed. */
  pairedWith: string | null;
  /** Where it plays instead of the server's own media route. */
  mediaUrl: string | null;
  /** Absolute path on the machine that indexed it. */
  mediaPath: string;
  hasThumbnail: boolean;
}

/** A segment as it is stored. At least one of its vectors is not null. */
export interface SegmentRecord extends Span, SpaceVectors {}

/** An item with its segments, in order. */
export interface ItemSegments {
  record: ItemRecord;
  segments: SegmentRecord[];
}

/** An item as `index` writes it. */
export interface ItemEntry {
  record: Omit<ItemRecord, 'addedAt' | 'hasThumbnail'>;
  segments: SegmentRecord[];
  /** Loudness from 0 to 100 at equal steps; null where it has no sound of its own. */
  peaks: Uint8Array | null;
  /** JPEG. */
  thumbnail: Uint8Array | null;
  /** Changes when the file, its row or the rule of embedding changes; equal fingerprints need no new entry. */
  fingerprint: string;
}

/**
 * The position of a hit: what a cursor holds. `order` sorts before `score`: 1 where the item lacks the only active
 * space.
 */
export interface HitPosition {
  order: 0 | 1;
  score: number;
  itemId: string;
}

export interface SearchRequest {
  target: Modality;
  /** Unit vectors; null counts as 0 everywhere. */
  query: SpaceVectors;
  /** 0 … 1. */
  alpha: number;
  scoring: Scoring;
  filter: ItemFilter | null;
  /** Items that are left out: the one searched with, seeds. */
  excludeIds: string[];
  minScore: number | null;
  first: number;
  /** Only hits strictly behind this position. */
  after: HitPosition | null;
  /** How many hits there are up to that position, by whoever counted them: it only saves time. */
  afterRank?: number;
}

/** An item by its best segment. Ordered by (order asc, score desc, itemId asc by code unit). */
export interface SearchHit extends HitPosition {
  matchedSpan: Span;
  /** The matched segment's unweighted cosines; null where it or the query has no vector in that space. */
  ssl: number | null;
  sup: number | null;
}

export interface SearchPage {
  hits: SearchHit[];
  /** The hits' items, in their order, as the search saw them. */
  records: ItemRecord[];
  hasNextPage: boolean;
  /** True only where every item was compared. */
  exact: boolean;
  searchMs: number;
}

/** Ranks of items by one space alone, under the filter and exclusions of a search; 1 is best; null past `maxRank`. */
export interface SpaceRankRequest extends Pick<SearchRequest, 'target' | 'query' | 'filter' | 'excludeIds'> {
  itemIds: string[];
  maxRank: number;
}
export interface SpaceRanks {
  ssl: (number | null)[];
  sup: (number | null)[];
}

export interface ItemQuery {
  modality: Modality;
  filter: ItemFilter | null;
  excludeIds: string[];
}
export interface ListRequest extends ItemQuery {
  first: number;
  /** Id of the last item of the page before. */
  after: string | null;
}
export interface ListPage {
  itemIds: string[];
  hasNextPage: boolean;
}

export interface ValueCount {
  value: string;
  count: number;
}
/** Counts of items, by count descending, then value. */
export interface FacetCounts {
  genres: ValueCount[];
  attributes: { name: string; isNumber: boolean; values: ValueCount[] }[];
}

/** What a filter names that no item of the modality has, with what may have been meant. */
export interface UnknownValue {
  /** `attributes` where the value is an attribute's name. */
  field: ValueField | 'attributes';
  value: string;
  /**
   * The values that are spelled nearest, best first, ties by code unit: at most 3, each within an edit distance of a
   * third of the value's length, 1 at least and 5 at most, case aside. None for a value of more than 64 code units.
   */
  suggestions: string[];
}

/** A further column of library.csv. Where it is a number, every value is one. */
export interface AttributeType {
  name: string;
  isNumber: boolean;
}

export interface StoreCounts {
  tracks: number;
  videos: number;
  segments: number;
}

/**
 * One bundle's library, for reading. What a search returns is exact about the order: scores are float64 over the
 * stored float32 vectors, ties go by id, pages neither repeat nor, where `exact`, skip. Writes that were acknowledged,
 * by this process or another, are seen by the next call. Calls reject with a BusyError while too many are waiting.
 */
export interface Edition {
  readonly bundleId: string;
  /** Answers many searches with as few passes over the vectors as possible. A fault in one rejects all. */
  search(requests: readonly SearchRequest[]): Promise<SearchPage[]>;
  spaceRanks(request: SpaceRankRequest): Promise<SpaceRanks>;
  count(query: ItemQuery): Promise<number>;
  facets(query: ItemQuery): Promise<FacetCounts>;
  /** By id. */
  list(request: ListRequest): Promise<ListPage>;
  retrieve(itemIds: readonly string[]): Promise<(ItemRecord | null)[]>;
  /** Null for an unknown id. */
  segments(itemIds: readonly string[]): Promise<(ItemSegments | null)[]>;
  peaks(itemId: string): Promise<Uint8Array | null>;
  thumbnail(itemId: string): Promise<Uint8Array | null>;
  /** The first 20 different ones, in the filter's order. */
  unknownValues(modality: Modality, filter: ItemFilter): Promise<UnknownValue[]>;
  /** The library's attributes, and behind them what else items of this modality carry. */
  attributes(modality: Modality): Promise<AttributeType[]>;
  counts(): Promise<StoreCounts>;
  /** Waits for the calls under way and frees the memory; a second time does nothing. */
  close(): Promise<void>;
}

/** Absent leaves a field as it is. */
export interface ItemChanges {
  title?: string;
  artist?: string;
  genres?: string[];
}

/** A part of a library that one of several jobs indexes. */
export interface Shard {
  /** From 1 to `count`. */
  index: number;
  count: number;
}

/** Which of several shards owns an item: equal on every machine, whatever the library holds. */
export function isOwnedBy(shard: Shard | null, itemId: string): boolean {
  return shard === null || hashString(itemId) % shard.count === shard.index - 1;
}

/** Filling a bundle's edition. Nothing of it is lost by a kill: what `upsert` acknowledged stays. */
export interface EditionWriter {
  /**
   * What a resumed run need not do again: the fingerprints of the items that are in this edition, and null for ids
   * that users removed.
   */
  fingerprints(): Promise<Map<string, string | null>>;
  /**
   * Replaces these items whole. Each appears at once, with all of its segments, or not at all; together they appear
   * nearly so. Edits of users are kept unless they were discarded.
   */
  upsert(entries: readonly ItemEntry[]): Promise<void>;
  /**
   * Ends the run: deletes items of its shard that are not in `keepIds`, records the attribute types, and makes this
   * the current edition; older ones are dropped, at once or by `dropRetired`. An edition that is not current yet
   * becomes so only when the last of its shards has finished: a half-filled one is never served.
   */
  finish(run: { keepIds: ReadonlySet<string> }): Promise<{ deleted: number; isCurrent: boolean }>;
  /** Releases the store for other writers; what was upserted stays. */
  close(): Promise<void>;
}

export interface WriterOptions {
  /** Of the bundle's vectors; an edition keeps those it was begun with. */
  dimensions: Dimensions;
  attributes: AttributeType[];
  /** The part of the library that this writer fills, and nothing else; null for all of it. */
  shard: Shard | null;
  /** Drop what users edited. */
  discardEdits: boolean;
  /** Bring back ids that users removed. */
  restore: boolean;
}

export type ClipState =
  | { status: 'PROCESSING'; progress: number; leaseUntil: string }
  | { status: 'READY' }
  | { status: 'FAILED'; failure: { code: MediaFault; message: string } };

/** The state of a clip whose reader ended before it did. */
export const INTERRUPTED: ClipState = {
  status: 'FAILED',
  failure: {
    code: 'INTERRUPTED',
    message: 'The server stopped before the clip was read: upload it again.',
  },
};

/** PROCESSING past its lease reads as INTERRUPTED. */
export function toReadState(state: ClipState, nowMs: number): ClipState {
  const isInterrupted = state.status === 'PROCESSING' && Date.parse(state.leaseUntil) <= nowMs;
  return isInterrupted ? INTERRUPTED : state;
}

/** A segment of a clip. */
export interface ClipFeatures extends SegmentFeatures {
  /** The build of the backbone that made them; empty where an earlier version did not record it. */
  backboneSha256: string;
}

/** An uploaded query. Its features outlive a change of bundle with the same backbones. */
export interface ClipRecord {
  id: string;
  state: ClipState;
  durationSeconds: number | null;
  /** ISO 8601 in UTC. */
  expiresAt: string;
  features: ClipFeatures[];
}

export interface ClipStore {
  /** Creates or replaces. */
  put(clip: ClipRecord): Promise<void>;
  /** Replaces a clip that is still there, in one step; false where it was deleted or has expired. */
  replace(clip: ClipRecord): Promise<boolean>;
  /** Null for unknown and for expired. A clip whose lease ran out is FAILED with INTERRUPTED. */
  get(ids: readonly string[]): Promise<(ClipRecord | null)[]>;
  delete(id: string): Promise<boolean>;
  /** Deletes what has expired; returns how many. */
  sweep(): Promise<number>;
}

export interface VectorStore {
  readonly kind: StoreKind;
  readonly clips: ClipStore;
  /** The bundle whose edition is live; null before the first `index`. Sees other processes' commits. */
  currentBundleId(): Promise<string | null>;
  /** Opens a bundle's edition. IntegrityError where there is none. */
  open(bundleId: string): Promise<Edition>;
  /**
   * One writer at a time, over all processes: BusyError while another one holds it (dead holders don't count). A store
   * may let the shards of one run in side by side, and waits a while where servers drop what the bundle had before.
   * IntegrityError where the bundle's edition holds vectors of other dimensions. The signal ends what the writer waits
   * for, not what it writes.
   */
  write(bundleId: string, options: WriterOptions, signal?: AbortSignal): Promise<EditionWriter>;
  /** Changes an indexed item at once; null for an unknown id. */
  updateItem(bundleId: string, itemId: string, changes: ItemChanges): Promise<ItemRecord | null>;
  /** Removes items until `index --restore`; returns those that were there. */
  removeItems(bundleId: string, itemIds: readonly string[]): Promise<string[]>;
  /**
   * Drops editions that are no longer current, once the servers that still read them have had the time to load the
   * current one. Does nothing where another process is at it; any number may call this at any time.
   */
  dropRetired(): Promise<void>;
  close(): Promise<void>;
}
