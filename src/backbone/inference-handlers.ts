import { basename } from 'node:path';
import { IntegrityError } from '../shared/errors.ts';
import { hashFile } from '../shared/hash-file.ts';
import { type SharedLock, withLock } from '../shared/shared-lock.ts';
import { transferring } from '../shared/worker-server.ts';
import type { DevicePlacement } from './device.ts';
import type { BackboneManifest } from './manifest.ts';
import { refuseUnlistedWeights } from './onnx/external-files.ts';
import { guardSession } from './onnx/guard-session.ts';
import type { createSession, SessionOptions } from './onnx/runtime.ts';
import type { TensorSlot, Tensors } from './onnx/tensor.ts';
import { prepareInput } from './prepare-input.ts';
import { reduceOutput } from './reduce-output.ts';
import { clocked, type RunClock } from './run-clock.ts';

/** A file and what it must be. */
export interface HashedFile {
  path: string;
  /** In hexadecimal; a file with another is refused. */
  sha256: string;
}

export interface GraphFile extends HashedFile {
  /** Files beside it that it refers to: all of them. */
  weightFiles?: readonly HashedFile[];
}

/** What is done around every run, off the event loop too: windows are prepared, and only their features returned. */
export type BackboneStages = Pick<BackboneManifest, 'input' | 'output'>;

/** What an inference worker is started with: the one graph that it runs. */
export interface InferenceWorkerData extends GraphFile, Omit<SessionOptions, 'device'> {
  stages?: BackboneStages | undefined;
}

/** What a session is opened with; none of it is used again for the session that follows it. */
export interface SessionOpening extends Pick<SessionOptions, 'device'> {
  /** Held while WebGPU is used: the runtime shares one context between all threads and does not guard it. */
  webgpuLock: SharedLock;
  /** Runs while this thread is in the runtime. */
  runClock: RunClock;
}

export interface GraphDescription {
  inputs: readonly TensorSlot[];
  outputs: readonly TensorSlot[];
  device: DevicePlacement;
}

type GuardedSession = GraphDescription & {
  run: Awaited<ReturnType<typeof guardSession>>;
  close(): Promise<void>;
};

/**
 * What an inference worker answers. `loseDevice` ends the worker: a lost device stays lost for its thread, and
 * whoever started it starts another.
 */
export function createInferenceHandlers(
  { path, sha256, weightFiles = [], stages, ...options }: InferenceWorkerData,
  openOnnx: typeof createSession,
  loseDevice: (reason: string) => Promise<never>,
) {
  let opening: Promise<GuardedSession> | null = null;

  const openSession = async ({ device, webgpuLock, runClock }: SessionOpening): Promise<GuardedSession> => {
    for (const file of [{ path, sha256 }, ...weightFiles]) await verifyFile(file);
    await refuseUnlistedWeights(
      path,
      weightFiles.map((file) => basename(file.path)),
    );
    const open = async (): Promise<GuardedSession> => {
      const session = await openOnnx(path, { ...options, device });
      const { inputs, outputs, device: placement, close } = session;
      const run = await guardSession(session, options.warmUpFeeds);
      return {
        inputs,
        outputs,
        device: placement,
        close,
        run: (...feeds) => clocked(runClock, () => run(...feeds)),
      };
    };
    const openClocked = () => clocked(runClock, open);
    const mayUseWebgpu = device === 'auto' || device === 'webgpu';
    const session = await (mayUseWebgpu ? withLock(webgpuLock, openClocked) : openClocked());
    if (session.device.nodes?.WEBGPU === undefined) return session;
    return {
      ...session,
      run: (...feeds) => withLock(webgpuLock, () => session.run(...feeds)),
      close: () => withLock(webgpuLock, session.close),
    };
  };

  /** Outputs of the graph as it is, or what its stages make of them. */
  const runGraph = async ({ run, device }: GuardedSession, feeds: Tensors): Promise<Tensors> => {
    const guarded = stages
      ? await run({ [stages.input.name]: prepareInput(feeds[stages.input.name], stages.input) }, [
          stages.output.name,
        ])
      : await run(feeds);
    if ('lostBecause' in guarded)
      return loseDevice(`The device ${device.used} was lost: ${guarded.lostBecause}`);
    if (!stages) return guarded.outputs;
    const { input, output } = stages;
    const rowCount = feeds[input.name].dims[0];
    return { [output.name]: reduceOutput(guarded.outputs[output.name], output, rowCount) };
  };

  const handlers = {
    /** Verifies the files and loads them. */
    async open(asked: SessionOpening): Promise<GraphDescription> {
      opening ??= openSession(asked);
      const { inputs, outputs, device: placement } = await opening;
      return { inputs, outputs, device: placement };
    },
    async run(feeds: Tensors): Promise<Tensors> {
      if (!opening) throw new Error('The graph was not opened.');
      const outputs = await runGraph(await opening, feeds);
      return transferring(
        outputs,
        Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer),
      );
    },
  };
  /** Frees the session before its thread ends. */
  const close = async () => {
    const session = await opening?.catch(() => null);
    await session?.close();
  };
  return { handlers, close };
}

export type InferenceHandlers = ReturnType<typeof createInferenceHandlers>['handlers'];

async function verifyFile({ path, sha256 }: HashedFile): Promise<void> {
  const found = await hashFile(path).catch((cause) => {
    throw new IntegrityError(`${path} cannot be read.`, { cause });
  });
  if (found !== sha256) throw new IntegrityError(`${path} does not have the hash it should have.`);
}

/** Ends this thread by a fault that nothing catches, so that its client learns the reason. */
export function endWorker(reason: string): Promise<never> {
  setImmediate(() => {
    throw new Error(reason);
  });
  return new Promise(() => {});
}
