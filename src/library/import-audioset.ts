import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { MediaProbe } from '../media/media.ts';
import { UsageError } from '../shared/errors.ts';
import { type Ontology, parseOntology } from './audioset-ontology.ts';
import { type AudioSetSegment, parseAudioSetSegments } from './audioset-segments.ts';
import type { Library, LibraryItem, Split } from './library.ts';
import { type ProbedFile, type ProbeOptions, probeFiles } from './probe-files.ts';
import { toModality } from './read-library.ts';
import { listFiles, refuseExisting, type Unreadable } from './scan-folder.ts';
import { writeLibrary } from './write-library.ts';

export interface AudioSetImport extends ProbeOptions<MediaProbe> {
  /** Segment lists and the splits that they become; null lets the splits be drawn. */
  lists: readonly { file: string; split: Split | null }[];
  ontologyFile: string;
  /** Overwrites a library.csv that is there. */
  force: boolean;
}

export interface AudioSetLibrary {
  file: string;
  library: Library;
  /** Segments of the lists, those that carry music, and those of them with a file in the folder. */
  segments: { listed: number; music: number; found: number };
  /** Files that could not be read, or do not hold their segment; left out. */
  unreadable: Unreadable[];
  /** Ids of labels that the ontology lacks. */
  unknownLabels: string[];
}

/** What is imported of the labels: everything below a label of the ontology becomes values of a column. */
const LABEL_COLUMNS = { genres: 'Music genre', mood: 'Music mood', instrument: 'Musical instrument' };
const MUSIC = 'Music';

/** How far a file's duration may differ from its segment's. */
const DURATION_SLACK_SECONDS = 1;

/** A file named after its video, and where in the video it starts if its name says so: a part that was cut out. */
interface NamedFile {
  path: string;
  videoId: string;
  startSeconds: number | null;
}
type SegmentFile = ListedSegment & { path: string; isCutOut: boolean };
type ProbedSegment = { file: SegmentFile; probe: ProbedFile<MediaProbe> };

/**
 * Writes `library.csv` for the segments of AudioSet whose media lie in a folder, in files named after their videos:
 * whole ones (`YTID.mp4`) or cut out (`YTID_30.mp4`, `YTID_30.000_40.000.wav`, `YTID_30000.mkv` in milliseconds).
 * Segments without a label at or below "Music" are passed over. Genres, moods and instruments become columns.
 *
 * @throws UsageError where a list or the ontology is faulty, no file is found, or library.csv is there without `force`
 */
