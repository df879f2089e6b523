import { BusyError } from '../shared/errors.ts';

export interface BatcherOptions<Item, Result> {
  /** The most items of one run. */
  maxBatch: number;
  /** How many items may wait. A call that finds the queue empty is taken whatever its size. */
  maxQueued: number;
  /** Only items of equal keys share a run. */
  keyOf(item: Item): string;
  /** Computes a batch; the results are in the items' order. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
}

/** Joins work of many callers to batches, one run at a time, first come first served. */
export interface Batcher<Item, Result> {
  /**
   * The results of these items, in order. Starts at once where nothing runs; what comes while a run is on
   * waits for the next. BusyError where the queue is full; the signal's reason once it aborts, and then the
   * items that still wait leave the queue. An item that fails rejects the calls that hold it, no other.
   */
  submit(items: readonly Item[], signal?: AbortSignal): Promise<Result[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  key: string;
  /** The call it belongs to. */
  call: object;
  settled: PromiseWithResolvers<Result>;
}

/** What a first run is guessed to take, until one was measured. */
const FIRST_GUESS_MS = 100;

export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { maxBatch, maxQueued, keyOf, run } = options;
  let queue: Waiting<Item, Result>[] = [];
  let running = false;
  let runMs = FIRST_GUESS_MS;

  const leave = (call: object) => {
    queue = queue.filter((waiting) => waiting.call !== call);
  };

  /** Takes the first item and those behind it that can join it. */
  const takeBatch = (): Waiting<Item, Result>[] => {
    const batch = queue.filter(({ key }) => key === queue[0].key).slice(0, maxBatch);
    const taken = new Set(batch);
    queue = queue.filter((waiting) => !taken.has(waiting));
    return batch;
  };

  const runBatch = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item));
      batch.forEach(({ settled }, i) => {
        settled.resolve(results[i]);
      });
    } catch (error) {
      if (batch.length === 1) batch[0].settled.reject(error);
      // One of them is at fault: alone, each gets its own outcome.
      else for (const waiting of batch) await runBatch([waiting]);
    }
  };

  const drain = async () => {
    if (running) return;
    running = true;
    // Calls made in the same turn of the event loop join the first batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const startedAt = performance.now();
      await runBatch(takeBatch());
      runMs = 0.8 * runMs + 0.2 * (performance.now() - startedAt);
    }
    running = false;
  };

  return {
    async submit(items, signal) {
      signal?.throwIfAborted();
      if (queue.length > 0 && queue.length + items.length > maxQueued) {
        const retryAfterMs = Math.ceil(runMs * Math.ceil(queue.length / maxBatch));
        throw new BusyError(`${queue.length} segments are waiting for the device already.`, retryAfterMs);
      }
      const call = {};
      const waiting = items.map((item) => ({
        item,
        key: keyOf(item),
        call,
        settled: Promise.withResolvers<Result>(),
      }));
      for (const one of waiting) queue.push(one);
      void drain();

      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const results = Promise.all(waiting.map(({ settled }) => settled.promise));
        return await Promise.race([results, aborted.promise]);
      } catch (error) {
        leave(call);
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
