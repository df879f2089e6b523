import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../shared/log.ts';

/** A probe waits no longer for an answer: whoever asks gives up after some seconds. */
const TIMEOUT_MS = 2_000;

export interface StoreProbeOptions {
  /** A question that only a store that works can answer. */
  ask(): Promise<unknown>;
  log: Pick<Log, 'warn'>;
  timeoutMs?: number;
}

/**
 * Returns what tells whether the store answers, within a bounded time. One question at a time is under way, however
 * many ask: a store that hangs is not asked again until it has answered or failed.
 */
export function createStoreProbe({
  ask,
  log,
  timeoutMs = TIMEOUT_MS,
}: StoreProbeOptions): () => Promise<boolean> {
  let asking: Promise<boolean> | null = null;
  const askOnce = async (): Promise<boolean> => {
    try {
      await ask();
      return true;
    } catch (error) {
      log.warn({ error }, 'The store does not answer');
      return false;
    } finally {
      asking = null;
    }
  };
  return () => {
    asking ??= askOnce();
    return Promise.race([asking, sleep(timeoutMs, false, { ref: false })]);
  };
}
