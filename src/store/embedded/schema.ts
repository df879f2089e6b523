/** Kept in SQLite's `user_version`. A store with a number that no migration starts from is refused. */
export const SCHEMA_VERSION = 3;

/**
 * The tables. Everything that belongs to one bundle hangs on its row in `editions`; what belongs to the library
 * whatever the bundle (edits, first appearance, previews, clips) is keyed by the item's or clip's id.
 *
 * Every write that readers must notice raises `store_version` and stamps the rows it touched with it, so that a
 * reader pulls only what is newer than what it holds; deletions leave a tombstone for the same purpose.
 */
export const SCHEMA = `
CREATE TABLE store (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  store_version INTEGER NOT NULL
) STRICT;
INSERT INTO store VALUES (1, 0);

-- An edition without a bundle is dropped: its rows go batch by batch, and itself with the last.
CREATE TABLE editions (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  bundle_id TEXT UNIQUE,
  is_current INTEGER NOT NULL DEFAULT 0,
  ssl_dimension INTEGER NOT NULL,
  sup_dimension INTEGER NOT NULL,
  attributes TEXT NOT NULL
) STRICT;

-- Of an edition that is not current yet.
CREATE TABLE finished_shards (
  edition INTEGER NOT NULL REFERENCES editions (key) ON DELETE CASCADE,
  shard INTEGER NOT NULL,
  shard_count INTEGER NOT NULL,
  PRIMARY KEY (edition, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
  key INTEGER PRIMARY KEY,
  edition INTEGER NOT NULL REFERENCES editions (key) ON DELETE CASCADE,
  id TEXT NOT NULL,
  modality TEXT NOT NULL,
  record TEXT NOT NULL,
  has_thumbnail INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  version INTEGER NOT NULL,
  segments_version INTEGER NOT NULL,
  UNIQUE (edition, id)
) STRICT;
CREATE INDEX items_by_id ON items (id);
CREATE INDEX items_by_version ON items (edition, version);

CREATE TABLE segments (
  key INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items (key) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  start_seconds REAL NOT NULL,
  end_seconds REAL NOT NULL,
  ssl BLOB,
  sup BLOB,
  UNIQUE (item, ordinal)
) STRICT;

CREATE TABLE tombstones (
  edition INTEGER NOT NULL REFERENCES editions (key) ON DELETE CASCADE,
  item_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (edition, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE edits (
  item_id TEXT PRIMARY KEY,
  title TEXT,
  artist TEXT,
  genres TEXT,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE appearances (
  item_id TEXT PRIMARY KEY,
  added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE previews (
  item_id TEXT PRIMARY KEY,
  peaks BLOB,
  thumbnail BLOB
) STRICT;

CREATE TABLE writer (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  token TEXT NOT NULL,
  host TEXT NOT NULL,
  process_id INTEGER NOT NULL,
  process_start TEXT,
  lease_until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE clips (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  duration_seconds REAL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX clips_by_expiry ON clips (expires_at_ms);

CREATE TABLE clip_features (
  clip_id TEXT NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  modality TEXT NOT NULL,
  start_seconds REAL NOT NULL,
  end_seconds REAL NOT NULL,
  backbone_id TEXT NOT NULL,
  features BLOB NOT NULL,
  backbone_sha256 TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (clip_id, ordinal)
) STRICT;
`;

/** What turns a store of an earlier version into one of this. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  2: "ALTER TABLE clip_features ADD COLUMN backbone_sha256 TEXT NOT NULL DEFAULT ''",
};
