import { canonicalJson } from '../bundle/identity.ts';
import { IntegrityError, UsageError } from '../shared/errors.ts';
import type { CopyableStore, CopyWriter, EditionOutline, LibraryNote } from '../store/copyable-store.ts';
import type { StoreCounts } from '../store/vector-store.ts';
import { copyClips, verifyClips } from './copy-store/clips.ts';
import { compareCounts, compareLibraries, countLibrary, type Difference } from './copy-store/compare.ts';
import {
  areEqualNotes,
  digestItem,
  digestLibrary,
  type LibraryDigest,
  readNotes,
  sizeOfItem,
} from './copy-store/digest.ts';
import { refuseLosses } from './copy-store/refuse-losses.ts';

/** Runs one named stage; `report` says how far it is. */
export type Stage = <Result>(
  title: string,
  run: (report: (done: number, total: number) => void) => Promise<Result>,
) => Promise<Result>;

export interface CopyOptions {
  /** Replace what the target holds, whosever it is. */
  force: boolean;
  stage: Stage;
  signal?: AbortSignal;
}

export interface CopyReport {
  bundleId: string;
  /** What the source holds. */
  library: StoreCounts & { edited: number; removed: number; clips: number };
  /** What had to be written; the rest was there already. */
  copied: { items: number; notes: number; clips: number; sizeBytes: number };
  /** Items that the target held and the source does not. */
  deleted: number;
  /** True where both stores were read back and hold the same; only then does the target serve it. */
  verified: boolean;
  differences: Difference[];
}

/** The source was indexed under another bundle while it was being copied. */
export class SourceSwitchedError extends Error {
  override readonly name = 'SourceSwitchedError';
}

/** The two stores of one copy, and the bundle whose edition is copied. */
interface Copy extends CopyOptions {
  source: CopyableStore;
  target: CopyableStore;
  bundleId: string;
  outline: EditionOutline;
}

/**
 * Makes one store hold the library that another one serves, without reading media: items with their vectors, when
 * they were first indexed, what users edited and removed, and clips. What is there already is left alone, so a copy
 * that was interrupted goes on where it was. Both stores are then read back and compared, and only where they hold
 * the same does the target serve the copy.
 *
 * UsageError where the source serves nothing, or where the target holds what would be lost and `force` is not set.
 */
export async function copyStore(
  source: CopyableStore,
  target: CopyableStore,
  options: CopyOptions,
): Promise<CopyReport> {
  const copy: Copy = { ...options, source, target, ...(await findLibrary(source)) };
  const notes = await readNotes(source);
  if (!options.force) await refuseLosses(notes, source, target);
  const writer = await target.writeCopy(copy.bundleId, copy.outline);
  try {
    return await fillAndVerify(copy, notes, writer);
  } catch (error) {
    await refuseSwitched(copy);
    throw error;
  } finally {
    await writer.close();
  }
}

async function fillAndVerify(
  copy: Copy,
  notes: Map<string, LibraryNote>,
  writer: CopyWriter,
): Promise<CopyReport> {
  const { bundleId, stage } = copy;
  const before = await stage('Reading what the target holds', () => readTarget(copy));
  const copiedNotes = await copyNotes(notes, before, writer);
  const items = await stage('Copying tracks and videos', (report) => copyItems(copy, before, writer, report));
  const deleted = await writer.deleteOthers(new Set(items.sent.keys()));
  const clips = await stage('Copying clips', () => copyClips(copy));
  const sent: LibraryDigest = { items: items.sent, notes };
  const differences = await stage('Verifying', (report) => verify(copy, sent, report));
  differences.push(...(await verifyClips(copy, clips.sent)));
  if (differences.length === 0) {
    const keep = { itemIds: new Set(sent.items.keys()), notedIds: new Set(notes.keys()) };
    await stage('Making it the one that is served', () => finish(copy, writer, keep));
  }
  return {
    bundleId,
    library: { ...countLibrary(sent), ...countNotes(notes), clips: clips.sent.size },
    copied: {
      items: items.copied,
      notes: copiedNotes,
      clips: clips.copied,
      sizeBytes: items.sizeBytes + clips.sizeBytes,
    },
    deleted,
    verified: differences.length === 0,
    differences,
  };
}

