import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BusyError } from '../../shared/errors.ts';
import { isProcessRunning } from '../../shared/process.ts';
import type { Database } from './database.ts';

/** How long a holder that was not heard of counts as alive, and how often a holder is heard of. */
const LEASE_MS = 30_000;
export const HEARTBEAT_MS = 5_000;

interface Holder {
  token: string;
  host: string;
  process_id: number;
  process_start: string | null;
  lease_until_ms: number;
}

/** Takes the one writer's place for `token`, or throws a BusyError while a living writer has it. */
export function takeWriterLock(database: Database, token: string): void {
  const holder = database.get<Holder>('SELECT * FROM writer');
  if (holder && isAlive(holder)) {
    throw new BusyError(
      `Another writer (process ${holder.process_id} on ${holder.host}) is filling this store.`,
      HEARTBEAT_MS,
    );
  }
  database.run(
    'INSERT OR REPLACE INTO writer VALUES (1, ?, ?, ?, ?, ?)',
    token,
    hostname(),
    process.pid,
    processStart(process.pid),
    Date.now() + LEASE_MS,
  );
}

/** Throws where the place was lost, as it is to a writer that was stopped for longer than the lease. */
export function checkWriterLock(database: Database, token: string): void {
  if (!database.get('SELECT 1 FROM writer WHERE token = ?', token)) {
    throw new Error('This writer has lost its place in the store to another one.');
  }
}

export function renewWriterLock(database: Database, token: string): void {
  database.run('UPDATE writer SET lease_until_ms = ? WHERE token = ?', Date.now() + LEASE_MS, token);
}

export function releaseWriterLock(database: Database, token: string): void {
  database.run('DELETE FROM writer WHERE token = ?', token);
}

function isAlive(holder: Holder): boolean {
  if (holder.lease_until_ms < Date.now()) return false;
  if (holder.host !== hostname()) return true;
  return isProcessRunning(holder.process_id) && processStart(holder.process_id) === holder.process_start;
}

/** Tells a process from a later one with the same number: Linux's start time in clock ticks, null elsewhere. */
function processStart(processId: number): string | null {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // The second field, the command's name, stands in parentheses and may hold spaces; starttime is the 22nd.
    // A zombie is dead, though its number is still taken.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}
