import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../shared/errors.ts';

const PAUSE_MS = 1_000;

/**
 * Does work that may be repeated again where the server is away, for so long: a run of hours should outlive a restart
 * of Qdrant. Then the fault passes on.
 */
export async function outliveOutage<Result>(
  patienceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() + PAUSE_MS > endMs) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
