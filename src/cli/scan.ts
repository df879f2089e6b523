import { scanFolder } from '../library/scan-folder.ts';
import type { Session } from './session.ts';

/** `scan FOLDER`: writes FOLDER/library.csv from files and tags. */
export async function scan(folder: string, { force }: { force: boolean }, session: Session): Promise<void> {
  const { services, progress, signal } = session;
  const result = await progress.stage(`Looking through ${folder}`, (report) =>
    scanFolder(folder, { force, probe: services.reader.probe, signal, onProgress: report }),
  );
  const { items } = result.library;
  const videos = items.filter(({ modality }) => modality === 'VIDEO');
  for (const { path, reason } of result.unreadable) console.error(`  left out ${path}: ${reason}`);
  if (result.otherFiles > 0) console.error(`  ${result.otherFiles} files are neither music nor video`);
  console.error(
    `Wrote ${result.file}: ${items.length - videos.length} tracks, ${videos.length} videos, ` +
      `${videos.filter(({ pairedWith }) => pairedWith !== null).length} pairs by name. ` +
      'Look through it before you train on it.',
  );
}
