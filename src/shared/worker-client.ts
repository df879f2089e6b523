import { Worker } from 'node:worker_threads';
import * as errors from './errors.ts';

/** The calls that a worker answers: each takes one structured-cloneable argument. */
// biome-ignore lint/suspicious/noExplicitAny: handlers are typed by their own signature
export type WorkerHandlers = Record<string, (argument: any) => unknown>;

export interface WorkerClient<Handlers extends WorkerHandlers> {
  /** Runs a handler in the worker. Typed errors of shared/errors.ts arrive as themselves. */
  call<Name extends keyof Handlers & string>(
    name: Name,
    argument: Parameters<Handlers[Name]>[0],
    transfer?: ArrayBuffer[],
  ): Promise<Awaited<ReturnType<Handlers[Name]>>>;
  /** Ends the worker; calls still open are rejected. */
  close(): Promise<void>;
}

export interface WorkerRequest {
  id: number;
  name: string;
  argument: unknown;
}

export type WorkerReply =
  | { id: number; value: unknown }
  | { id: number; error: { name: string; message: string; stack?: string; fields: Record<string, unknown> } };

/** Starts a worker whose module calls `serveWorker`. */
export function createWorkerClient<Handlers extends WorkerHandlers>(
  module: URL,
  workerData: unknown,
): WorkerClient<Handlers> {
  const worker = new Worker(module, { workerData });
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 0;
  let lost: Error | null = null;

  const lose = (reason: Error) => {
    lost ??= reason;
    for (const pending of open.values()) pending.reject(lost);
    open.clear();
  };
  worker.on('message', (reply: WorkerReply) => {
    const pending = open.get(reply.id);
    open.delete(reply.id);
    if ('error' in reply) pending?.reject(toError(reply.error));
    else pending?.resolve(reply.value);
    if (open.size === 0) worker.unref();
  });
  worker.on('error', (error) =>
    lose(new errors.WorkerLostError(`A worker failed: ${error.message}`, { cause: error })),
  );
  worker.on('exit', (code) => lose(new errors.WorkerLostError(`A worker ended with code ${code}.`)));
  worker.unref();

  return {
    call(name, argument, transfer = []) {
      if (lost) return Promise.reject(lost);
      const id = nextId++;
      const pending = Promise.withResolvers<unknown>();
      open.set(id, pending);
      worker.ref();
      worker.postMessage({ id, name, argument } satisfies WorkerRequest, transfer);
      return pending.promise as ReturnType<typeof this.call> as never;
    },
    async close() {
      lost ??= new errors.WorkerLostError('The worker was closed.');
      await worker.terminate();
    },
  };
}

/** Brings back the class of our own errors, so that callers can tell them apart. */
function toError(error: Extract<WorkerReply, { error: unknown }>['error']): Error {
  const known = (errors as Record<string, unknown>)[error.name] as { prototype: Error } | undefined;
  const result: Error = known ? Object.create(known.prototype) : new Error();
  Object.defineProperty(result, 'message', { value: error.message });
  Object.defineProperty(result, 'stack', { value: error.stack });
  return Object.assign(result, { name: error.name, ...error.fields });
}
