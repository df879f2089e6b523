import type { Dimensions } from '../../head/head.ts';
import { IntegrityError } from '../../shared/errors.ts';
import { checkDimensions, checkEntries } from '../check-entries.ts';
import type {
  AttributeType,
  ItemChanges,
  ItemEntry,
  ItemRecord,
  Shard,
  WriterOptions,
} from '../vector-store.ts';
import { toBlob } from './blobs.ts';
import type { Database } from './database.ts';
import { readItem, toItemRecord } from './item-rows.ts';
import { checkWriterLock, releaseWriterLock, takeWriterLock } from './writer-lock.ts';

/** A bundle's edition. */
export interface EditionRow {
  key: number;
  bundle_id: string;
  is_current: number;
  ssl_dimension: number;
  sup_dimension: number;
  attributes: string;
}

export function findEdition(database: Database, bundleId: string): EditionRow | undefined {
  return database.get('SELECT * FROM editions WHERE bundle_id = ?', bundleId);
}

export function needEdition(database: Database, bundleId: string): EditionRow {
  const edition = findEdition(database, bundleId);
  if (!edition) throw new IntegrityError(`The store has no index of bundle ${bundleId}.`);
  return edition;
}

export function currentBundleId(database: Database): string | null {
  const row = database.get<{ bundle_id: string }>('SELECT bundle_id FROM editions WHERE is_current = 1');
  return row?.bundle_id ?? null;
}

/** A write's number, above all before it. */
export function nextVersion(database: Database): number {
  database.run('UPDATE store SET store_version = store_version + 1');
  return readVersion(database);
}

export function readVersion(database: Database): number {
  return database.get<{ store_version: number }>('SELECT store_version FROM store')?.store_version ?? 0;
}

