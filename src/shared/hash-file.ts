import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of a file's bytes, in hexadecimal, read as a stream. Rejects as the file system does. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await hashInto(hash, path, signal);
  return hash.digest('hex');
}

/** Feeds a file's bytes to a hash. Returns how many it had. Rejects as the file system does. */
export async function hashInto(hash: Hash, path: string, signal?: AbortSignal): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return sizeBytes;
}
