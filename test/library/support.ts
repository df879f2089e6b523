import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LibraryItem } from '../../src/library/library.ts';

/** A folder with these files, removed after the test. */
export async function createFolder(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'library-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export function createItem(values: Partial<LibraryItem> & { id: string }): LibraryItem {
  return {
    modality: 'MUSIC',
    path: `/library/${values.id}`,
    title: values.id,
    artist: null,
    genres: [],
    source: null,
    pairedWith: null,
    split: null,
    startSeconds: null,
    endSeconds: null,
    mediaUrl: null,
    attributes: [],
    ...values,
  };
}
