import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isProcessRunning } from '../shared/process.ts';

/** How long a holder that was not heard of counts as alive, and how often a holder is heard of. */
export const LEASE_MS = 30_000;
export const HEARTBEAT_MS = 5_000;

/** Who fills a store. */
export interface WriterHolder {
  token: string;
  host: string;
  processId: number;
  processStart: string | null;
  leaseUntilMs: number;
}

/** This process as a holder, from now on. */
export function createHolder(token: string): WriterHolder {
  return {
    token,
    host: hostname(),
    processId: process.pid,
    processStart: processStart(process.pid),
    leaseUntilMs: Date.now() + LEASE_MS,
  };
}

/** False where the lease ran out, or where the process is known to be gone. */
export function isAlive(holder: WriterHolder): boolean {
  if (holder.leaseUntilMs < Date.now()) return false;
  if (holder.host !== hostname()) return true;
  return isProcessRunning(holder.processId) && processStart(holder.processId) === holder.processStart;
}

export function describeHolder({ processId, host }: WriterHolder): string {
  return `Another writer (process ${processId} on ${host}) is filling this store.`;
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
