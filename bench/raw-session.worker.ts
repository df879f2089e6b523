import { createSession, type OnnxSession } from '../src/backbone/onnx/runtime.ts';
import type { Tensors } from '../src/backbone/onnx/tensor.ts';
import { serveWorker } from '../src/shared/worker-server.ts';
import { timed } from './measure.ts';

/** The bare runtime, in a thread of its own as the service's sessions are. */

let session: OnnxSession;

const handlers = {
  async open({ path, threads }: { path: string; threads: number }): Promise<void> {
    session = await createSession(path, { device: 'cpu', threads });
  },
  /** Milliseconds for all of these, one after the other. */
  run: (batches: Tensors[]): Promise<number> =>
    timed(async () => {
      for (const feeds of batches) await session.run(feeds);
    })(),
};

export type RawSessionHandlers = typeof handlers;

serveWorker(handlers);
