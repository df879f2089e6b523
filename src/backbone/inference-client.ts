import { basename, dirname } from 'node:path';
import type { Log } from '../shared/log.ts';
import {
  createWorkerClient,
  type WorkerClient,
  type WorkerClientOptions,
  type WorkerHandlers,
} from '../shared/worker-client.ts';
import { type DevicePlacement, type DeviceReport, joinPlacements } from './device.ts';
import { type GraphWorker, openGraphWorker } from './graph-worker.ts';
import type { BackboneStages, GraphFile } from './inference-handlers.ts';
import { acceleratorsToTry } from './onnx/accelerator.ts';
import type { GraphSlots, Tensors } from './onnx/tensor.ts';

export type { GraphFile } from './inference-handlers.ts';

export interface GraphOptions {
  /** What an accelerator is tried with, as the graph takes it. */
  warmUpFeeds?: Tensors;
  /** Of a backbone: then `run` takes windows and returns features. */
  stages?: BackboneStages;
  /** How many runs may be under way at once, each on a session of its own; 1 unless told. */
  sessions?: number;
}

/** A graph that runs off the event loop, each of its sessions in a worker thread. */
export interface InferenceGraph extends GraphSlots {
  /**
   * `feeds` must stay as they are until it resolves: where the device or a worker is lost, or hangs, the run is done
   * again on a new session. GraphInputError where the graph does not run on these feeds or gives values that are not finite;
   * DeviceError where a device that was named is lost for good.
   */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** Runs ONNX graphs off the event loop. */
export interface Inference {
  /** How many sessions a backbone gets. */
  readonly sessions: number;
  /**
   * Loads a graph. IntegrityError where the file is not what its hash says or no graph; DeviceError where the
   * device that was named does not run it.
   */
  open(file: GraphFile, options?: GraphOptions): Promise<InferenceGraph>;
  /** Starts a worker that graphs can't be fed without; its calls are rejected while it is lost. */
  startWorker<Handlers extends WorkerHandlers>(options: CompanionOptions<Handlers>): WorkerClient<Handlers>;
  /** False while a device or a worker was lost and is being replaced; runs of graphs wait for it. */
  isReady(): boolean;
  /** What the open graphs run on: the accelerator where all of them do, else the CPU. Null without any. */
  device(): DevicePlacement | null;
  /** Ends all workers. */
  close(): Promise<void>;
}

/** A worker that stands beside the graphs, and is replaced as theirs are. */
export interface CompanionOptions<Handlers extends WorkerHandlers> {
  /** What the log calls it. */
  name: string;
  module: URL;
  workerData: unknown;
  /** As in `WorkerClientOptions`. */
  restore: NonNullable<WorkerClientOptions<Handlers>['restore']>;
}

export interface InferenceOptions {
  device: DeviceReport['requested'];
  /** Threads within one operator on the CPU, for each session; 1 unless told. */
  threads?: number;
  /** Sessions for each backbone; 1 unless told. */
  sessions?: number;
  /** A session that is loaded, or runs, for longer hangs, and is lost; 10 minutes unless told. */
  runTimeoutMs?: number;
  log?: Log;
  /** Called whenever a device or a worker was lost. */
  onLoss?(): void;
  /** Another worker than the one that runs ONNX. */
  module?: URL;
}

export function createInference({
  device,
  threads = 1,
  sessions = 1,
  runTimeoutMs = 10 * 60_000,
  log,
  onLoss,
  module = new URL('./inference.worker.ts', import.meta.url),
}: InferenceOptions): Inference {
  const open = new Set<GraphWorker>();
  const companions = new Set<Pick<WorkerClient<WorkerHandlers>, 'isLost' | 'close'>>();
  const said = new Set<string>();

  /** The fallback of `auto` is worth a word where there was something to fall back from, and one word is enough. */
  const sayPlacement = (graph: string, placement: DevicePlacement) => {
    const reason = placement.fallbackReason;
    log?.debug({ graph, device: placement }, 'A graph is loaded');
    if (reason === null || said.has(reason) || acceleratorsToTry().length === 0) return;
    said.add(reason);
    log?.warn({ graph, device: placement }, 'DEVICE=auto runs on the CPU');
  };

  const sayLoss = (name: string, reason: string) => {
    onLoss?.();
    log?.warn({ graph: name, reason }, 'A device or a worker was lost; it is replaced');
  };

  return {
    sessions,
    async open(file, { sessions: count = 1, ...options } = {}) {
      const graph = `${basename(dirname(file.path))}/${basename(file.path)}`;
      const openWorker = () =>
        openGraphWorker({
          settings: { ...file, ...options, threads },
          requested: device,
          runTimeoutMs,
          module,
          onLoss: (reason) => sayLoss(graph, reason),
          onRestored: (placement) => log?.warn({ graph, device: placement }, 'The graph runs again'),
        });
      const workers = await openAll(count, openWorker);
      for (const worker of workers) open.add(worker);
      sayPlacement(graph, workers[0].placement());
      return {
        inputs: workers[0].inputs,
        outputs: workers[0].outputs,
        run: createPool(workers),
        async close() {
          for (const worker of workers) open.delete(worker);
          await Promise.all(workers.map((worker) => worker.close()));
        },
      };
    },
    startWorker<Handlers extends WorkerHandlers>(options: CompanionOptions<Handlers>) {
      const { name, module, workerData, restore } = options;
      let isSaid = false;
      const worker = createWorkerClient<Handlers>(module, workerData, {
        async restore(call, reason) {
          // Once for a loss, whatever number of new workers it takes.
          if (!isSaid) sayLoss(name, reason.message);
          isSaid = true;
          await restore(call, reason);
          isSaid = false;
        },
      });
      const close = () => {
        companions.delete(companion);
        return worker.close();
      };
      const companion = { ...worker, close };
      companions.add(companion);
      return companion;
    },
    isReady: () => [...open, ...companions].every((worker) => !worker.isLost()),
    device: () => joinPlacements([...open].map((worker) => worker.placement())),
    async close() {
      await Promise.all([...open, ...companions].map((worker) => worker.close()));
      open.clear();
    },
  };
}

/** All of them, or none: where one fails, the others are closed. */
async function openAll(count: number, openWorker: () => Promise<GraphWorker>): Promise<GraphWorker[]> {
  const attempts = await Promise.allSettled(Array.from({ length: count }, openWorker));
  const workers = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const failure = attempts.find((attempt) => attempt.status === 'rejected');
  if (!failure) return workers;
  await Promise.all(workers.map((worker) => worker.close()));
  throw failure.reason;
}

/** Each run goes to the worker that has the fewest in hand. */
function createPool(workers: readonly GraphWorker[]): InferenceGraph['run'] {
  const inHand = new Map(workers.map((worker) => [worker, 0]));
  return async (feeds) => {
    const [[worker, count]] = [...inHand].sort(([, a], [, b]) => a - b);
    inHand.set(worker, count + 1);
    try {
      return await worker.run(feeds);
    } finally {
      inHand.set(worker, (inHand.get(worker) ?? 1) - 1);
    }
  };
}
