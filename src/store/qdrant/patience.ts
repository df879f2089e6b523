import { setTimeout as sleep } from 'node:timers/promises';
import { BusyError, UnavailableError } from '../../shared/errors.ts';
import type { StoreContext } from './context.ts';

const MIN_PAUSE_MS = 1_000;

/** What a writer is to fill is being dropped, which soon ends by itself. */
export class DropUnderWayError extends BusyError {}

/**
 * Does work that may be repeated again where the server is away or a drop is in its way, for so long from the first
 * fault on: a run of hours should outlive a restart of Qdrant. Then, or once the signal says so, the fault passes on.
 * What it waits for stands in the log.
 */
export async function outliveOutage<Result>(
  { patienceMs, log, signal }: Pick<StoreContext, 'patienceMs' | 'log' | 'signal'>,
  work: () => Promise<Result>,
): Promise<Result> {
  let endMs: number | null = null;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnavailableError || error instanceof DropUnderWayError)) throw error;
      const pauseMs = Math.max(MIN_PAUSE_MS, error.retryAfterMs);
      if (signal?.aborted) throw error;
      if (endMs === null) {
        endMs = performance.now() + patienceMs;
        log?.warn({}, `${error.message} Waiting for it, up to ${patienceMs / 1000} s.`);
      }
      if (performance.now() + pauseMs > endMs) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => {}); // the next fault then passes on
    }
  }
}
