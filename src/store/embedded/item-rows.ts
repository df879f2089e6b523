import type { ItemRecord, SegmentRecord } from '../vector-store.ts';
import { toVector } from './blobs.ts';
import type { Database } from './database.ts';

/** An item as it is stored, with what users edited beside it. */
export interface ItemRow {
  key: number;
  id: string;
  record: string;
  has_thumbnail: number;
  segments_version: number;
  added_at: string;
  title: string | null;
  artist: string | null;
  genres: string | null;
}

interface SegmentRow {
  start_seconds: number;
  end_seconds: number;
  ssl: Uint8Array | null;
  sup: Uint8Array | null;
}

const SELECT_ITEMS = `
  SELECT items.key, items.id, record, has_thumbnail, segments_version, added_at, edits.title, edits.artist, edits.genres
  FROM items
  JOIN appearances ON appearances.item_id = items.id
  LEFT JOIN edits ON edits.item_id = items.id
  WHERE edition = ?`;

/** The items of an edition that changed after a version. */
export function readItemsSince(database: Database, edition: number, version: number): ItemRow[] {
  return database.all(`${SELECT_ITEMS} AND version > ?`, edition, version);
}

export function readItem(database: Database, edition: number, itemId: string): ItemRow | undefined {
  return database.get(`${SELECT_ITEMS} AND items.id = ?`, edition, itemId);
}

/** What the item shows: the indexed record under the users' edits. */
export function toItemRecord(row: ItemRow): ItemRecord {
  const record: Omit<ItemRecord, 'addedAt' | 'hasThumbnail'> = JSON.parse(row.record);
  return {
    ...record,
    title: row.title ?? record.title,
    artist: row.artist ?? record.artist,
    genres: row.genres === null ? record.genres : JSON.parse(row.genres),
    addedAt: row.added_at,
    hasThumbnail: row.has_thumbnail === 1,
  };
}

/** The segments of the item with this key, in order. */
export function readSegments(database: Database, item: number): SegmentRecord[] {
  const rows = database.all<SegmentRow>(
    'SELECT start_seconds, end_seconds, ssl, sup FROM segments WHERE item = ? ORDER BY ordinal',
    item,
  );
  return rows.map((row) => ({
    startSeconds: row.start_seconds,
    endSeconds: row.end_seconds,
    ssl: row.ssl && toVector(row.ssl),
    sup: row.sup && toVector(row.sup),
  }));
}
