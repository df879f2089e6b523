import type { EditionOutline, LibraryNote, StoredItem } from '../copyable-store.ts';
import type { SegmentRecord } from '../vector-store.ts';
import type { Database } from './database.ts';
import { findEdition, needEdition, nextVersion } from './edition-table.ts';
import { readSegments } from './item-rows.ts';
import { checkWriterLock } from './writer-lock.ts';

/** What a copy reads and writes beside what `index` does. */

/** Bounds of what one read brings: items, and segments but for those of the last item. */
const ITEMS_PER_READ = 32;
const SEGMENTS_PER_READ = 512;
const NOTES_PER_READ = 1_000;

interface EditsRow {
  added_at: string;
  title: string | null;
  artist: string | null;
  genres: string | null;
}

interface NoteRow extends EditsRow {
  item_id: string;
  removed: number | null;
}

interface CopyRow extends EditsRow {
  key: number;
  record: string;
  fingerprint: string;
  has_thumbnail: number;
  peaks: Uint8Array | null;
  thumbnail: Uint8Array | null;
}

export function readOutline(database: Database, bundleId: string): EditionOutline | null {
  return database.snapshot(() => {
    const edition = findEdition(database, bundleId);
    if (!edition) return null;
    const counted = database.get<{ items: number }>(
      'SELECT count(*) AS items FROM items WHERE edition = ?',
      edition.key,
    );
    return {
      dimensions: { ssl: edition.ssl_dimension, sup: edition.sup_dimension },
      attributes: JSON.parse(edition.attributes),
      itemCount: counted?.items ?? 0,
    };
  });
}

/** The next items of an edition behind an id, in order; none at the end. */
export function readStoredItems(
  database: Database,
  { bundleId, afterId }: { bundleId: string; afterId: string },
): StoredItem[] {
  return database.snapshot(() => {
    const rows = database.all<CopyRow>(
      `SELECT items.key, record, fingerprint, has_thumbnail, added_at, title, artist, genres, peaks, thumbnail
       FROM items
       JOIN appearances ON appearances.item_id = items.id
       LEFT JOIN edits ON edits.item_id = items.id
       LEFT JOIN previews ON previews.item_id = items.id
       WHERE edition = ? AND items.id > ? ORDER BY items.id LIMIT ?`,
      needEdition(database, bundleId).key,
      afterId,
      ITEMS_PER_READ,
    );
    const items: StoredItem[] = [];
    let segmentCount = 0;
    for (const row of rows) {
      const segments = readSegments(database, row.key);
      items.push(toStoredItem(row, segments));
      segmentCount += segments.length;
      if (segmentCount >= SEGMENTS_PER_READ) break;
    }
    return items;
  });
}

function toStoredItem(row: CopyRow, segments: SegmentRecord[]): StoredItem {
  const { peaks, thumbnail, fingerprint } = row;
  const isThumbnailLost = row.has_thumbnail === 1 && thumbnail === null;
  return {
    entry: { record: JSON.parse(row.record), segments, peaks, thumbnail, fingerprint },
    addedAt: row.added_at,
    edits: toEdits(row),
    isWhole: !isThumbnailLost,
    faults: isThumbnailLost ? ['its thumbnail is missing'] : [],
  };
}

/** The next notes behind an id, in order; none at the end. */
export function readNotes(database: Database, afterId: string): LibraryNote[] {
  const rows = database.all<NoteRow>(
    `SELECT appearances.item_id, added_at, title, artist, genres, removed
     FROM appearances LEFT JOIN edits USING (item_id)
     WHERE appearances.item_id > ? ORDER BY appearances.item_id LIMIT ?`,
    afterId,
    NOTES_PER_READ,
  );
  return rows.map((row) => ({
    itemId: row.item_id,
    addedAt: row.added_at,
    edits: toEdits(row),
    isRemoved: row.removed === 1,
  }));
}

function toEdits({ title, artist, genres }: EditsRow): LibraryNote['edits'] {
  return {
    ...(title !== null && { title }),
    ...(artist !== null && { artist }),
    ...(genres !== null && { genres: JSON.parse(genres) as string[] }),
  };
}

export function writeNotes(
  database: Database,
  { token, notes }: { token: string; notes: readonly LibraryNote[] },
): void {
  database.transaction(() => {
    checkWriterLock(database, token);
    const version = nextVersion(database);
    for (const { itemId, addedAt, edits, isRemoved } of notes) {
      database.run('INSERT OR REPLACE INTO appearances VALUES (?, ?)', itemId, addedAt);
      database.run('DELETE FROM edits WHERE item_id = ?', itemId);
      if (isRemoved || Object.keys(edits).length > 0) {
        database.run(
          'INSERT INTO edits (item_id, title, artist, genres, removed) VALUES (?, ?, ?, ?, ?)',
          itemId,
          edits.title ?? null,
          edits.artist ?? null,
          edits.genres ? JSON.stringify(edits.genres) : null,
          isRemoved ? 1 : 0,
        );
      }
      database.run('UPDATE items SET version = ? WHERE id = ?', version, itemId);
    }
  });
}

/** Drops what is kept of these ids, unless an edition that is being filled has them. */
export function dropNotes(
  database: Database,
  { token, itemIds }: { token: string; itemIds: readonly string[] },
): void {
  database.transaction(() => {
    checkWriterLock(database, token);
    for (const id of itemIds) {
      if (database.get('SELECT 1 FROM items WHERE id = ?', id)) continue;
      database.run('DELETE FROM edits WHERE item_id = ?', id);
      database.run('DELETE FROM appearances WHERE item_id = ?', id);
    }
  });
}