export async function importAudioSet(folder: string, options: AudioSetImport): Promise<AudioSetLibrary> {
  const root = resolve(folder);
  await refuseExisting(root, options.force);
  const ontology = parseOntology(await readText(options.ontologyFile), options.ontologyFile);
  const listed = await readLists(options.lists);
  const musicLabels = ontology.withDescendants(MUSIC);
  const music = listed.filter(({ segment }) => segment.labelIds.some((id) => musicLabels.has(id)));
  const { paths, unreadable } = await listFiles(root);
  const found = findFiles(music, paths);
  if (found.length === 0) {
    throw new UsageError(
      `${root} holds no file that is named after one of the ${music.length} music segments.`,
    );
  }
  const probed = await probeFiles(
    found.map(({ path }) => path),
    options,
  );
  const { chosen, passedOver } = chooseFiles(found.map((file, i) => ({ file, probe: probed[i] })));
  const outcomes = chosen.map(({ file, probe }) => toItem(file, probe, ontology));
  const items = outcomes.filter((outcome) => 'id' in outcome);
  const library: Library = {
    folder: root,
    items,
    attributes: Object.keys(LABEL_COLUMNS)
      .filter((column) => column !== 'genres')
      .map((name) => ({ name, isNumber: false })),
    unreadable: [],
  };
  return {
    file: await writeLibrary(library),
    library,
    segments: { listed: listed.length, music: music.length, found: chosen.length },
    unreadable: [...unreadable, ...passedOver, ...outcomes.filter((outcome) => 'reason' in outcome)],
    unknownLabels: [...new Set(listed.flatMap(({ segment }) => segment.labelIds))].filter(
      (id) => ontology.nameOf(id) === undefined,
    ),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code}.`, {
      cause: error,
    });
  }
}

interface ListedSegment {
  segment: AudioSetSegment;
  split: Split | null;
}

/** All lists, one after the other, a segment that comes again with its labels joined. One in two splits is a fault. */
async function readLists(lists: AudioSetImport['lists']): Promise<ListedSegment[]> {
  const listed = new Map<string, ListedSegment>();
  for (const { file, split } of lists) {
    for (const segment of parseAudioSetSegments(await readText(file), file)) {
      const key = `${split} ${toItemId(segment)}`;
      const labelIds = [...(listed.get(key)?.segment.labelIds ?? []), ...segment.labelIds];
      listed.set(key, { segment: { ...segment, labelIds: [...new Set(labelIds)] }, split });
    }
  }
  const all = [...listed.values()];
  const videos = Map.groupBy(all, ({ segment }) => segment.videoId);
  const torn = [...videos].filter(([, ofVideo]) => new Set(ofVideo.map(({ split }) => split)).size > 1);
  if (torn.length > 0) {
    const names = torn.slice(0, 3).map(([id]) => id);
    throw new UsageError(
      `${torn.length} videos stand in lists of different splits, such as ${names.join(', ')}.`,
    );
  }
  return all;
}

function toItemId({ videoId, startSeconds }: AudioSetSegment): string {
  return `${videoId}_${startSeconds}`;
}

/** For each segment the files that were cut out for it, else those of the whole video. */
function findFiles(listed: readonly ListedSegment[], paths: readonly string[]): SegmentFile[] {
  const files = Map.groupBy(paths.flatMap(parseFileName), ({ videoId }) => videoId);
  return listed.flatMap(({ segment, split }) => {
    const ofVideo = files.get(segment.videoId) ?? [];
    const startsThere = ({ startSeconds }: NamedFile) =>
      startSeconds === segment.startSeconds || startSeconds === 1000 * segment.startSeconds;
    const cut = ofVideo.filter((file) => file.startSeconds !== null && startsThere(file));
    const isCutOut = cut.length > 0;
    const found = isCutOut ? cut : ofVideo.filter(({ startSeconds }) => startSeconds === null);
    return found.map(({ path }) => ({ segment, split, path, isCutOut }));
  });
}

/** Of several files of one segment the first with pictures, else the first that can be read. */
function chooseFiles(probed: readonly ProbedSegment[]): {
  chosen: ProbedSegment[];
  passedOver: Unreadable[];
} {
  const chosen: ProbedSegment[] = [];
  const passedOver: Unreadable[] = [];
  for (const ofSegment of Map.groupBy(probed, ({ file }) => file.segment).values()) {
    const readable = ofSegment.filter(({ probe }) => 'probe' in probe);
    const best =
      readable.find(({ probe }) => 'probe' in probe && probe.probe.video !== null) ??
      readable.at(0) ??
      ofSegment[0];
    chosen.push(best);
    const others = ofSegment.filter((one) => one !== best);
    passedOver.push(
      ...others.map(({ file }) => ({
        path: file.path,
        reason: `the segment has ${basename(best.file.path)}`,
      })),
    );
  }
  return { chosen, passedOver };
}

function parseFileName(path: string): NamedFile[] {
  const name = /^(?<videoId>[\w-]{11})(?:_(?<start>\d+(?:\.\d+)?)(?:_\d+(?:\.\d+)?)?)?$/.exec(
    basename(path, extname(path)),
  )?.groups;
  if (!name) return [];
  return [
    { path, videoId: name.videoId, startSeconds: name.start === undefined ? null : Number(name.start) },
  ];
}

function toItem(
  { segment, split, path, isCutOut }: SegmentFile,
  probed: ProbedFile<MediaProbe>,
  ontology: Ontology,
): LibraryItem | Unreadable {
  if ('error' in probed) return { path, reason: `${probed.error.code}: ${probed.error.message}` };
  const { videoId, startSeconds, endSeconds, labelIds } = segment;
  const { durationSeconds } = probed.probe;
  // A file of the segment's own length was cut out, whatever its name.
  const isWhole = !isCutOut && durationSeconds > endSeconds - startSeconds + DURATION_SLACK_SECONDS;
  if (isWhole && durationSeconds < endSeconds - DURATION_SLACK_SECONDS) {
    return { path, reason: `it ends at ${durationSeconds} s, before its segment does at ${endSeconds} s` };
  }
  const valuesOf = (node: string) => {
    const below = ontology.withDescendants(node);
    const names = labelIds.filter((id) => below.has(id)).flatMap((id) => ontology.nameOf(id) ?? []);
    return names.filter((name) => name !== node);
  };
  const { genres, ...attributes } = LABEL_COLUMNS;
  return {
    id: toItemId(segment),
    modality: toModality(probed.probe),
    path,
    title: probed.probe.tags.title?.trim() || basename(path, extname(path)),
    artist: probed.probe.tags.artist?.trim() || null,
    genres: valuesOf(genres),
    source: videoId,
    pairedWith: null,
    split,
    startSeconds: isWhole ? startSeconds : null,
    endSeconds: isWhole ? Math.min(endSeconds, durationSeconds) : null,
    mediaUrl: null,
    attributes: Object.entries(attributes).flatMap(([name, node]) =>
      valuesOf(node).map((value) => ({ name, value })),
    ),
  };
}
