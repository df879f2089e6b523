import { stat } from 'node:fs/promises';
import { hashFile as hashBytes } from '../shared/hash-file.ts';

/** A file is missing, is no file, or can't be opened or read; nothing but this file is at fault. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** Faults of this process or machine that any file would meet. */
const GENERAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** SHA-256 of a file's bytes in hexadecimal, read as a stream. UnreadableFileError where that can't be done. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  try {
    // Opening a pipe or a device may wait for ever.
    if (!(await stat(path)).isFile()) throw new UnreadableFileError('This is no file.');
    return await hashBytes(path, signal);
  } catch (error) {
    const { syscall, code = 'unknown' } = error as NodeJS.ErrnoException;
    if (syscall === undefined || GENERAL_FAULTS.has(code)) throw error;
    throw new UnreadableFileError(
      code === 'ENOENT' ? 'There is no such file.' : `The file can't be read (${code}).`,
      { cause: error },
    );
  }
}