async function findLibrary(source: CopyableStore): Promise<Pick<Copy, 'bundleId' | 'outline'>> {
  const bundleId = await source.currentBundleId();
  const outline = bundleId === null ? null : await source.outline(bundleId);
  if (bundleId !== null && outline !== null) return { bundleId, outline };
  throw new UsageError(
    `The store ${source.kind.toLowerCase()} holds no index that could be copied. Make one there with: ` +
      'bin/control-mvr index LIBRARY',
  );
}

/** What an earlier copy left, interrupted or not. */
function readTarget({ target, bundleId, signal }: Copy): Promise<LibraryDigest> {
  return digestLibrary(target, bundleId, { signal });
}

const NOTES_PER_WRITE = 256;

/** They go first: items are written under the notes of their ids. */
async function copyNotes(
  notes: Map<string, LibraryNote>,
  before: LibraryDigest,
  writer: CopyWriter,
): Promise<number> {
  const changed = [...notes.values()].filter((note) => !areEqualNotes(note, before.notes.get(note.itemId)));
  for (let start = 0; start < changed.length; start += NOTES_PER_WRITE) {
    await writer.writeNotes(changed.slice(start, start + NOTES_PER_WRITE));
  }
  return changed.length;
}

async function copyItems(
  { source, bundleId, outline, signal }: Copy,
  before: LibraryDigest,
  writer: CopyWriter,
  report: (done: number, total: number) => void,
): Promise<{ sent: LibraryDigest['items']; copied: number; sizeBytes: number }> {
  const sent: LibraryDigest['items'] = new Map();
  let copied = 0;
  let sizeBytes = 0;
  for await (const batch of source.readItems(bundleId)) {
    signal?.throwIfAborted();
    const changed = batch.filter((item) => {
      const { id } = item.entry.record;
      const digest = digestItem(item);
      const held = before.items.get(id);
      sent.set(id, digest);
      return item.isWhole && (held?.hash !== digest.hash || held.faults.length > 0);
    });
    if (changed.length > 0) await writer.upsert(changed.map(({ entry }) => entry));
    copied += changed.length;
    sizeBytes += changed.reduce((sum, item) => sum + sizeOfItem(item), 0);
    report(sent.size, outline.itemCount);
  }
  return { sent, copied, sizeBytes };
}

/** Reads both stores back. */
async function verify(
  copy: Copy,
  sent: LibraryDigest,
  report: (done: number, total: number) => void,
): Promise<Difference[]> {
  const { source, target, bundleId, outline, signal } = copy;
  await refuseSwitched(copy);
  const onItems = (count: number) => report(count, outline.itemCount);
  const [inSource, inTarget] = await Promise.all([
    digestLibrary(source, bundleId, { signal }),
    digestLibrary(target, bundleId, { signal, onItems }),
  ]);
  const differences = compareLibraries(sent, inSource, inTarget);
  if (differences.length > 0) return differences;
  const edition = await target.open(bundleId);
  try {
    return compareCounts(countLibrary(inSource), await edition.counts());
  } finally {
    await edition.close();
  }
}

/** The pointer moves last. */
async function finish(
  { target, bundleId, outline }: Copy,
  writer: CopyWriter,
  keep: Parameters<CopyWriter['finish']>[0],
): Promise<void> {
  await writer.finish(keep);
  const served = await target.currentBundleId();
  const attributes = (await target.outline(bundleId))?.attributes;
  if (served !== bundleId || canonicalJson(attributes ?? null) !== canonicalJson(outline.attributes)) {
    throw new IntegrityError(`The target does not serve the copy of bundle ${bundleId}.`);
  }
}

async function refuseSwitched({ source, bundleId }: Copy): Promise<void> {
  const current = await source.currentBundleId().catch(() => bundleId); // it is away: what failed by that says so
  if (current === bundleId) return;
  throw new SourceSwitchedError(
    `The source was indexed under another bundle (${current}) during the copy of ${bundleId}. Copy again.`,
  );
}

function countNotes(notes: Map<string, LibraryNote>): { edited: number; removed: number } {
  const all = [...notes.values()];
  return {
    edited: all.filter(({ edits }) => Object.keys(edits).length > 0).length,
    removed: all.filter(({ isRemoved }) => isRemoved).length,
  };
}
