import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../shared/errors.ts';

/** The absolute path of a file that a command was given. UsageError where it is missing, a folder, or can't be read. */
export async function findInputFile(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(error.code === 'ENOENT' ? `There is no file ${path}.` : toMessage(path, error));
  });
  if (found.isDirectory()) throw new UsageError(`${path} is a folder; name a file.`);
  if (!found.isFile()) throw new UsageError(`${path} is no file.`);
  await access(path, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(toMessage(path, error));
  });
  return resolve(path);
}

const toMessage = (path: string, { code }: NodeJS.ErrnoException) => `${path} can't be read (${code}).`;
