import { createHash, type Hash } from 'node:crypto';
import { canonicalJson, sha256Of } from '../../bundle/identity.ts';
import type { Modality } from '../../media/media.ts';
import type { CopyableStore, LibraryNote, StoredItem } from '../../store/copyable-store.ts';
import type { ClipRecord } from '../../store/vector-store.ts';

/** What tells one state of an item from another, whichever store holds it. */
export interface ItemDigest extends Pick<StoredItem, 'isWhole' | 'faults'> {
  hash: string;
  modality: Modality;
  segmentCount: number;
}

/** What a store holds of one library, by the ids of items. */
export interface LibraryDigest {
  items: Map<string, ItemDigest>;
  notes: Map<string, LibraryNote>;
}

/** Reads all of a library back; `onItems` is told how many items were read so far. */
export async function digestLibrary(
  store: CopyableStore,
  bundleId: string,
  { signal, onItems }: { signal?: AbortSignal; onItems?(count: number): void } = {},
): Promise<LibraryDigest> {
  const items = new Map<string, ItemDigest>();
  for await (const batch of store.readItems(bundleId)) {
    signal?.throwIfAborted();
    for (const item of batch) items.set(item.entry.record.id, digestItem(item));
    onItems?.(items.size);
  }
  return { items, notes: await readNotes(store) };
}

export async function readNotes(store: CopyableStore): Promise<Map<string, LibraryNote>> {
  const batches = await Array.fromAsync(store.readNotes());
  return new Map(batches.flat().map((note) => [note.itemId, note]));
}

export function digestItem({ entry, addedAt, edits, isWhole, faults }: StoredItem): ItemDigest {
  const { record, segments, peaks, thumbnail, fingerprint } = entry;
  const spans = segments.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  const hash = createHash('sha256').update(canonicalJson([record, fingerprint, addedAt, edits, spans]));
  for (const { ssl, sup } of segments) {
    updateByVector(hash, ssl);
    updateByVector(hash, sup);
  }
  updateByBytes(hash, peaks);
  updateByBytes(hash, thumbnail);
  const { modality } = record;
  return { hash: hash.digest('base64url'), modality, segmentCount: segments.length, isWhole, faults };
}

/** Bytes of an item's vectors, pictures and texts. */
export function sizeOfItem({ entry: { record, segments, peaks, thumbnail } }: StoredItem): number {
  const vectors = segments.flatMap(({ ssl, sup }) => [ssl, sup]);
  return [...vectors, peaks, thumbnail].reduce(
    (sum, bytes) => sum + (bytes?.byteLength ?? 0),
    Buffer.byteLength(JSON.stringify(record)),
  );
}

export function areEqualNotes(a: LibraryNote | undefined, b: LibraryNote | undefined): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

export function hashClip({ id, state, durationSeconds, expiresAt, features }: ClipRecord): string {
  const parts = features.map((part) => ({
    ...part,
    features: Buffer.from(bytesOf(part.features)).toString('base64'),
  }));
  return sha256Of(canonicalJson([id, state, durationSeconds, Date.parse(expiresAt), parts]));
}

export function sizeOfClip({ features }: ClipRecord): number {
  return features.reduce((sum, part) => sum + part.features.byteLength, 0);
}

/** A zero counts without its sign, which JSON does not carry. */
function updateByVector(hash: Hash, vector: Float32Array | null): void {
  updateByBytes(hash, vector && bytesOf(vector.map((value) => value + 0)));
}

/** With the length before it, so that no two sequences of parts give the same bytes. */
function updateByBytes(hash: Hash, bytes: Uint8Array | null): void {
  hash.update(`${bytes?.length ?? null}:`).update(bytes ?? '');
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
