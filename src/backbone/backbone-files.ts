import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IntegrityError, UsageError } from '../shared/errors.ts';
import type { BuiltInBackbone } from './lite/lite-backbones.ts';
import { type BackboneManifest, type BackboneManifestFile, backboneManifestSchema } from './manifest.ts';

export const MANIFEST_FILE = 'manifest.json';
export const ONNX_FILE = 'backbone.onnx';

/** The manifest in a backbone's folder; null where there is no such folder. IntegrityError lists its faults. */
export async function readManifest(directory: string, id: string): Promise<BackboneManifest | null> {
  const path = join(directory, id, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const parsed = backboneManifestSchema.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new IntegrityError(`${path} has faults:\n${faults.join('\n')}`);
  }
  if (parsed.data.id !== id) throw new IntegrityError(`${path} is of ${parsed.data.id}.`);
  return parsed.data;
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

/** The ids of the folders that hold a manifest. */
export async function listInstalled(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UsageError(`The backbones' folder ${directory} cannot be read.`, { cause: error });
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${path} is no JSON.`, { cause });
  }
}
