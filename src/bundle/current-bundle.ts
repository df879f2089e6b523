import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepDrafts, toDraftName } from '../shared/drafts.ts';
import { IntegrityError } from '../shared/errors.ts';

const POINTER_FILE = 'current-bundle';
const DRAFT_PREFIX = `${POINTER_FILE}.`;

/** Id of the bundle that was made current, or null where none was. IntegrityError where the file holds no id. */
export async function readCurrentBundle(dataDirectory: string): Promise<string | null> {
  const path = join(dataDirectory, POINTER_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const id = text.trim();
  if (!/^[0-9a-f]{64}$/.test(id)) throw new IntegrityError(`${path} does not hold the id of a bundle.`);
  return id;
}

/** Makes a bundle current, in one step: a reader sees the old id or the new one. */
export async function writeCurrentBundle(dataDirectory: string, id: string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  await sweepDrafts(dataDirectory, (name) => name.startsWith(DRAFT_PREFIX));
  const draft = join(dataDirectory, toDraftName(DRAFT_PREFIX));
  try {
    await writeFile(draft, `${id}\n`, { flush: true });
    await rename(draft, join(dataDirectory, POINTER_FILE));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
