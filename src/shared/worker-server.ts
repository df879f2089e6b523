import { parentPort } from 'node:worker_threads';
import { CLOSE_WORKER, type WorkerHandlers, type WorkerReply, type WorkerRequest } from './worker-client.ts';

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

/**
 * Answers calls in this worker, each as it comes. A handler that must not overlap queues by itself. When the client
 * closes, the worker ends after what it has in hand, and after `close`.
 */
export function serveWorker(handlers: WorkerHandlers, close?: () => Promise<void>): void {
  const port = parentPort;
  if (!port) throw new Error('serveWorker runs in a worker thread only.');
  const inHand = new Set<Promise<void>>();

  const answer = async ({ id, name, argument }: WorkerRequest): Promise<void> => {
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
  };
  port.on('message', async (message: WorkerRequest | typeof CLOSE_WORKER) => {
    if (message === CLOSE_WORKER) {
      await Promise.all(inHand);
      await close?.();
      process.exit();
    }
    const answering = answer(message).finally(() => inHand.delete(answering));
    inHand.add(answering);
  });
}
