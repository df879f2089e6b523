import type { Modality, Span } from '../media/media.ts';
import { toSoundtrackId } from './item-id.ts';
import { type LabelBalance, measureLabels } from './label-balance.ts';
import type { Library, LibraryItem, LibraryPair, ReadFailure, Split } from './library.ts';
import { countSplits, proposeSplits, type SplitCounts, type SplitLeak } from './split.ts';

/** What an item is: a row of library.csv, or the soundtrack that a video without a track implies. */
export type ItemKind = 'tracks' | 'videos' | 'soundtracks';

/** In seconds, to half a second: a shorter remainder makes no segment. */
export interface Durations {
  count: number;
  least: number;
  median: number;
  greatest: number;
  sum: number;
}

/** Items that are one and the same, or nearly so. */
export interface Likeness {
  modality: Modality;
  ids: string[];
  /** More than one where a test would see what training saw. */
  splits: Split[];
}

/** What is in a library, as training and evaluation would take it. Counts are of what can be read. */
export interface LibraryInspection {
  counts: Record<ItemKind | 'pairs', SplitCounts>;
  /** In no pair. */
  unpaired: { tracks: number; videos: number };
  labels: LabelBalance;
  /** Null where there is none of a kind. */
  durationsSeconds: Record<ItemKind, Durations | null>;
  /** Without implied soundtracks whose video failed in the same way. */
  unread: ReadFailure[];
  /** Shorter than one segment, so that what is missing is filled up. */
  tooShort: string[];
  /** Sound that never rises above −70 dB. */
  silent: string[];
  /** The same part of the same bytes under several ids. */
  duplicates: Likeness[];
  /** What belongs together and names several splits. */
  leaks: SplitLeak[];
}

/** An item whose file was read. */
export interface ReadItem {
  item: LibraryItem;
  contentHash: string;
  /** Of its segments, in order; at least one. */
  spans: Span[];
  isSilent: boolean;
}

export interface InspectionRequest {
  library: Library;
  /** The column whose labels are counted. */
  labelField: string;
  /** As `pairsOf` gives them for that column. */
  pairs: readonly LibraryPair[];
  /** Rows and implied soundtracks, whether they could be read or not: those that can't tie others together, too. */
  items: readonly LibraryItem[];
  read: readonly ReadItem[];
  unread: ReadFailure[];
  segmentSeconds: number;
}

/** Rounding of spans must not make a whole segment a short one. */
const SLACK_SECONDS = 0.05;

/** An inspection, and the split of each item. */
export interface InspectedItems {
  inspection: LibraryInspection;
  splitOf(id: string): Split;
}

/** Looks at everything that can be told without features. Leaks are told of and not refused. */
export function inspectItems({
  library,
  labelField,
  pairs,
  items,
  read,
  unread,
  segmentSeconds,
}: InspectionRequest): InspectedItems {
  const contentHashes = new Map(read.map(({ item, contentHash }) => [item.id, contentHash]));
  const { assignments, leaks } = proposeSplits(items, contentHashes);
  const splitOf = (id: string): Split => {
    const assignment = assignments.get(id);
    if (!assignment) throw new RangeError(`There is no item ${id}.`);
    return assignment.split;
  };
  const rowIds = new Set(library.items.map(({ id }) => id));
  const ofKind = {
    tracks: read.filter(({ item }) => item.modality === 'MUSIC' && rowIds.has(item.id)),
    videos: read.filter(({ item }) => item.modality === 'VIDEO'),
    soundtracks: read.filter(({ item }) => !rowIds.has(item.id)),
  };
  const whole = pairs.filter(
    ({ video, music }) => contentHashes.has(video.id) && contentHashes.has(music.id),
  );
  const paired = new Set(whole.flatMap(({ video, music }) => [video.id, music.id]));
  const countIds = (ids: readonly string[]) => countSplits(ids.map(splitOf));
  const countItems = (items: readonly ReadItem[]) => countIds(items.map(({ item }) => item.id));
  const countUnpaired = (items: readonly ReadItem[]) =>
    items.filter(({ item }) => !paired.has(item.id)).length;
  const idsWhere = (isSo: (item: ReadItem) => boolean) => read.filter(isSo).map(({ item }) => item.id);
  return {
    splitOf,
    inspection: {
      counts: {
        tracks: countItems(ofKind.tracks),
        videos: countItems(ofKind.videos),
        soundtracks: countItems(ofKind.soundtracks),
        pairs: countIds(whole.map(({ video }) => video.id)),
      },
      unpaired: { tracks: countUnpaired(ofKind.tracks), videos: countUnpaired(ofKind.videos) },
      labels: measureLabels(
        labelField,
        whole.map(({ video, labels }) => ({ labels, split: splitOf(video.id) })),
      ),
      durationsSeconds: {
        tracks: measureDurations(ofKind.tracks),
        videos: measureDurations(ofKind.videos),
        soundtracks: measureDurations(ofKind.soundtracks),
      },
      unread: withoutEchoes(unread, rowIds),
      tooShort: idsWhere((item) => durationOf(item) < segmentSeconds - SLACK_SECONDS),
      silent: idsWhere(({ isSilent }) => isSilent),
      duplicates: findDuplicates(read, splitOf),
      leaks,
    },
  };
}

/** The splits of some items, each once. */
export function splitsOf(ids: readonly string[], splitOf: (id: string) => Split): Split[] {
  return [...new Set(ids.map(splitOf))].sort();
}

/** A video that fails takes its implied soundtrack with it: that is one file to mend, and one failure. */
function withoutEchoes(failures: readonly ReadFailure[], rowIds: ReadonlySet<string>): ReadFailure[] {
  const ofVideos = new Map(failures.map((failure) => [toSoundtrackId(failure.id), failure]));
  return failures.filter(({ id, path, code }) => {
    const video = ofVideos.get(id);
    return rowIds.has(id) || video?.path !== path || video.code !== code;
  });
}

/** By the spans that were read: rows may put one part in several ways, such as from 0 and from the start. */
function findDuplicates(read: readonly ReadItem[], splitOf: (id: string) => Split): Likeness[] {
  const groups = Map.groupBy(read, ({ item, contentHash, spans }) =>
    JSON.stringify([item.modality, contentHash, spans.map((span) => [span.startSeconds, span.endSeconds])]),
  );
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const ids = group.map(({ item }) => item.id);
      return { modality: group[0].item.modality, ids, splits: splitsOf(ids, splitOf) };
    });
}

function durationOf({ spans }: ReadItem): number {
  return spans[spans.length - 1].endSeconds - spans[0].startSeconds;
}

function measureDurations(items: readonly ReadItem[]): Durations | null {
  if (items.length === 0) return null;
  const sorted = Float64Array.from(items, durationOf).sort();
  const middle = (sorted.length - 1) / 2;
  return {
    count: sorted.length,
    least: sorted[0],
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    greatest: sorted[sorted.length - 1],
    sum: sorted.reduce((sum, seconds) => sum + seconds, 0),
  };
}
