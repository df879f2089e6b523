import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { workerData } from 'node:worker_threads';
import { IntegrityError } from '../shared/errors.ts';
import { serveWorker, transferring } from '../shared/worker-server.ts';
import type { DeviceReport } from './device.ts';
import { createSession, type OnnxSession, type SessionOptions } from './onnx/runtime.ts';
import type { TensorSlot, Tensors } from './onnx/tensor.ts';

/** What an inference worker is started with: the one graph that it runs. */
export interface InferenceWorkerData extends SessionOptions {
  path: string;
  sha256: string;
}

export interface GraphDescription {
  inputs: readonly TensorSlot[];
  outputs: readonly TensorSlot[];
  device: DeviceReport;
}

const { path, sha256, ...options } = workerData as InferenceWorkerData;
let session: Promise<OnnxSession> | null = null;

async function openSession(): Promise<OnnxSession> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((cause) => {
    throw new IntegrityError(`${path} cannot be read.`, { cause });
  });
  if (hash.digest('hex') !== sha256)
    throw new IntegrityError(`${path} does not have the hash it should have.`);
  return createSession(path, options);
}

const handlers = {
  /** Verifies the file and loads it. */
  async open(): Promise<GraphDescription> {
    session ??= openSession();
    const { inputs, outputs, device } = await session;
    return { inputs, outputs, device };
  },
  async run(feeds: Tensors): Promise<Tensors> {
    session ??= openSession();
    const outputs = await (await session).run(feeds);
    return transferring(
      outputs,
      Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer),
    );
  },
};

export type InferenceHandlers = typeof handlers;

serveWorker(handlers);
