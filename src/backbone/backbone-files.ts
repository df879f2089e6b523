import { createHash, randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IntegrityError, UsageError } from '../shared/errors.ts';
import { MANIFEST_FILE, ONNX_FILE } from './file-names.ts';
import { parseDocument } from './hub/parse-document.ts';
import type { GraphFile } from './inference-client.ts';
import type { BuiltInBackbone } from './lite/lite-backbones.ts';
import { type BackboneManifest, type BackboneManifestFile, backboneManifestSchema } from './manifest.ts';

/** The manifest in a backbone's folder; null where there is none. IntegrityError lists its faults. */
export async function readManifest(directory: string, id: string): Promise<BackboneManifest | null> {
  const path = join(directory, id, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const manifest = parseDocument(backboneManifestSchema, text, path);
  if (manifest.id !== id) throw new IntegrityError(`${path} is of ${manifest.id}.`);
  return manifest;
}

/** A graph of a backbone's folder with all that lies beside it. */
export function toGraphFile(
  folder: string,
  { file, sha256, weightFiles }: { file: string } & Pick<BackboneManifest, 'sha256' | 'weightFiles'>,
): GraphFile {
  return {
    path: join(folder, file),
    sha256,
    weightFiles: weightFiles.map((weights) => ({ path: join(folder, weights.file), sha256: weights.sha256 })),
  };
}

/** Writes a backbone that we build ourselves; all of its folder appears at once. */
export async function writeBuiltIn(directory: string, backbone: BuiltInBackbone): Promise<void> {
  const { id } = backbone.manifest;
  const onnx = backbone.buildOnnx();
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const manifest: BackboneManifestFile = { ...backbone.manifest, sha256 };
  const unfinished = join(directory, `.${id}.${randomUUID()}`);
  try {
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, ONNX_FILE), onnx, { flush: true });
    await writeFile(join(unfinished, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, {
      flush: true,
    });
    await rename(unfinished, join(directory, id)).catch((error: NodeJS.ErrnoException) => {
      // Another process was first and wrote the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The ids of the folders, and of links to folders. */
export async function listInstalled(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UsageError(`The backbones' folder ${directory} cannot be read.`, { cause: error });
  });
  const isFolder = async (entry: Dirent) =>
    entry.isDirectory() ||
    (entry.isSymbolicLink() &&
      (await stat(join(directory, entry.name)).catch(() => null))?.isDirectory() === true);
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  const areFolders = await Promise.all(visible.map(isFolder));
  return visible.filter((_, index) => areFolders[index]).map(({ name }) => name);
}
