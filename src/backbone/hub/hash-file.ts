import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

/** Feeds a file on disk to a hash. Returns how many bytes it had. Rejects as the file system does. */
export async function hashInto(hash: Hash, path: string, signal?: AbortSignal): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return sizeBytes;
}

/** SHA-256 of a file on disk, in hexadecimal; null where there is no such file. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await hashInto(hash, path, signal);
    return hash.digest('hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
