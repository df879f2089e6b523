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
type SegmentFile = { segment: AudioSetSegment; split: Split | null; path: string; isCutOut: boolean };

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
  const outcomes = found.map((file, i) => toItem(file, probed[i], ontology));
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
    segments: { listed: listed.length, music: music.length, found: found.length },
    unreadable: [...unreadable, ...outcomes.filter((outcome) => 'reason' in outcome)],
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

/** All lists, one after the other; a segment that stands in two splits is a fault. */
async function readLists(lists: AudioSetImport['lists']) {
  const listed: { segment: AudioSetSegment; split: Split | null }[] = [];
  for (const { file, split } of lists) {
    const segments = parseAudioSetSegments(await readText(file), file);
    listed.push(...segments.map((segment) => ({ segment, split })));
  }
  const videos = Map.groupBy(listed, ({ segment }) => segment.videoId);
  const torn = [...videos].filter(([, ofVideo]) => new Set(ofVideo.map(({ split }) => split)).size > 1);
  if (torn.length > 0) {
    const names = torn.slice(0, 3).map(([id]) => id);
    throw new UsageError(
      `${torn.length} videos stand in lists of different splits, such as ${names.join(', ')}.`,
    );
  }
  return listed;
}

/** For each segment its own cut, else the whole video. */
function findFiles(
  listed: readonly { segment: AudioSetSegment; split: Split | null }[],
  paths: readonly string[],
): SegmentFile[] {
  const files = Map.groupBy(paths.flatMap(parseFileName), ({ videoId }) => videoId);
  return listed.flatMap(({ segment, split }) => {
    const ofVideo = files.get(segment.videoId) ?? [];
    const startsThere = ({ startSeconds }: NamedFile) =>
      startSeconds === segment.startSeconds || startSeconds === 1000 * segment.startSeconds;
    const cut = ofVideo.find((file) => file.startSeconds !== null && startsThere(file));
    const file = cut ?? ofVideo.find(({ startSeconds }) => startSeconds === null);
    return file ? [{ segment, split, path: file.path, isCutOut: file === cut }] : [];
  });
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
    id: `${videoId}_${startSeconds}`,
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
