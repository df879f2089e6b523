import { stat } from 'node:fs/promises';
import { fileTypeFromFile } from 'file-type';
import { MediaError } from '../shared/errors.ts';

/** Containers that are read, by the extension that file-type gives their signature. */
const MEDIA_SIGNATURES = new Set([
  ...['mp4', 'm4v', 'mov', 'm4a', 'm4b', '3gp', '3g2', 'f4v'],
  ...['webm', 'mkv', 'mka'],
  ...['mp3', 'flac', 'wav'],
  ...['ogg', 'oga', 'ogv', 'ogx', 'opus'],
]);

/**
 * Throws UNSUPPORTED_MEDIA unless the file's first bytes are those of a container that is read; its name does
 * not count. A file that passes may still be damaged.
 */
export async function assertMediaSignature(path: string): Promise<void> {
  const signature = await readSignature(path);
  if (signature === null) {
    throw new MediaError('UNSUPPORTED_MEDIA', 'The file is empty or holds neither music nor video.');
  }
  if (!MEDIA_SIGNATURES.has(signature)) {
    throw new MediaError('UNSUPPORTED_MEDIA', `Files of type ${signature} cannot be read.`);
  }
}

async function readSignature(path: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isFile()) return null;
    return (await fileTypeFromFile(path))?.ext ?? null;
  } catch (error) {
    const failure = new MediaError('UNSUPPORTED_MEDIA', 'The file is missing or cannot be opened.');
    failure.cause = error;
    throw failure;
  }
}
