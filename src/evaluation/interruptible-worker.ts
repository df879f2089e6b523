import { createWorkerClient, type WorkerClient, type WorkerHandlers } from '../shared/worker-client.ts';

/** What a worker is started with that tells how far it is and can be told to end. Both sides share it. */
export interface SharedProgress {
  /** One integer: other than 0 once the work shall end. */
  interruption: Int32Array;
  /** Two integers: the parts that are done, and all. */
  progress: Int32Array;
}

export interface WorkHooks {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const PROGRESS_INTERVAL_MS = 250;

/**
 * Runs calls in a worker of their own, which reads no messages while it computes: a signal ends them between two parts of
 * the work. The worker is started with `content` and what is shared.
 */
export async function withInterruptibleWorker<Handlers extends WorkerHandlers, T>(
  module: URL,
  content: object,
  run: (worker: WorkerClient<Handlers>) => Promise<T>,
  { onProgress, signal }: WorkHooks,
): Promise<T> {
  signal?.throwIfAborted();
  const shareIntegers = (count: number) =>
    new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  const shared: SharedProgress = { interruption: shareIntegers(1), progress: shareIntegers(2) };
  const interrupt = () => Atomics.store(shared.interruption, 0, 1);
  const timer = setInterval(() => {
    const [done, total] = [0, 1].map((at) => Atomics.load(shared.progress, at));
    if (total > 0) onProgress?.(done, total);
  }, PROGRESS_INTERVAL_MS);
  const worker = createWorkerClient<Handlers>(module, { ...content, ...shared });
  signal?.addEventListener('abort', interrupt);
  try {
    return await run(worker);
  } catch (error) {
    signal?.throwIfAborted(); // whatever broke off then, this is why
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearInterval(timer);
    await worker.close();
  }
}

/** In the worker: says how far it is, and throws once the work shall end. */
export function createReporter(shared: SharedProgress): (done: number, total: number) => void {
  return (done, total) => {
    Atomics.store(shared.progress, 0, done);
    Atomics.store(shared.progress, 1, total);
    throwIfInterrupted(shared);
  };
}

/** In the worker: throws once the work shall end. */
export function throwIfInterrupted({ interruption }: Pick<SharedProgress, 'interruption'>): void {
  if (Atomics.load(interruption, 0) !== 0) throw new Error('The work was interrupted.');
}
