import { setTimeout as sleep } from 'node:timers/promises';
import { BusyError } from '../shared/errors.ts';

/** Does it again for as long as a queue is full, each time after the wait that the queue asks for. */
export async function retryWhenBusy<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      await sleep(error.retryAfterMs, undefined, { signal });
    }
  }
}
