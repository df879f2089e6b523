import { parentPort } from 'node:worker_threads';
import type { WorkerHandlers, WorkerReply, WorkerRequest } from './worker-client.ts';

/** Wraps a result whose buffers shall be moved, not copied, to the caller. */
class Transferred {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
  constructor(value: unknown, transfer: ArrayBuffer[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** Returns `value` to the caller with these buffers moved rather than copied. */
export function transferring<T>(value: T, transfer: ArrayBuffer[]): T {
  return new Transferred(value, transfer) as T;
}

/** Answers calls in this worker, each as it comes. A handler that must not overlap queues by itself. */
export function serveWorker(handlers: WorkerHandlers): void {
  const port = parentPort;
  if (!port) throw new Error('serveWorker runs in a worker thread only.');
  port.on('message', async ({ id, name, argument }: WorkerRequest) => {
    try {
      const value = await handlers[name](argument);
      if (value instanceof Transferred) port.postMessage({ id, value: value.value }, value.transfer);
      else port.postMessage({ id, value } satisfies WorkerReply);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const { name: errorName, message, stack } = error;
      port.postMessage({
        id,
        error: { name: errorName, message, stack, fields: { ...error } },
      } satisfies WorkerReply);
    }
  });
}
