import { UsageError } from '../../shared/errors.ts';
import type { CopyableStore, LibraryNote } from '../../store/copyable-store.ts';
import { areEqualNotes, readNotes } from './digest.ts';

const NAMED = 5;

/**
 * UsageError where the target holds another library, or what its users did that the source knows nothing of. An item
 * came from the source where both say the same instant of its first index, which an item keeps for good.
 */
export async function refuseLosses(
  notes: ReadonlyMap<string, LibraryNote>,
  source: CopyableStore,
  target: CopyableStore,
): Promise<void> {
  const held = [...(await readNotes(target)).values()];
  const isServed = (await target.currentBundleId()) !== null;
  const isForeign = ({ itemId, addedAt }: LibraryNote) => notes.get(itemId)?.addedAt !== addedAt;
  const isChanged = (note: LibraryNote) =>
    (note.isRemoved || Object.keys(note.edits).length > 0) && !areEqualNotes(note, notes.get(note.itemId));
  const foreign = held.filter(isForeign);
  // Before it was ever served nobody edited it: what stands there is an earlier copy's.
  const changed = isServed ? held.filter((note) => !isForeign(note) && isChanged(note)) : [];
  const losses = [
    foreign.length > 0 &&
      `${foreign.length} tracks and videos that did not come from there (${listIds(foreign)})`,
    changed.length > 0 && `edits or removals of ${changed.length} that differ there (${listIds(changed)})`,
  ].filter(Boolean);
  if (losses.length === 0) return;
  const [from, to] = [source, target].map(({ kind }) => kind.toLowerCase());
  throw new UsageError(
    `The store ${to} holds what ${from} does not: ${losses.join('; ')}. A store holds one library: ` +
      '--force replaces this one.',
  );
}

function listIds(notes: readonly LibraryNote[]): string {
  const ids = notes.slice(0, NAMED).map(({ itemId }) => itemId);
  return notes.length > NAMED ? `${ids.join(', ')}, …` : ids.join(', ');
}
