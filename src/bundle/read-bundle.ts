import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MODALITIES, type Modality } from '../media/media.ts';
import { IntegrityError } from '../shared/errors.ts';
import { sha256Of, toBundleId } from './identity.ts';
import { type BundleManifest, bundleManifestSchema } from './manifest.ts';

/** Name of the manifest inside a bundle's folder. */
export const MANIFEST_FILE = 'manifest.json';

/** A trained artefact whose every hash was checked. */
export interface Bundle {
  id: string;
  directory: string;
  manifest: BundleManifest;
  /** Both spaces' heads of each modality as one ONNX graph: `features` [n, d] → `ssl`, `sup`. */
  heads: Record<Modality, Uint8Array>;
  /** The same for the features of texts; null where the bundle reads none. */
  textHeads: Uint8Array | null;
}

/** Reads a bundle and verifies it. IntegrityError, naming the file, where anything is not what it should be. */
export async function readBundle(directory: string): Promise<Bundle> {
  const manifest = await readManifest(join(directory, MANIFEST_FILE));
  const heads = {} as Record<Modality, Uint8Array>;
  for (const modality of MODALITIES) {
    const { file, sha256 } = manifest.identity.heads[modality];
    heads[modality] = await readVerified(join(directory, file), sha256);
  }
  const { text } = manifest.identity;
  const textHeads = text ? await readVerified(join(directory, text.file), text.sha256) : null;
  return { id: manifest.id, directory, manifest, heads, textHeads };
}

async function readManifest(path: string): Promise<BundleManifest> {
  const bytes = await readOrFail(path);
  const parsed = bundleManifestSchema.safeParse(parseJson(bytes.toString('utf8'), path));
  if (!parsed.success) {
    throw new IntegrityError(`${path} is no manifest of a bundle:\n${z.prettifyError(parsed.error)}`);
  }
  const expected = toBundleId(parsed.data.identity);
  if (parsed.data.id !== expected) {
    throw new IntegrityError(
      `${path} says that its id is ${parsed.data.id}, but its contents give ${expected}.`,
    );
  }
  return parsed.data;
}

async function readVerified(path: string, sha256: string): Promise<Uint8Array> {
  const bytes = await readOrFail(path);
  const actual = sha256Of(bytes);
  if (actual !== sha256) {
    throw new IntegrityError(`${path} has SHA-256 ${actual}, not ${sha256} as its manifest says.`);
  }
  return new Uint8Array(bytes);
}

async function readOrFail(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? "is gone: put the bundle's folder back, or train it again with bin/control-mvr train LIBRARY, and index"
        : `can't be read (${code})`;
    throw new IntegrityError(`${path} ${reason}.`, { cause });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}
