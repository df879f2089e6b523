import { setTimeout as pause } from 'node:timers/promises';
import { UnavailableError } from '../../shared/errors.ts';
import { UnknownHostError } from './hub-request.ts';

/** How often, and after what pauses, a server that is away or too busy is asked again. */
export interface RetryRule {
  /** In a row without a byte gained. */
  maxAttempts: number;
  /** Before the second attempt; doubled before each further one. */
  firstPauseMs: number;
  /** A server that asks for a longer pause is not waited for. */
  maxPauseMs: number;
}

export const HUB_RETRY_RULE: RetryRule = { maxAttempts: 6, firstPauseMs: 1_000, maxPauseMs: 120_000 };

/**
 * Runs until it succeeds, or fails with something else than an UnavailableError, or was away too often. `progress`
 * tells how far the work is: an attempt that got on starts the count anew, and before there is any, a host whose name is
 * unknown is asked once.
 */
export async function retryWhenAway<T>(
  run: () => Promise<T>,
  rule: RetryRule,
  { signal, progress = () => 0 }: { signal: AbortSignal; progress?: () => number },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const before = progress();
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UnavailableError)) throw error;
      // Where nothing was had of it yet, it is not the network that has just gone.
      if (error instanceof UnknownHostError && progress() === 0) throw error;
      if (progress() > before) attempt = 1;
      const pauseMs = Math.max(error.retryAfterMs, rule.firstPauseMs * 2 ** (attempt - 1));
      if (attempt >= rule.maxAttempts || pauseMs > rule.maxPauseMs) throw error;
      await pause(pauseMs, undefined, { signal }).catch((cause) => {
        signal.throwIfAborted();
        throw cause;
      });
    }
  }
}
