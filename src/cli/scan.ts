import { relative } from 'node:path';
import { type AudioSetImport, importAudioSet } from '../library/import-audioset.ts';
import type { Library } from '../library/library.ts';
import { scanFolder, type Unreadable } from '../library/scan-folder.ts';
import { UsageError } from '../shared/errors.ts';
import type { Session } from './session.ts';

export interface ScanArguments {
  force: boolean;
  /** Segment lists of AudioSet: only what they name is taken, with their labels. */
  audioset: AudioSetImport['lists'];
  ontology?: string;
}

/** `scan FOLDER`: writes FOLDER/library.csv from files and tags, or from lists of segments. */
export async function scan(folder: string, options: ScanArguments, session: Session): Promise<void> {
  const { force, audioset, ontology } = options;
  if (audioset.length > 0 !== (ontology !== undefined)) {
    throw new UsageError('--audioset and --ontology go together.');
  }
  const written = ontology
    ? await scanSegments(folder, { force, lists: audioset, ontologyFile: ontology }, session)
    : await scanFiles(folder, force, session);
  for (const { path, reason } of written.unreadable) console.error(`  left out ${path}: ${reason}`);
  console.error(
    `Wrote ${written.file}: ${describe(written.library)}. Look through it before you train on it.`,
  );
}

interface Written {
  file: string;
  library: Library;
  unreadable: Unreadable[];
}

async function scanFiles(folder: string, force: boolean, session: Session): Promise<Written> {
  const { services, progress, signal } = session;
  const result = await progress.stage(`Looking through ${folder}`, (report) =>
    scanFolder(folder, { force, probe: services.reader.probe, signal, onProgress: report }),
  );
  const others = result.otherFiles.map((path) => relative(result.library.folder, path));
  if (others.length > 0) {
    const found = `${count(others.length, 'file is', 'files are')} neither music nor video`;
    console.error(`  ${found}, such as ${others.slice(0, 3).join(', ')}`);
  }
  return result;
}

async function scanSegments(
  folder: string,
  options: Pick<AudioSetImport, 'force' | 'lists' | 'ontologyFile'>,
  session: Session,
): Promise<Written> {
  const { services, progress, signal } = session;
  const result = await progress.stage(`Looking for segments in ${folder}`, (report) =>
    importAudioSet(folder, { ...options, probe: services.reader.probe, signal, onProgress: report }),
  );
  const { segments, unknownLabels } = result;
  console.error(
    `  ${segments.listed} segments are listed, ${segments.music} of them music; ${segments.found} have a file`,
  );
  if (unknownLabels.length > 0) {
    console.error(`  the ontology lacks ${unknownLabels.length} of the labels, such as ${unknownLabels[0]}`);
  }
  return result;
}

function describe({ items }: Library): string {
  const videos = items.filter(({ modality }) => modality === 'VIDEO');
  const paired = videos.filter(({ pairedWith }) => pairedWith !== null);
  return [
    count(items.length - videos.length, 'track', 'tracks'),
    count(videos.length, 'video', 'videos'),
    `${count(paired.length, 'pair', 'pairs')} by name`,
    ...(paired.length < videos.length ? ['the other videos paired with their own sound'] : []),
  ].join(', ');
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
