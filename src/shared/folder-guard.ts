import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BusyError } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { isProcessRunning } from './process.ts';

const HEARTBEAT_MS = 5_000;
/** A guard that was not touched for so long is left from a process that is gone. */
const LEASE_MS = 60_000;

interface GuardHolder {
  token: string;
  host: string;
  processId: number;
}

/** The guards that this process holds: a file of another one under its number is left from an earlier process. */
const held = new Set<string>();

export interface FolderGuard {
  directory: string;
  /** Name of the file that stands in the folder meanwhile. */
  file: string;
  /** What holds it, as messages name it: "pull". */
  work: string;
}

/**
 * Keeps other processes out of a folder while `run` is at work, on one machine or several. BusyError while another has
 * it. Two may get in where a machine sleeps longer than the lease.
 */
export async function withFolderGuard<T>(
  { directory, file, work }: FolderGuard,
  run: () => Promise<T>,
): Promise<T> {
  await makeFolder(directory);
  const path = join(directory, file);
  const holder: GuardHolder = { token: randomUUID(), host: hostname(), processId: process.pid };
  held.add(holder.token);
  try {
    await take(path, holder, work);
    const heartbeat = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => {}); // a beat that is missed is made up for by the next
    }, HEARTBEAT_MS);
    heartbeat.unref();
    try {
      return await run();
    } finally {
      clearInterval(heartbeat);
      // After a sleep longer than the lease it may be another's.
      if ((await readHolder(path))?.token === holder.token) await rm(path, { force: true });
    }
  } finally {
    held.delete(holder.token);
  }
}

async function take(path: string, holder: GuardHolder, work: string): Promise<void> {
  const create = () => writeFile(path, JSON.stringify(holder), { flag: 'wx' });
  try {
    return await create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await removeIfStale(path, work);
  await create().catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? toBusyError(work) : error;
  });
}

/** One process judges and removes at a time: of two with one judgement, the slower would remove the faster's new guard. */
async function removeIfStale(path: string, work: string): Promise<void> {
  const judging = `${path}.judging`;
  await writeFile(judging, '', { flag: 'wx' }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    // Left by a process that was killed in that moment: the next call gets on.
    if ((await ageMsOf(judging)) > LEASE_MS) await rm(judging, { force: true });
    throw toBusyError(work);
  });
  try {
    const other = await readHolder(path);
    const ageMs = await ageMsOf(path);
    if (isAlive(other, ageMs)) throw toBusyError(work, other);
    await rm(path, { force: true });
  } finally {
    await rm(judging, { force: true });
  }
}

/** Infinite for a file that is gone. */
function ageMsOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}

function isAlive(holder: GuardHolder | null, ageMs: number): boolean {
  if (ageMs > LEASE_MS) return false;
  if (!holder || holder.host !== hostname()) return true;
  if (holder.processId === process.pid) return held.has(holder.token);
  return isProcessRunning(holder.processId);
}

/** Null while the other is still writing it. */
async function readHolder(path: string): Promise<GuardHolder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

function toBusyError(work: string, holder: GuardHolder | null = null): BusyError {
  const who = holder ? `Another ${work} (process ${holder.processId} on ${holder.host})` : `Another ${work}`;
  return new BusyError(`${who} is at work in this folder. Run it again when that has ended.`, HEARTBEAT_MS);
}
