import type { DevicePlacement } from '../src/backbone/device.ts';
import { createSession, type DeviceChoice, type OnnxSession } from '../src/backbone/onnx/runtime.ts';
import type { Tensors } from '../src/backbone/onnx/tensor.ts';
import { serveWorker } from '../src/shared/worker-server.ts';
import { timed } from './measure.ts';

/** The bare runtime, in a thread of its own as the service's sessions are. */

interface RawSessionOptions {
  path: string;
  device: DeviceChoice;
  threads: number;
}

let session: OnnxSession;

const handlers = {
  /** What it runs on. */
  async open({ path, ...options }: RawSessionOptions): Promise<DevicePlacement> {
    session = await createSession(path, options);
    return session.device;
  },
  /** Milliseconds for all of these, one after the other. */
  run: (batches: Tensors[]): Promise<number> =>
    timed(async () => {
      for (const feeds of batches) await session.run(feeds);
    })(),
};

export type RawSessionHandlers = typeof handlers;

serveWorker(handlers);
