import { BusyError } from '../../shared/errors.ts';
import {
  createHolder,
  describeHolder,
  HEARTBEAT_MS,
  isAlive,
  LEASE_MS,
  type WriterHolder,
} from '../writer-holder.ts';
import type { Database } from './database.ts';

interface WriterRow {
  token: string;
  host: string;
  process_id: number;
  process_start: string | null;
  lease_until_ms: number;
}

/** Takes the one writer's place for `token`, or throws a BusyError while a living writer has it. */
export function takeWriterLock(database: Database, token: string): void {
  const row = database.get<WriterRow>('SELECT * FROM writer');
  const other = row && toHolder(row);
  if (other && isAlive(other)) throw new BusyError(describeHolder(other), HEARTBEAT_MS);
  const holder = createHolder(token);
  database.run(
    'INSERT OR REPLACE INTO writer VALUES (1, ?, ?, ?, ?, ?)',
    token,
    holder.host,
    holder.processId,
    holder.processStart,
    holder.leaseUntilMs,
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

function toHolder(row: WriterRow): WriterHolder {
  return {
    token: row.token,
    host: row.host,
    processId: row.process_id,
    processStart: row.process_start,
    leaseUntilMs: row.lease_until_ms,
  };
}
