import { DeviceError, WorkerLostError } from '../shared/errors.ts';
import { createSharedLock, releaseLock } from '../shared/shared-lock.ts';
import { createWorkerClient } from '../shared/worker-client.ts';
import type { DevicePlacement, DeviceReport } from './device.ts';
import type { GraphDescription, InferenceHandlers, InferenceWorkerData } from './inference-handlers.ts';
import type { GraphSlots, Tensors } from './onnx/tensor.ts';
import { createRunClock, watchClock } from './run-clock.ts';

/** One session of a graph, in a worker thread that is replaced when it, or the device under it, is lost or hangs. */
export interface GraphWorker extends GraphSlots {
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
  /** A session that is loaded, or runs, for longer hangs. */
  runTimeoutMs: number;
  /** The worker's file. */
  module: URL;
  /** Told of every loss, and of what then runs in its place. */
  onLoss?(reason: string): void;
  onRestored?(placement: DevicePlacement): void;
}

/** So many losses without a run between them, and `auto` leaves the accelerator for good. */
const LOSSES_TO_LEAVE = 2;

/** One for the process: so is what it guards. Every session takes it under a number of its own. */
const WEBGPU_LOCK = createSharedLock(0);
let lockHolders = 0;

/**
 * Starts a worker and loads the graph in it. A run that is under way when the device or the worker is lost is done
 * once more on a new session; lost again, it is done on the CPU where the device is `auto`'s choice, and is a
 * DeviceError where it was named. A session that hangs is lost: its thread is left behind.
 */
export async function openGraphWorker({
  settings,
  requested,
  runTimeoutMs,
  module,
  onLoss,
  onRestored,
}: GraphWorkerOptions): Promise<GraphWorker> {
  /** What the last session that was opened said of itself. */
  let opened: GraphDescription | null = null;
  let webgpuLock = WEBGPU_LOCK;
  let runClock = createRunClock();
  let isOpen = false;
  let isClosed = false;
  let lossesInARow = 0;
  /** Why this graph left the accelerator. */
  let leftBecause: string | null = null;

  const untilTimeout = async <T>(answer: Promise<T>): Promise<T> => {
    const giveUp = () => worker.abandon(`A session did not come back within ${runTimeoutMs / 1000} s.`);
    const endWatch = watchClock(runClock, runTimeoutMs, giveUp);
    return answer.finally(endWatch);
  };
  const open = async (call: typeof worker.call): Promise<GraphDescription> => {
    // A session that was given up may come back, and must find nothing of its own in the hands of the next.
    webgpuLock = { ...WEBGPU_LOCK, holder: ++lockHolders };
    runClock = createRunClock();
    const device = leftBecause === null ? requested : 'cpu';
    const description = await untilTimeout(call('open', { device, webgpuLock, runClock }));
    const fallbackReason = leftBecause ?? description.device.fallbackReason;
    opened = { ...description, device: { ...description.device, requested, fallbackReason } };
    isOpen = true;
    return opened;
  };
  /** Where an accelerator ends the worker or hangs before there is a session, `auto` has the CPU left. */
  const openFirst = async (): Promise<GraphDescription> => {
    try {
      return await open(worker.call);
    } catch (error) {
      if (!(error instanceof WorkerLostError) || requested === 'cpu') throw error;
      if (requested !== 'auto') {
        throw new DeviceError(`The device ${requested} does not run here (${error.message})`, {
          cause: error,
        });
      }
      leftBecause = error.message;
      await worker.whenBack();
      return opened ?? open(worker.call);
    }
  };
  const worker = createWorkerClient<InferenceHandlers>(module, settings, {
    async restore(call, reason) {
      lossesInARow++;
      releaseLock(webgpuLock);
      // Once for a loss, whatever number of new sessions it takes.
      if (isOpen) onLoss?.(reason.message);
      isOpen = false;
      const last = opened;
      const hasAccelerator = last !== null && last.device.used !== 'CPU';
      if (requested === 'auto' && hasAccelerator && lossesInARow >= LOSSES_TO_LEAVE)
        leftBecause = reason.message;
      const { device } = await open(call);
      if (last) onRestored?.(device);
    },
  });

  const run = async (feeds: Tensors): Promise<Tensors> => {
    const attempts = requested === 'auto' ? LOSSES_TO_LEAVE + 1 : LOSSES_TO_LEAVE;
    for (let attempt = 1; ; attempt++) {
      try {
        // The feeds are copied, not moved: another session may need them.
        const outputs = await untilTimeout(worker.call('run', feeds));
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
    const first = await openFirst();
    const { inputs, outputs } = first;
    const placement = () => (opened ?? first).device;
    const close = () => {
      isClosed = true;
      return worker.close();
    };
    return { inputs, outputs, placement, run, isLost: worker.isLost, close };
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
