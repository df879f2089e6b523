import { BusyError, DeviceError, WorkerLostError } from '../shared/errors.ts';

export interface BatcherOptions<Item, Result> {
  /** The most items of one run. */
  maxBatch: number;
  /** How many items may wait. A call that finds the queue empty is taken whatever its size. */
  maxQueued: number;
  /** How many runs may be under way at once; 1 unless told. */
  maxRunning?: number;
  /** Only items of equal keys share a run. */
  keyOf(item: Item): string;
  /** Computes a batch; the results are in the items' order. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
}

/** Joins work of many callers to batches. Calls take turns, item by item, so that a long one keeps no short one waiting. */
export interface Batcher<Item, Result> {
  /**
   * The results of these items, in order. Starts at once where a run is free; what comes while all are busy waits for
   * the next. BusyError where the queue is full; the signal's reason once it aborts, and then the items that still
   * wait leave the queue. An item that fails rejects the calls that hold it, no other; a device that is lost for good
   * rejects its whole batch.
   */
  submit(items: readonly Item[], signal?: AbortSignal): Promise<Result[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  key: string;
  settled: PromiseWithResolvers<Result>;
}

/** The items of one call that wait, in order. */
type Call<Item, Result> = Waiting<Item, Result>[];

/** What a first run is guessed to take, until one was measured. */
const FIRST_GUESS_MS = 100;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { maxBatch, maxQueued, maxRunning = 1, keyOf, run } = options;
  /** Calls that wait; whose turn is next comes first. */
  let calls: Call<Item, Result>[] = [];
  let running = 0;
  let runMs = FIRST_GUESS_MS;

  const countQueued = () => calls.reduce((sum, { length }) => sum + length, 0);

  /** One item of each call in turn, all of the key whose turn it is, until the batch is full or nothing fits it. */
  const takeBatch = (): Waiting<Item, Result>[] => {
    const [[{ key }]] = calls;
    const batch: Waiting<Item, Result>[] = [];
    const served = new Set<Call<Item, Result>>();
    let taken: number;
    do {
      taken = batch.length;
      for (const call of calls) {
        const at = batch.length < maxBatch ? call.findIndex((waiting) => waiting.key === key) : -1;
        if (at < 0) continue;
        batch.push(...call.splice(at, 1));
        served.add(call);
      }
    } while (batch.length > taken && batch.length < maxBatch);
    calls = [...calls.filter((call) => !served.has(call)), ...served].filter(({ length }) => length > 0);
    return batch;
  };

  const runBatch = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item));
      batch.forEach(({ settled }, i) => {
        settled.resolve(results[i]);
      });
    } catch (error) {
      const isOfAll = error instanceof DeviceError || error instanceof WorkerLostError;
      if (batch.length === 1 || isOfAll) for (const { settled } of batch) settled.reject(error);
      // One of them is at fault: alone, each gets its own outcome.
      else for (const waiting of batch) await runBatch([waiting]);
    }
  };

  const drain = async () => {
    if (running >= maxRunning) return;
    running++;
    for (;;) {
      // Whoever calls in this turn of the event loop joins, callers who have just got their results included.
      if (countQueued() < maxBatch) await nextTurn();
      if (calls.length === 0) break;
      const startedAt = performance.now();
      await runBatch(takeBatch());
      runMs = 0.8 * runMs + 0.2 * (performance.now() - startedAt);
    }
    running--;
  };

  return {
    async submit(items, signal) {
      signal?.throwIfAborted();
      if (items.length === 0) return [];
      const queued = countQueued();
      if (queued > 0 && queued + items.length > maxQueued) {
        const runsAhead = Math.ceil(queued / maxBatch / maxRunning);
        throw new BusyError(
          `${queued} inputs are waiting for the device already.`,
          Math.ceil(runMs * runsAhead),
        );
      }
      const call = items.map((item) => ({
        item,
        key: keyOf(item),
        settled: Promise.withResolvers<Result>(),
      }));
      const results = Promise.all(call.map(({ settled }) => settled.promise));
      calls.push(call);
      void drain();

      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([results, aborted.promise]);
      } catch (error) {
        calls = calls.filter((waiting) => waiting !== call);
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
