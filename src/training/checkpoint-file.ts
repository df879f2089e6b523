import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { toDraftName } from '../shared/drafts.ts';
import type { TrainingCheckpoint } from './head-training.ts';
import type { TrainingOptions } from './options.ts';
import type { TrainingSet } from './training-set.ts';

/** A run's checkpoint on disk, found again by what the run is made of. */
export interface CheckpointFile {
  /** Null where none was left. One that is not whole is removed: the run then starts from the beginning. */
  read(): Promise<TrainingCheckpoint | null>;
  /** Replaces the one before, whole or not at all; false where it can't be written, and then nothing is left. */
  write(checkpoint: TrainingCheckpoint): Promise<boolean>;
  remove(): Promise<void>;
}

const SUFFIX = '.checkpoint';
/** Raised whenever a checkpoint of before means something else. */
const FORMAT = 3;
/** In front of the content. */
const CHECKSUM_BYTES = 32;
/** A run that was broken off so long ago is not taken up again. */
const LONGEST_BREAK_MS = 30 * 24 * 3600_000;

/** The file of the run with this set and these options, below `directory`. */
export function createCheckpointFile(
  directory: string,
  set: TrainingSet,
  options: TrainingOptions,
): CheckpointFile {
  const path = join(directory, `${hashRun(set, options)}${SUFFIX}`);
  return {
    async read() {
      await removeForgotten(directory);
      const bytes = await readFile(path).catch(() => null);
      if (!bytes) return null;
      const content = bytes.subarray(CHECKSUM_BYTES);
      if (checksumOf(content).equals(bytes.subarray(0, CHECKSUM_BYTES))) {
        return deserialize(content) as TrainingCheckpoint;
      }
      await rm(path, { force: true });
      return null;
    },
    async write(checkpoint) {
      const draft = join(directory, toDraftName('draft-'));
      const content = serialize(checkpoint);
      try {
        await mkdir(directory, { recursive: true });
        await writeFile(draft, Buffer.concat([checksumOf(content), content]));
        await rename(draft, path);
        return true;
      } catch {
        await rm(draft, { force: true }).catch(() => undefined);
        return false;
      }
    },
    async remove() {
      await rm(path, { force: true });
      // Others may have theirs there.
      await rmdir(directory).catch(() => undefined);
    },
  };
}

function checksumOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

function hashRun({ pairs }: TrainingSet, options: TrainingOptions): string {
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, process.versions.v8, options]));
  for (const { music, video, ...traits } of pairs) {
    hash.update(JSON.stringify([traits, music.length, video.length]));
    for (const { buffer, byteOffset, byteLength } of [...music, ...video]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest('hex');
}

async function removeForgotten(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => null);
    if (found && Date.now() - found.mtimeMs > LONGEST_BREAK_MS) await rm(path, { force: true });
  }
}