/** Takes the writer's place and makes the edition where it is missing. */
export function beginWriting(
  database: Database,
  { bundleId, token, options }: { bundleId: string; token: string; options: WriterOptions },
): void {
  database.transaction(() => {
    takeWriterLock(database, token);
    database.run(
      `INSERT INTO editions (bundle_id, ssl_dimension, sup_dimension, attributes) VALUES (?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      bundleId,
      options.dimensions.ssl,
      options.dimensions.sup,
      JSON.stringify(options.attributes),
    );
    checkDimensions(bundleId, dimensionsOf(needEdition(database, bundleId)), options.dimensions);
    if (options.discardEdits) discardEdits(database);
    if (options.restore) database.run('UPDATE edits SET removed = 0 WHERE removed = 1');
    database.run(
      'DELETE FROM edits WHERE removed = 0 AND title IS NULL AND artist IS NULL AND genres IS NULL',
    );
  });
}

function dimensionsOf({ ssl_dimension, sup_dimension }: EditionRow): Dimensions {
  return { ssl: ssl_dimension, sup: sup_dimension };
}

function discardEdits(database: Database): void {
  database.run('UPDATE items SET version = ? WHERE id IN (SELECT item_id FROM edits)', nextVersion(database));
  database.run('UPDATE edits SET title = NULL, artist = NULL, genres = NULL');
}

/** Of the items that are there; null for ids that users removed. */
export function readFingerprints(
  database: Database,
  bundleId: string,
): [id: string, fingerprint: string | null][] {
  const rows = database.all<{ id: string; fingerprint: string | null }>(
    `SELECT id, fingerprint FROM items WHERE edition = ?
     UNION ALL SELECT item_id, NULL FROM edits WHERE removed = 1`,
    needEdition(database, bundleId).key,
  );
  return rows.map(({ id, fingerprint }) => [id, fingerprint]);
}

/** Replaces items whole. Those that users removed are passed over. */
export function upsertItems(
  database: Database,
  { bundleId, token, entries }: { bundleId: string; token: string; entries: readonly ItemEntry[] },
): void {
  database.transaction(() => {
    checkWriterLock(database, token);
    const edition = needEdition(database, bundleId);
    checkEntries(entries, dimensionsOf(edition));
    const version = nextVersion(database);
    const addedAt = new Date().toISOString();
    for (const entry of entries) {
      if (database.get('SELECT 1 FROM edits WHERE item_id = ? AND removed = 1', entry.record.id)) continue;
      upsertItem(database, edition.key, version, addedAt, entry);
    }
  });
}

function upsertItem(
  database: Database,
  edition: number,
  version: number,
  addedAt: string,
  { record, segments, peaks, thumbnail, fingerprint }: ItemEntry,
): void {
  database.run('INSERT INTO appearances VALUES (?, ?) ON CONFLICT DO NOTHING', record.id, addedAt);
  database.run('INSERT OR REPLACE INTO previews VALUES (?, ?, ?)', record.id, peaks, thumbnail);
  database.run('DELETE FROM tombstones WHERE edition = ? AND item_id = ?', edition, record.id);
  database.run('DELETE FROM items WHERE edition = ? AND id = ?', edition, record.id);
  const item = database.get<{ key: number }>(
    `INSERT INTO items (edition, id, modality, record, has_thumbnail, fingerprint, version, segments_version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    edition,
    record.id,
    record.modality,
    JSON.stringify(record),
    thumbnail ? 1 : 0,
    fingerprint,
    version,
    version,
  );
  segments.forEach(({ startSeconds, endSeconds, ssl, sup }, ordinal) => {
    database.run(
      'INSERT INTO segments (item, ordinal, start_seconds, end_seconds, ssl, sup) VALUES (?, ?, ?, ?, ?, ?)',
      item?.key ?? null,
      ordinal,
      startSeconds,
      endSeconds,
      toBlob(ssl),
      toBlob(sup),
    );
  });
}

/** Deletes items of an edition that is being filled; returns how many there were. */
export function deleteItems(
  database: Database,
  { bundleId, token, itemIds }: { bundleId: string; token: string; itemIds: readonly string[] },
): number {
  return database.transaction(() => {
    checkWriterLock(database, token);
    const { key } = needEdition(database, bundleId);
    const version = nextVersion(database);
    const deleted = itemIds.filter((id) => deleteItem(database, key, id, version));
    deletePreviewsOf(database, deleted);
    return deleted.length;
  });
}

/** Records attribute types, and makes the edition current when its last shard ends. What is older is dropped. */
export function finishWriting(
  database: Database,
  {
    bundleId,
    token,
    shard,
    attributes,
  }: { bundleId: string; token: string; shard: Shard | null; attributes: readonly AttributeType[] },
): { isCurrent: boolean } {
  return database.transaction(() => {
    checkWriterLock(database, token);
    const { key, is_current } = needEdition(database, bundleId);
    database.run('UPDATE editions SET attributes = ? WHERE key = ?', JSON.stringify(attributes), key);
    const isCurrent = is_current === 1 || shard === null || isLastShard(database, key, shard);
    if (isCurrent) makeCurrent(database, key);
    return { isCurrent };
  });
}

/** Records that a shard has finished; true where all have. A run with another count starts anew. */
function isLastShard(database: Database, edition: number, { index, count }: Shard): boolean {
  database.run('DELETE FROM finished_shards WHERE edition = ? AND shard_count <> ?', edition, count);
  database.run('INSERT INTO finished_shards VALUES (?, ?, ?) ON CONFLICT DO NOTHING', edition, index, count);
  const finished = database.all('SELECT shard FROM finished_shards WHERE edition = ?', edition);
  return finished.length === count;
}

/** The current edition is always the oldest: what is newer is still being filled. */
function makeCurrent(database: Database, edition: number): void {
  database.run('DELETE FROM finished_shards WHERE edition = ?', edition);
  database.run('UPDATE editions SET bundle_id = NULL, is_current = 0 WHERE key < ?', edition);
  database.run('UPDATE editions SET is_current = 1 WHERE key = ?', edition);
}

/** Bounds what one transaction deletes, and with it how long other writers wait. */
export const ITEMS_PER_DELETION = 250;

/** Deletes the next items of dropped editions; true where there may be more. */
export function sweepDropped(database: Database): boolean {
  const dropped = database.get<{ key: number }>('SELECT key FROM editions WHERE bundle_id IS NULL');
  if (!dropped) return false;
  database.transaction(() => {
    const items = database.all<{ key: number; id: string }>(
      'SELECT key, id FROM items WHERE edition = ? LIMIT ?',
      dropped.key,
      ITEMS_PER_DELETION,
    );
    for (const { key } of items) database.run('DELETE FROM items WHERE key = ?', key);
    deletePreviewsOf(
      database,
      items.map(({ id }) => id),
    );
    if (items.length < ITEMS_PER_DELETION) database.run('DELETE FROM editions WHERE key = ?', dropped.key);
  });
  return true;
}

/** Previews of these ids, unless another edition holds the item. */
function deletePreviewsOf(database: Database, itemIds: readonly string[]): void {
  for (const id of itemIds) {
    database.run(
      'DELETE FROM previews WHERE item_id = ?1 AND NOT EXISTS (SELECT 1 FROM items WHERE id = ?1)',
      id,
    );
  }
}

export function endWriting(database: Database, token: string): void {
  releaseWriterLock(database, token);
}

/** Records what a user changed, for every edition, now and to come. Null for an id that this edition lacks. */
export function updateItem(
  database: Database,
  { bundleId, itemId, changes }: { bundleId: string; itemId: string; changes: ItemChanges },
): ItemRecord | null {
  return database.transaction(() => {
    const edition = needEdition(database, bundleId).key;
    if (!readItem(database, edition, itemId)) return null;
    database.run(
      `INSERT INTO edits (item_id, title, artist, genres) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET title = coalesce(excluded.title, title),
         artist = coalesce(excluded.artist, artist), genres = coalesce(excluded.genres, genres)`,
      itemId,
      changes.title ?? null,
      changes.artist ?? null,
      changes.genres ? JSON.stringify(changes.genres) : null,
    );
    database.run('UPDATE items SET version = ? WHERE id = ?', nextVersion(database), itemId);
    const row = readItem(database, edition, itemId);
    return row ? toItemRecord(row) : null;
  });
}

/** Removes items from every edition until they are restored; returns those that this edition had. */
export function removeItems(
  database: Database,
  { bundleId, itemIds }: { bundleId: string; itemIds: readonly string[] },
): string[] {
  return database.transaction(() => {
    const edition = needEdition(database, bundleId).key;
    const editions = database.all<{ key: number }>('SELECT key FROM editions');
    const version = nextVersion(database);
    const removed = [...new Set(itemIds)].filter((id) => deleteItem(database, edition, id, version));
    for (const id of removed) {
      for (const { key } of editions) deleteItem(database, key, id, version);
      database.run('DELETE FROM previews WHERE item_id = ?', id);
      database.run(
        'INSERT INTO edits (item_id, removed) VALUES (?, 1) ON CONFLICT DO UPDATE SET removed = 1',
        id,
      );
    }
    return removed;
  });
}

/** True where there was one. */
function deleteItem(database: Database, edition: number, itemId: string, version: number): boolean {
  const isDeleted = database.run('DELETE FROM items WHERE edition = ? AND id = ?', edition, itemId) > 0;
  if (isDeleted) database.run('INSERT INTO tombstones VALUES (?, ?, ?)', edition, itemId, version);
  return isDeleted;
}
