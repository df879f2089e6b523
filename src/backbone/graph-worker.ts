import { DeviceError, WorkerLostError } from '../shared/errors.ts';
import { releaseLock } from '../shared/shared-lock.ts';
import { createWorkerClient } from '../shared/worker-client.ts';
import type { DevicePlacement, DeviceReport } from './device.ts';
import type { GraphDescription, InferenceHandlers, InferenceWorkerData } from './inference-handlers.ts';
import type { Tensors } from './onnx/tensor.ts';

/** One session of a graph, in a worker thread that is replaced when it, or the device under it, is lost. */
export interface GraphWorker extends GraphDescription {
  /** Where the session that is there now runs. */
  placement(): DevicePlacement;
  /** As in `InferenceGraph`. */
  run(feeds: Tensors): Promise<Tensors>;
  isLost(): boolean;
  close(): Promise<void>;
}

export interface GraphWorkerOptions {
  settings: InferenceWorkerData;
  requested: DeviceReport['requested'];
  /** The worker's file. */
  module: URL;
  /** Told of every loss, and of what then runs in its place. */
  onLoss?(reason: string): void;
  onRestored?(placement: DevicePlacement): void;
}

/** So many losses without a run between them, and `auto` leaves the accelerator for good. */
const LOSSES_TO_LEAVE = 2;

/**
 * Starts a worker and loads the graph in it. A run that is under way when the device or the worker is lost is done
 * once more on a new session; lost again, it is done on the CPU where the device is `auto`'s choice, and is a
 * DeviceError where it was named.
 */
export async function openGraphWorker({
  settings,
  requested,
  module,
  onLoss,
  onRestored,
}: GraphWorkerOptions): Promise<GraphWorker> {
  let placement: DevicePlacement | null = null;
  let isOpen = false;
  let isClosed = false;
  let lossesInARow = 0;
  /** Why this graph left the accelerator. */
  let leftBecause: string | null = null;

  const open = async (call: typeof worker.call): Promise<GraphDescription> => {
    const description = await call('open', { device: leftBecause === null ? requested : 'cpu' });
    const fallbackReason = leftBecause ?? description.device.fallbackReason;
    placement = { ...description.device, requested, fallbackReason };
    isOpen = true;
    return { ...description, device: placement };
  };
  const worker = createWorkerClient<InferenceHandlers>(module, settings, {
    async restore(call, reason) {
      lossesInARow++;
      releaseLock(settings.webgpuLock);
      // Once for a loss, whatever number of new sessions it takes.
      if (isOpen) onLoss?.(reason.message);
      isOpen = false;
      const hasAccelerator = placement !== null && placement.used !== 'CPU';
      if (requested === 'auto' && hasAccelerator && lossesInARow >= LOSSES_TO_LEAVE)
        leftBecause = reason.message;
      const { device } = await open(call);
      onRestored?.(device);
    },
  });

  const run = async (feeds: Tensors): Promise<Tensors> => {
    const attempts = requested === 'auto' ? LOSSES_TO_LEAVE + 1 : LOSSES_TO_LEAVE;
    for (let attempt = 1; ; attempt++) {
      try {
        // The feeds are copied, not moved: another session may need them.
        const outputs = await worker.call('run', feeds);
        lossesInARow = 0;
        return outputs;
      } catch (error) {
        if (!(error instanceof WorkerLostError) || isClosed) throw error;
        if (attempt === attempts) throw toFinalError(error, requested);
        await worker.whenBack().catch(rethrowUnlessLost);
      }
    }
  };

  try {
    const description = await open(worker.call);
    const current = () => placement ?? description.device;
    const close = () => {
      isClosed = true;
      return worker.close();
    };
    return { ...description, placement: current, run, isLost: worker.isLost, close };
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** A new session that was lost while it was opened is one more loss. */
function rethrowUnlessLost(error: unknown): void {
  if (!(error instanceof WorkerLostError)) throw error;
}

function toFinalError(error: WorkerLostError, requested: DeviceReport['requested']): Error {
  if (requested === 'auto' || requested === 'cpu') return error;
  return new DeviceError(
    `The device ${requested} was lost, and again on a new session (${error.message}). ` +
      '`DEVICE=auto` would go on on the CPU.',
    { cause: error },
  );
}
