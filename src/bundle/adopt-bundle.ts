import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Bundle } from './read-bundle.ts';
import { writeBundle } from './write-bundle.ts';

/** What training writes beside the heads; a bundle without a test split has neither. */
const REPORT_FILES = ['evaluation.json', 'evaluation.md'];

/** Copies a bundle from elsewhere to where servers look for it; one that lies there stays as it is. */
export async function adoptBundle(
  { directory, manifest, heads, textHeads }: Bundle,
  parentDirectory: string,
) {
  if (dirname(resolve(directory)) === resolve(parentDirectory)) return;
  const { identity, schemaVersion, id, ...description } = manifest;
  const reports: Record<string, string> = {};
  for (const name of REPORT_FILES) {
    const text = await readFile(join(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) reports[name] = text;
  }
  await writeBundle(parentDirectory, { identity, heads, textHeads, description, reports });
}
