import type { SegmentFeatures } from '../backbone/backbone.ts';
import type { SpaceVectors } from '../head/head.ts';
import type { Modality, Span } from '../media/media.ts';
import type { MediaFault } from '../shared/errors.ts';
import type { ItemFilter } from './filter.ts';

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

/** The position of a hit: what a cursor holds. `order` sorts before `score`: 1 where the item lacks the only active space. */
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

/** Every value that a field of this modality has anywhere in the library, for warnings and suggestions. */
export interface LegalValues {
  genres: string[];
  artists: string[];
  sources: string[];
  attributes: { name: string; isNumber: boolean; values: string[] }[];
}

export interface StoreCounts {
  tracks: number;
  videos: number;
  segments: number;
}

/**
 * One bundle's library, for reading. What a search returns is exact about the order: scores are float64 over the
 * stored float32 vectors, ties go by id, pages neither repeat nor skip. Writes that were acknowledged, by this
 * process or another, are seen by the next call.
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
  /** The item's segments in order; null for an unknown id. */
  segments(itemIds: readonly string[]): Promise<(SegmentRecord[] | null)[]>;
  peaks(itemId: string): Promise<Uint8Array | null>;
  thumbnail(itemId: string): Promise<Uint8Array | null>;
  legalValues(modality: Modality): Promise<LegalValues>;
  counts(): Promise<StoreCounts>;
  close(): Promise<void>;
}

/** Absent leaves a field as it is. */
export interface ItemChanges {
  title?: string;
  artist?: string;
  genres?: string[];
}

/** Filling a bundle's edition. Nothing of it is lost by a kill: what `upsert` acknowledged stays. */
export interface EditionWriter {
  /** Items that are in this edition, with their fingerprints: what a resumed run need not do again. */
  fingerprints(): Promise<Map<string, string>>;
  /** Replaces these items whole, all or none. Edits of users are kept unless they were discarded. */
  upsert(entries: readonly ItemEntry[]): Promise<void>;
  /**
   * Ends the run: deletes owned items that are not in `keepIds` (`owns` tells which a shard owns), records the attribute types,
   * makes this the current edition and drops older ones. One transaction.
   */
  finish(run: {
    keepIds: ReadonlySet<string>;
    owns?: (itemId: string) => boolean;
  }): Promise<{ deleted: number }>;
  /** Releases the store for other writers; what was upserted stays. */
  close(): Promise<void>;
}

export interface WriterOptions {
  attributes: { name: string; isNumber: boolean }[];
  /** Drop what users edited. */
  discardEdits: boolean;
  /** Bring back ids that users removed. */
  restore: boolean;
}

export type ClipState =
  | { status: 'PROCESSING'; progress: number; leaseUntil: string }
  | { status: 'READY' }
  | { status: 'FAILED'; failure: { code: MediaFault; message: string } };

/** An uploaded query. Its features outlive a change of bundle with the same backbones. */
export interface ClipRecord {
  id: string;
  state: ClipState;
  durationSeconds: number | null;
  /** ISO 8601 in UTC. */
  expiresAt: string;
  features: SegmentFeatures[];
}

export interface ClipStore {
  /** Creates or replaces. */
  put(clip: ClipRecord): Promise<void>;
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
  /** One writer at a time, over all processes: BusyError while another one holds it (dead holders don't count). */
  write(bundleId: string, options: WriterOptions): Promise<EditionWriter>;
  /** Changes an indexed item at once; null for an unknown id. */
  updateItem(bundleId: string, itemId: string, changes: ItemChanges): Promise<ItemRecord | null>;
  /** Removes items until `index --restore`; returns those that were there. */
  removeItems(bundleId: string, itemIds: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}
