import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../shared/errors.ts';

const MIN_PAUSE_MS = 1_000;

/**
 * Does work that may be repeated again where the server is away, for so long from the first fault on: a run of hours
 * should outlive a restart of Qdrant. Then the fault passes on.
 */
export async function outliveOutage<Result>(
  patienceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  let endMs: number | null = null;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      const pauseMs = Math.max(MIN_PAUSE_MS, error.retryAfterMs);
      endMs ??= performance.now() + patienceMs;
      if (performance.now() + pauseMs > endMs) throw error;
      await sleep(pauseMs);
    }
  }
}
