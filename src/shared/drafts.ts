import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing takes so long to write: a draft of this age is left from a process that was killed. */
const LONGEST_WRITING_MS = 60 * 60_000;

/** A name that no other writer uses, for what is renamed once it is whole. */
export function toDraftName(prefix: string): string {
  return `${prefix}${randomUUID()}`;
}

/** Removes what killed writers left in a folder: entries that `isDraft` knows by their name, an hour old or more. */
export async function sweepDrafts(folder: string, isDraft: (name: string) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isDraft)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null); // it is gone: its writer has renamed it
    if (!found || Date.now() - found.mtimeMs < LONGEST_WRITING_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}
