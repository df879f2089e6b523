import { createWorkerClient, type WorkerClient } from '../shared/worker-client.ts';
import type { DeviceReport } from './device.ts';
import type { GraphDescription, InferenceHandlers, InferenceWorkerData } from './inference.worker.ts';
import type { Tensors } from './onnx/tensor.ts';

export interface GraphFile {
  path: string;
  /** In hexadecimal; a file with another is refused. */
  sha256: string;
}

/** A graph that runs in a worker thread of its own. */
export interface InferenceGraph extends GraphDescription {
  /** The buffers of `feeds` are moved to the worker: the caller must not use them again. */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** Runs ONNX graphs off the event loop. */
export interface Inference {
  /**
   * Loads a graph. IntegrityError where the file is not what its hash says or no graph; DeviceError where the
   * device that was named does not run it. `warmUpFeeds` is what an accelerator is tried with.
   */
  open(file: GraphFile, warmUpFeeds?: Tensors): Promise<InferenceGraph>;
  /** False while a graph's worker was lost and is being started again; its runs reject with a WorkerLostError. */
  isReady(): boolean;
  /** What the open graphs run on: the accelerator where all of them do, else the CPU. Null without any. */
  device(): DeviceReport | null;
  /** Ends all workers. */
  close(): Promise<void>;
}

export interface InferenceOptions {
  device: DeviceReport['requested'];
  /**
   * Threads within one operator on the CPU. 1 by default: every graph has its own worker, so that cores are
   * shared between graphs and with decoding, and small graphs gain nothing from more.
   */
  threads?: number;
}

export function createInference({ device, threads = 1 }: InferenceOptions): Inference {
  const open = new Map<WorkerClient<InferenceHandlers>, DeviceReport>();

  return {
    async open(file, warmUpFeeds) {
      const settings: InferenceWorkerData = { ...file, device, threads, warmUpFeeds };
      const worker = createWorkerClient<InferenceHandlers>(
        new URL('./inference.worker.ts', import.meta.url),
        settings,
        {
          restore: async (call) => {
            const { device: used } = await call('open', undefined);
            open.set(worker, used);
          },
        },
      );
      const close = async () => {
        open.delete(worker);
        await worker.close();
      };
      try {
        const description = await worker.call('open', undefined);
        open.set(worker, description.device);
        return {
          ...description,
          run: (feeds) =>
            worker.call(
              'run',
              feeds,
              Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer),
            ),
          close,
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
    isReady: () => [...open.keys()].every((worker) => !worker.isLost()),
    device() {
      const reports = [...open.values()];
      return reports.find(({ used }) => used === 'CPU') ?? reports[0] ?? null;
    },
    async close() {
      await Promise.all([...open.keys()].map((worker) => worker.close()));
      open.clear();
    },
  };
}
