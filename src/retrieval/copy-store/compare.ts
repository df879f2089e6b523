import { canonicalJson } from '../../bundle/identity.ts';
import type { StoreCounts } from '../../store/vector-store.ts';
import { areEqualNotes, type ItemDigest, type LibraryDigest } from './digest.ts';

/** Something of which the two stores don't hold the same; `id` is an item's or a clip's. */
export interface Difference {
  kind: 'ITEM' | 'NOTE' | 'CLIP' | 'COUNTS';
  id: string | null;
  reason: string;
}

export const CHANGED_MEANWHILE = 'it changed in the source during the copy';

/**
 * Where the target does not hold what the source does. `sent` is what the copy read of the source; what changed there
 * since is told apart from what was not stored as it was sent. Notes of further ids in the target are no difference.
 */
export function compareLibraries(
  sent: LibraryDigest,
  source: LibraryDigest,
  target: LibraryDigest,
): Difference[] {
  const itemIds = new Set([...sent.items.keys(), ...source.items.keys(), ...target.items.keys()]);
  const noteIds = new Set([...sent.notes.keys(), ...source.notes.keys()]);
  const ofItems = [...itemIds].flatMap((id): Difference[] => {
    const reason = compareItems(sent.items.get(id), source.items.get(id), target.items.get(id));
    return reason === null ? [] : [{ kind: 'ITEM', id, reason }];
  });
  const named = new Set(ofItems.map(({ id }) => id));
  const ofNotes = [...noteIds].flatMap((id): Difference[] => {
    if (named.has(id)) return [];
    const note = source.notes.get(id);
    if (!areEqualNotes(note, sent.notes.get(id))) return [{ kind: 'NOTE', id, reason: CHANGED_MEANWHILE }];
    if (areEqualNotes(note, target.notes.get(id))) return [];
    return [{ kind: 'NOTE', id, reason: 'its first index, edits or removal are not those of the source' }];
  });
  return [...ofItems, ...ofNotes];
}

function compareItems(
  sent: ItemDigest | undefined,
  source: ItemDigest | undefined,
  target: ItemDigest | undefined,
): string | null {
  if (source?.hash !== sent?.hash) return CHANGED_MEANWHILE;
  if (source && !source.isWhole) return `it is damaged in the source: ${source.faults.join(', ')}`;
  if (!target) return 'it is missing in the target';
  if (!source) return 'it is in the target alone';
  if (target.faults.length > 0) return `it is damaged in the target: ${target.faults.join(', ')}`;
  return source.hash === target.hash ? null : 'its content in the target is not that of the source';
}

/** What the target's own index counts, which searches go by, beside what the source holds. */
export function compareCounts(expected: StoreCounts, counted: StoreCounts): Difference[] {
  if (canonicalJson(counted) === canonicalJson(expected)) return [];
  const reason = `the target counts ${describe(counted)}, the source holds ${describe(expected)}`;
  return [{ kind: 'COUNTS', id: null, reason }];
}

export function countLibrary({ items }: LibraryDigest): StoreCounts {
  const digests = [...items.values()];
  return {
    tracks: digests.filter(({ modality }) => modality === 'MUSIC').length,
    videos: digests.filter(({ modality }) => modality === 'VIDEO').length,
    segments: digests.reduce((sum, { segmentCount }) => sum + segmentCount, 0),
  };
}

function describe({ tracks, videos, segments }: StoreCounts): string {
  return `${tracks} tracks, ${videos} videos, ${segments} segments`;
}
