import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SHARE_ENV, Worker } from 'node:worker_threads';
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
  /** True while no worker is there to answer: calls are rejected with a WorkerLostError. */
  isLost(): boolean;
  /** Resolves once there is a worker to call; rejects with the reason where it could not be started again. */
  whenBack(): Promise<void>;
  /**
   * Gives up on a worker that does not answer, as if it had ended for this reason. Its thread is left behind, and ends
   * once it is done with what it has in hand.
   */
  abandon(reason: string): void;
  /** Rejects calls still open and ends the worker once it is done with what it has in hand. */
  close(): Promise<void>;
}

export interface WorkerRequest {
  id: number;
  name: string;
  argument: unknown;
}

/** In place of a request: answer what is in hand and end. */
export const CLOSE_WORKER = 'close';

export type WorkerReply =
  | { id: number; value: unknown }
  | { id: number; error: { name: string; message: string; stack?: string; fields: Record<string, unknown> } };

export interface WorkerClientOptions<Handlers extends WorkerHandlers> {
  /**
   * Tells a new worker what the one before it had been told; `reason` is how that one ended. With it, a worker that ended by itself is started
   * again after a second, and again until this resolves; without it, a lost worker stays lost.
   */
  restore?(call: WorkerClient<Handlers>['call'], reason: Error): Promise<unknown>;
}

const RESTART_DELAY_MS = 1_000;
/** A worker that is not done by then is ended in the middle of its work. */
const CLOSE_TIMEOUT_MS = 15_000;
/** Nor can it be ended then: it is inside native code, and left behind. */
const TERMINATE_TIMEOUT_MS = 10_000;

/** Threads that were left behind and have not ended. */
const leftBehind = new Set<Worker>();

// Node waits for every thread before it ends: for these, for ever.
process.on('exit', () => {
  if (leftBehind.size > 0) process.kill(process.pid, 'SIGKILL');
});

function leaveBehind(worker: Worker): void {
  leftBehind.add(worker);
  worker.once('exit', () => leftBehind.delete(worker));
  worker.unref();
}

/** Starts a worker whose module calls `serveWorker`. */
export function createWorkerClient<Handlers extends WorkerHandlers>(
  module: URL,
  workerData: unknown,
  { restore }: WorkerClientOptions<Handlers> = {},
): WorkerClient<Handlers> {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 0;
  /** Why there is no worker to call. */
  let lost: Error | null = null;
  let isClosed = false;
  let back = createSignal();
  let waiting = 0;
  let restartTimer: NodeJS.Timeout | null = null;
  let worker = start();

  function start(): Worker {
    // Native libraries read the process's own environment; a worker's copy of it would not reach them.
    const started = new Worker(module, { workerData, env: SHARE_ENV });
    started.on('message', (reply: WorkerReply) => {
      const pending = open.get(reply.id);
      open.delete(reply.id);
      if ('error' in reply) pending?.reject(toError(reply.error));
      else pending?.resolve(reply.value);
      if (open.size === 0 && !isClosed) started.unref();
    });
    started.on('error', (error) => {
      if (leftBehind.has(started)) return;
      lose(new errors.WorkerLostError(`A worker failed: ${error.message}`, { cause: error }));
    });
    started.on('exit', (code) => {
      if (leftBehind.has(started)) return;
      lose(lost ?? new errors.WorkerLostError(`A worker ended with code ${code}.`));
      scheduleRestart();
    });
    started.unref();
    return started;
  }

  function scheduleRestart(): void {
    if (!restore || isClosed) return;
    restartTimer = setTimeout(restart, RESTART_DELAY_MS);
    if (waiting === 0) restartTimer.unref();
  }

  function lose(reason: Error): void {
    lost = reason;
    for (const pending of open.values()) pending.reject(reason);
    open.clear();
  }

  async function restart(): Promise<void> {
    if (isClosed) return;
    const reason = lost ?? new errors.WorkerLostError('A worker ended.');
    worker = start();
    try {
      await restore?.(post, reason);
      if (isClosed) return;
      lost = null;
      back.resolve();
      back = createSignal();
    } catch (error) {
      back.reject(error);
      back = createSignal();
      lose(new errors.WorkerLostError(`A worker could not be started again: ${(error as Error).message}`));
      if (!leftBehind.has(worker)) await worker.terminate();
    }
  }

  const post: WorkerClient<Handlers>['call'] = (name, argument, transfer = []) => {
    const id = nextId++;
    const pending = Promise.withResolvers<unknown>();
    open.set(id, pending);
    worker.ref();
    worker.postMessage({ id, name, argument } satisfies WorkerRequest, transfer);
    return pending.promise as never;
  };

  return {
    call: (name, argument, transfer) => (lost ? Promise.reject(lost) : post(name, argument, transfer)),
    isLost: () => lost !== null,
    async whenBack() {
      if (!lost) return;
      if (!restore || isClosed) throw lost;
      // Whoever waits for the worker keeps the process alive.
      waiting++;
      restartTimer?.ref();
      await back.promise.finally(() => waiting--);
    },
    abandon(reason) {
      leaveBehind(worker);
      worker.postMessage(CLOSE_WORKER);
      lose(new errors.WorkerLostError(reason));
      scheduleRestart();
    },
    async close() {
      isClosed = true;
      back.reject(new errors.WorkerLostError('The worker was closed.'));
      if (!lost) {
        const exited = once(worker, 'exit');
        lose(new errors.WorkerLostError('The worker was closed.'));
        // A thread that is ended inside native code takes the whole process with it.
        worker.ref();
        worker.postMessage(CLOSE_WORKER);
        await Promise.race([exited, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      }
      if (leftBehind.has(worker)) return;
      const hasEnded = await Promise.race([
        worker.terminate().then(() => true),
        sleep(TERMINATE_TIMEOUT_MS, false, { ref: false }),
      ]);
      if (!hasEnded) leaveBehind(worker);
    },
  };
}

/** A promise that nobody has to wait for. */
function createSignal(): PromiseWithResolvers<void> {
  const signal = Promise.withResolvers<void>();
  signal.promise.catch(() => {});
  return signal;
}

/** Brings back the class of our own errors, so that callers can tell them apart. */
function toError(error: Extract<WorkerReply, { error: unknown }>['error']): Error {
  const known = (errors as Record<string, unknown>)[error.name] as { prototype: Error } | undefined;
  const result: Error = known ? Object.create(known.prototype) : new Error();
  Object.defineProperty(result, 'message', { value: error.message });
  Object.defineProperty(result, 'stack', { value: error.stack });
  return Object.assign(result, { name: error.name, ...error.fields });
}
