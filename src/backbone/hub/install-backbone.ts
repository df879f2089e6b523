import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { sweepDrafts, toDraftName } from '../../shared/drafts.ts';
import { IntegrityError, UsageError } from '../../shared/errors.ts';
import { readManifest } from '../backbone-files.ts';
import { MANIFEST_FILE } from '../file-names.ts';
import type { BackboneManifest } from '../manifest.ts';
import { countPartialBytes, type DownloadTools, downloadFile } from './download-file.ts';
import { type BackbonePin, writePin } from './models-lock.ts';
import type { PullPlan } from './plan-pull.ts';
import { withPullGuard } from './pull-guard.ts';
import { findDifferences, hashIfThere } from './verify-backbone.ts';

/** `there`: it was installed already, whole. */
export type InstallOutcome = 'installed' | 'there';

export interface InstallOptions {
  /** Holds one folder for each backbone. */
  directory: string;
  /** Also takes the place of another build under the same id. */
  replaces: boolean;
  /** Bytes of this call and all it has to fetch, and the file at hand. */
  onProgress?: (done: number, total: number, file: string) => void;
  /** Room on a folder's disk; of the file system unless told. */
  measureFreeBytes?: (directory: string) => Promise<number>;
}

const REPLACED_PREFIX = '.replaced-';

/** Left free beside what is downloaded. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * Downloads what a plan names and puts it in `<directory>/<id>`: whole and verified, or not at all. An interrupted call
 * leaves its files in a hidden folder for the next one. UsageError where another build is installed or the disk is too
 * full, BusyError while another pull is at work, else as downloadFile.
 */
export async function installBackbone(
  plan: PullPlan,
  options: InstallOptions,
  tools: Omit<DownloadTools, 'onBytes'>,
): Promise<InstallOutcome> {
  return withPullGuard(options.directory, async () => {
    const { directory } = options;
    const folder = join(directory, plan.manifest.id);
    const draft = join(directory, `.${plan.manifest.id}.pull`);
    if (await isInstalled(plan, directory, tools.signal)) {
      await writePin(directory, plan.manifest.id, plan.pin);
      return 'there';
    }
    await checkReplacement(plan, options, tools.signal);
    await mkdir(draft, { recursive: true });
    const missing = await findMissing(plan, draft, tools.signal);
    await checkRoom(missing, draft, options);
    await downloadAll(missing, options, tools);
    await writeFile(join(draft, MANIFEST_FILE), plan.manifestText, { flush: true });
    await dropStrays(plan, draft);
    await replaceFolder(draft, folder, directory);
    await writePin(directory, plan.manifest.id, plan.pin);
    return 'installed';
  }).catch((error) => {
    throw translateFullDisk(error, options.directory);
  });
}

/** True where a plan's backbone is installed and all its files are what they should be. */
export async function isInstalled(plan: PullPlan, directory: string, signal: AbortSignal): Promise<boolean> {
  const installed = await readWhole(plan.manifest.id, directory, null, signal);
  return installed !== null && isDeepStrictEqual(installed, plan.manifest);
}

/** The manifest of an installed backbone, every file of which was hashed; null for one that is missing or damaged. */
export async function readWhole(
  id: string,
  directory: string,
  pin: BackbonePin | null,
  signal: AbortSignal,
): Promise<BackboneManifest | null> {
  try {
    const differences = await findDifferences(directory, id, pin, signal);
    return differences.length === 0 ? await readManifest(directory, id) : null;
  } catch (error) {
    if (error instanceof IntegrityError) return null;
    throw error;
  }
}

/** What is damaged may go; what is whole is somebody's. */
async function checkReplacement(
  { manifest: { id, sha256 } }: PullPlan,
  { directory, replaces }: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  if (replaces) return;
  const installed = await readWhole(id, directory, null, signal);
  if (!installed) return;
  throw new UsageError(
    `${id} is installed already, as another build (SHA-256 ${installed.sha256}; this one's is ${sha256}). ` +
      'Bundles that were trained on it need it. To replace it: --update',
  );
}

interface MissingFile {
  file: PullPlan['files'][number];
  path: string;
  /** What an earlier call left of it. */
  partialBytes: number;
}

/** What an earlier call has not brought yet. */
async function findMissing(plan: PullPlan, draft: string, signal: AbortSignal): Promise<MissingFile[]> {
  const missing: MissingFile[] = [];
  for (const file of plan.files) {
    const path = join(draft, file.name);
    if ((await hashIfThere(path, signal)) === file.sha256) continue;
    missing.push({ file, path, partialBytes: await countPartialBytes(path, file) });
  }
  return missing;
}

async function checkRoom(
  missing: readonly MissingFile[],
  draft: string,
  { measureFreeBytes = freeBytesOf }: InstallOptions,
): Promise<void> {
  const neededBytes = missing.reduce(
    (sum, { file, partialBytes }) => sum + file.sizeBytes - partialBytes,
    RESERVE_BYTES,
  );
  const freeBytes = await measureFreeBytes(draft);
  if (freeBytes >= neededBytes) return;
  const toMegabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new UsageError(
    `The disk of ${draft} has ${toMegabytes(freeBytes)} left, and ${toMegabytes(neededBytes)} are needed.`,
  );
}

/** Others may fill a disk that had room enough, and a quota is not seen beforehand. */
function translateFullDisk(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '')) return error;
  return new UsageError(
    `Nothing more can be written to ${directory} (${code}). Make room and run it again: what is there stays.`,
    { cause: error },
  );
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

async function downloadAll(
  missing: readonly MissingFile[],
  { onProgress }: InstallOptions,
  tools: Omit<DownloadTools, 'onBytes'>,
): Promise<void> {
  const total = missing.reduce((sum, { file, partialBytes }) => sum + file.sizeBytes - partialBytes, 0);
  let done = 0;
  for (const { file, path, partialBytes } of missing) {
    const before = done;
    await downloadFile(path, file, {
      ...tools,
      onBytes: (bytes) => {
        done = before + Math.max(0, bytes - partialBytes);
        onProgress?.(done, total, file.name);
      },
    });
  }
}

/** Removes what a plan does not name, such as the leavings of an earlier one. */
async function dropStrays(plan: PullPlan, draft: string): Promise<void> {
  const named = new Set([MANIFEST_FILE, ...plan.files.map(({ name }) => name)]);
  for (const name of await readdir(draft)) {
    if (!named.has(name)) await rm(join(draft, name), { recursive: true, force: true });
  }
}

/** Puts the draft in the place of what is there, if anything is. */
async function replaceFolder(draft: string, folder: string, directory: string): Promise<void> {
  await sweepDrafts(directory, (name) => name.startsWith(REPLACED_PREFIX));
  const replaced = join(directory, toDraftName(REPLACED_PREFIX));
  const isReplaced = await stat(folder).then(
    () => true,
    () => false,
  );
  if (isReplaced) await rename(folder, replaced);
  await rename(draft, folder);
  await rm(replaced, { recursive: true, force: true });
}
