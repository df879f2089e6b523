import type { Modality } from '../../media/media.ts';
import { type ClipRecord, toReadState } from '../vector-store.ts';
import { toBlob, toVector } from './blobs.ts';
import type { Database } from './database.ts';

interface ClipRow {
  state: string;
  duration_seconds: number | null;
  expires_at_ms: number;
}

interface ClipFeaturesRow {
  modality: Modality;
  start_seconds: number;
  end_seconds: number;
  backbone_id: string;
  backbone_sha256: string;
  features: Uint8Array;
}

/** Creates or replaces a clip with its features. */
export function putClip(database: Database, clip: ClipRecord): void {
  database.transaction(() => {
    database.run('DELETE FROM clips WHERE id = ?', clip.id);
    insertClip(database, clip);
  });
}

/** Replaces a clip that is there and has not expired; false where none is. */
export function replaceClip(database: Database, clip: ClipRecord): boolean {
  return database.transaction(() => {
    const isThere = deleteClip(database, clip.id);
    if (isThere) insertClip(database, clip);
    return isThere;
  });
}

function insertClip(database: Database, clip: ClipRecord): void {
  database.run(
    'INSERT INTO clips VALUES (?, ?, ?, ?)',
    clip.id,
    JSON.stringify(clip.state),
    clip.durationSeconds,
    Date.parse(clip.expiresAt),
  );
  clip.features.forEach(({ modality, span, backboneId, backboneSha256, features }, ordinal) => {
    database.run(
      'INSERT INTO clip_features VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      clip.id,
      ordinal,
      modality,
      span.startSeconds,
      span.endSeconds,
      backboneId,
      toBlob(features),
      backboneSha256,
    );
  });
}

/** Null for unknown and for expired; PROCESSING past its lease reads as FAILED with INTERRUPTED. */
export function getClips(database: Database, ids: readonly string[]): (ClipRecord | null)[] {
  const nowMs = Date.now();
  return database.snapshot(() =>
    ids.map((id) => {
      const row = database.get<ClipRow>(
        'SELECT state, duration_seconds, expires_at_ms FROM clips WHERE id = ? AND expires_at_ms > ?',
        id,
        nowMs,
      );
      return row ? toClip(id, row, featureRows(database, id), nowMs) : null;
    }),
  );
}

/** Of those that have not expired. */
export function clipIds(database: Database): string[] {
  const rows = database.all<{ id: string }>('SELECT id FROM clips WHERE expires_at_ms > ?', Date.now());
  return rows.map(({ id }) => id);
}

export function deleteClip(database: Database, id: string): boolean {
  return database.run('DELETE FROM clips WHERE id = ? AND expires_at_ms > ?', id, Date.now()) > 0;
}

export function sweepClips(database: Database): number {
  return database.run('DELETE FROM clips WHERE expires_at_ms <= ?', Date.now());
}

function featureRows(database: Database, clipId: string): ClipFeaturesRow[] {
  return database.all(
    `SELECT modality, start_seconds, end_seconds, backbone_id, backbone_sha256, features
     FROM clip_features WHERE clip_id = ? ORDER BY ordinal`,
    clipId,
  );
}

function toClip(id: string, row: ClipRow, features: ClipFeaturesRow[], nowMs: number): ClipRecord {
  return {
    id,
    state: toReadState(JSON.parse(row.state), nowMs),
    durationSeconds: row.duration_seconds,
    expiresAt: new Date(row.expires_at_ms).toISOString(),
    features: features.map((part) => ({
      modality: part.modality,
      span: { startSeconds: part.start_seconds, endSeconds: part.end_seconds },
      backboneId: part.backbone_id,
      backboneSha256: part.backbone_sha256,
      features: toVector(part.features),
    })),
  };
}
