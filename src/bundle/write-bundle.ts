import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODALITIES, type Modality } from '../media/media.ts';
import { sweepDrafts, toDraftName } from '../shared/drafts.ts';
import { IntegrityError } from '../shared/errors.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { type BundleIdentity, toBundleId } from './identity.ts';
import { type BundleManifest, bundleManifestSchema } from './manifest.ts';
import { MANIFEST_FILE, readBundle } from './read-bundle.ts';

export interface BundleParts {
  identity: BundleIdentity;
  /** The bytes of the head files that the identity names. */
  heads: Record<Modality, Uint8Array>;
  /** Where the identity names a file for texts. */
  textHeads?: Uint8Array | null;
  /** What describes the bundle and is no part of its id. */
  description: Omit<BundleManifest, 'schemaVersion' | 'id' | 'identity'>;
  /** Further files by name, such as the evaluation report; no part of the id. */
  reports: Record<string, string>;
}

export interface WrittenBundle {
  id: string;
  directory: string;
  manifest: BundleManifest;
}

const DRAFT_PREFIX = '.writing-';

/**
 * Writes `<parentDirectory>/<id>`: whole or not at all, by a rename. Where the same bundle is there already its
 * description and reports are replaced, each by a rename; a damaged one is replaced whole.
 */
export async function writeBundle(parentDirectory: string, parts: BundleParts): Promise<WrittenBundle> {
  const manifest = toManifest(parts);
  const directory = join(parentDirectory, manifest.id);
  await sweepDrafts(parentDirectory, (name) => name.startsWith(DRAFT_PREFIX));
  const draft = join(parentDirectory, toDraftName(DRAFT_PREFIX));
  await makeFolder(draft);
  try {
    await writeFiles(draft, manifest, parts);
    if (await isIntact(directory)) await replaceDescription(draft, directory, parts);
    else await replaceFolder(draft, directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { id: manifest.id, directory, manifest };
}

function toManifest({ identity, description }: BundleParts): BundleManifest {
  return bundleManifestSchema.parse({
    schemaVersion: 1,
    id: toBundleId(identity),
    identity,
    ...description,
  });
}

async function writeFiles(
  folder: string,
  manifest: BundleManifest,
  { heads, textHeads, reports }: BundleParts,
): Promise<void> {
  for (const modality of MODALITIES) {
    await writeFile(join(folder, manifest.identity.heads[modality].file), heads[modality], { flush: true });
  }
  const { text } = manifest.identity;
  if (text && textHeads) await writeFile(join(folder, text.file), textHeads, { flush: true });
  for (const [name, text] of Object.entries(reports)) {
    await writeFile(join(folder, name), text, { flush: true });
  }
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
}

async function isIntact(directory: string): Promise<boolean> {
  try {
    await readBundle(directory);
    return true;
  } catch (error) {
    if (error instanceof IntegrityError) return false;
    throw error;
  }
}

async function replaceDescription(draft: string, directory: string, { reports }: BundleParts): Promise<void> {
  for (const name of [...Object.keys(reports), MANIFEST_FILE]) {
    await rename(join(draft, name), join(directory, name));
  }
}

/** Puts the draft in the place of what is there, if anything is. */
async function replaceFolder(draft: string, directory: string): Promise<void> {
  const damaged = `${draft}-damaged`;
  await rename(directory, damaged).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(draft, directory);
  await rm(damaged, { recursive: true, force: true });
}
