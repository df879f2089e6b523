import type { Dimensions } from '../head/head.ts';
import type { AttributeType, ClipRecord, ItemChanges, ItemEntry, VectorStore } from './vector-store.ts';

/** What a store keeps of an item's id, whatever the edition; it stays when the item is gone. */
export interface LibraryNote {
  itemId: string;
  /** Instant of the first `index`, ISO 8601 in UTC. */
  addedAt: string;
  /** What users changed. */
  edits: ItemChanges;
  /** Users removed it. */
  isRemoved: boolean;
}

/** An item as `index` wrote it, with what the store shows over that. */
export interface StoredItem extends Pick<LibraryNote, 'addedAt' | 'edits'> {
  entry: ItemEntry;
  /** False where a part of it is missing in the store. */
  isWhole: boolean;
  /** Where the store does not hold of it what it should, in words; empty where all is sound. */
  faults: string[];
}

export interface EditionOutline {
  dimensions: Dimensions;
  attributes: AttributeType[];
  itemCount: number;
}

/**
 * Fills a bundle's edition with what another store holds. It has the writer's place until it is closed, and nothing of
 * it is served before `finish`, unless the bundle's edition is the current one already.
 */
export interface CopyWriter {
  /** Replaces what is kept of these ids. */
  writeNotes(notes: readonly LibraryNote[]): Promise<void>;
  /** As `EditionWriter.upsert`, under the notes of their ids; those that users removed are passed over. */
  upsert(entries: readonly ItemEntry[]): Promise<void>;
  /** Deletes all other items of the edition; returns how many. */
  deleteOthers(keepIds: ReadonlySet<string>): Promise<number>;
  /** Makes this the current edition with these items alone, and then drops what is kept of the other ids. */
  finish(keep: { itemIds: ReadonlySet<string>; notedIds: ReadonlySet<string> }): Promise<void>;
  /** Releases the store for other writers; what was written stays. */
  close(): Promise<void>;
}

/**
 * A store whose content can be copied to another one. Reads give each element once, some at a time; of what is written
 * while they go on, they may give either state.
 */
export interface CopyableStore extends VectorStore {
  /** Null where the store has no index of the bundle. */
  outline(bundleId: string): Promise<EditionOutline | null>;
  readItems(bundleId: string): AsyncIterable<StoredItem[]>;
  readNotes(): AsyncIterable<LibraryNote[]>;
  /** Those that have not expired. */
  readClips(): AsyncIterable<ClipRecord[]>;
  /** BusyError and IntegrityError as for `write`. */
  writeCopy(bundleId: string, outline: Omit<EditionOutline, 'itemCount'>): Promise<CopyWriter>;
}
