import { join } from 'node:path';
import { hashFile } from '../../shared/hash-file.ts';
import { readManifest } from '../backbone-files.ts';
import { MANIFEST_FILE } from '../file-names.ts';
import { filesOf } from './manifest-files.ts';
import { type BackbonePin, LOCK_FILE } from './models-lock.ts';

/**
 * Hashes every file of an installed backbone and compares it with what the manifest says, and with its pin where it has
 * one. Returns each difference as a sentence. IntegrityError for a faulty manifest.
 */
export async function findDifferences(
  directory: string,
  id: string,
  pin: BackbonePin | null,
  signal: AbortSignal,
): Promise<string[]> {
  const manifest = await readManifest(directory, id);
  if (!manifest) return [`${MANIFEST_FILE} is missing`];
  const differences: string[] = [];
  const named = new Map(filesOf(manifest).map(({ name, sha256 }) => [name, sha256]));
  for (const name of new Set([...named.keys(), ...Object.keys(pin?.files ?? {})])) {
    const found = await hashIfThere(join(directory, id, name), signal);
    if (!found) {
      differences.push(`${name} is missing`);
      continue;
    }
    const expected = named.get(name);
    if (expected && found !== expected) {
      differences.push(`${name} has the SHA-256 ${found}, and ${MANIFEST_FILE} says ${expected}`);
    }
    const pinned = pin?.files[name]?.sha256;
    if (pinned && found !== pinned) {
      differences.push(`${name} has the SHA-256 ${found}, and ${LOCK_FILE} says ${pinned}`);
    }
  }
  return differences;
}

/** SHA-256 of a file, in hexadecimal; null where there is no such file. */
export async function hashIfThere(path: string, signal: AbortSignal): Promise<string | null> {
  return hashFile(path, signal).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
