import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MediaError } from '../shared/errors.ts';
import { isProcessRunning } from '../shared/process.ts';

/** A process that has not touched its folder for so long is taken for dead. */
const FOLDER_LEASE_MS = 10 * 60_000;

/** Files of uploads while they are read. Each process has a folder of its own, which others remove when it is dead. */
export interface Uploads {
  /**
   * Writes a stream to a new file under a random name. TOO_LARGE beyond `maxBytes`; whatever goes wrong, no file
   * is left.
   */
  write(bytes: Readable, maxBytes: number, signal?: AbortSignal): Promise<string>;
  remove(path: string): Promise<void>;
  /** Removes what dead processes left, and shows that this one lives. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export function createUploads(directory: string): Uploads {
  const host = hostname().replace(/[^A-Za-z0-9.-]/g, '_');
  const ownName = [host, process.pid, randomBytes(8).toString('hex')].join('~');
  const folder = join(directory, ownName);

  const isDead = async (name: string): Promise<boolean> => {
    const [otherHost, pid] = name.split('~');
    // The same number in another folder is an earlier life of this process, as in a restarted container.
    if (otherHost === host && (Number(pid) === process.pid || !isProcessRunning(Number(pid)))) return true;
    const touchedMs = (await stat(join(directory, name)).catch(() => null))?.mtimeMs ?? 0;
    return Date.now() - touchedMs > FOLDER_LEASE_MS;
  };

  return {
    async write(bytes, maxBytes, signal) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, randomBytes(16).toString('hex'));
      try {
        await pipeline(bytes, limitBytes(maxBytes), createWriteStream(path, { flags: 'wx' }), { signal });
        return path;
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },

    remove: (path) => rm(path, { force: true }),

    async sweep() {
      const now = new Date();
      await utimes(folder, now, now).catch(() => {}); // there is none before the first upload
      const names = await readdir(directory).catch(() => []);
      for (const name of names) {
        if (name === ownName || !(await isDead(name))) continue;
        await rm(join(directory, name), { recursive: true, force: true });
      }
    },

    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function limitBytes(maxBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        done(new MediaError('TOO_LARGE', `The file is larger than ${maxBytes} bytes.`));
      } else done(null, chunk);
    },
  });
}
