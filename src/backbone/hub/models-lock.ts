import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toDraftName } from '../../shared/drafts.ts';
import { parseDocument } from './parse-document.ts';

export const LOCK_FILE = 'models-lock.json';

const pinSchema = z.strictObject({
  repository: z.string(),
  /** The commit where the server named one, else what was asked for. */
  revision: z.string(),
  /** The branch, tag or commit that was asked for; absent where an earlier version wrote this. */
  requestedRevision: z.string().optional(),
  /** By their names in the backbone's folder, the manifest among them where it was downloaded too. */
  files: z.record(z.string(), z.strictObject({ sizeBytes: z.int().min(0), sha256: z.string() })),
});

const lockSchema = z.strictObject({
  schemaVersion: z.literal(1),
  backbones: z.record(z.string(), pinSchema),
});

/** What a pull brought: from where, and what its files are. */
export type BackbonePin = z.infer<typeof pinSchema>;
/** By backbone id. */
export type BackbonePins = Record<string, BackbonePin>;

/**
 * The pins in a backbones' folder, none where there is no lock file. Taken to another machine, it holds pulls there to
 * the same files. IntegrityError lists its faults.
 */
export async function readPins(directory: string): Promise<BackbonePins> {
  const path = join(directory, LOCK_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return {};
  return parseDocument(lockSchema, text, path).backbones;
}

/** Sets one backbone's pin. Callers keep others out meanwhile. */
export async function writePin(directory: string, id: string, pin: BackbonePin): Promise<void> {
  const backbones = { ...(await readPins(directory)), [id]: pin };
  const sorted = Object.fromEntries(Object.entries(backbones).sort(([a], [b]) => (a < b ? -1 : 1)));
  const draft = join(directory, toDraftName(`.${LOCK_FILE}.`));
  await writeFile(draft, `${JSON.stringify({ schemaVersion: 1, backbones: sorted }, null, 2)}\n`, {
    flush: true,
  });
  await rename(draft, join(directory, LOCK_FILE));
}
