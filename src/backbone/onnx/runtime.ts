import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as onnxruntime from 'onnxruntime-node';
import { DeviceError, IntegrityError } from '../../shared/errors.ts';
import type { Device, DeviceReport } from '../device.ts';
import { mayHaveGpu } from './accelerator.ts';
import { type Tensor, type TensorSlot, type Tensors, type TensorType, zeros } from './tensor.ts';

/** Which device to run on; `auto` takes WebGPU where it works and the CPU otherwise. */
export type DeviceChoice = DeviceReport['requested'];

export interface SessionOptions {
  device: DeviceChoice;
  /** Threads within one operator on the CPU; 1 unless told. */
  threads?: number;
  /** What the warm-up of an accelerator is fed; zeros with every open axis of length 1 unless told. */
  warmUpFeeds?: Tensors;
}

/** A loaded graph. */
export interface OnnxSession {
  readonly inputs: readonly TensorSlot[];
  readonly outputs: readonly TensorSlot[];
  readonly device: DeviceReport;
  /**
   * Feeds every input and returns every output. Blocks its thread while the graph runs, so it belongs in a
   * worker thread. The outputs are the caller's own. DeviceError where the device refuses.
   */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

const DEVICE_OF_PROVIDER: Record<string, Device> = {
  CUDAExecutionProvider: 'CUDA',
  WebGpuExecutionProvider: 'WEBGPU',
  CPUExecutionProvider: 'CPU',
};

const REMEDY: Record<'cuda' | 'webgpu', string> = {
  cuda:
    'It needs Linux on x64, an NVIDIA driver, CUDA 12 with cuDNN 9, and the provider libraries that ' +
    '`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` downloads.',
  webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.',
};

/**
 * Loads a graph from bytes or from a file on the device asked for. `auto` tries WebGPU alone, unless
 * the machine shows no GPU (the runtime would print a warning), and then the CPU; a device that was named is
 * always tried, and is a DeviceError that says what to install where it does not run the graph. Bytes that are no
 * valid graph are an IntegrityError. What runs is measured by a profiled warm-up, not taken on trust.
 */
export async function createSession(
  onnx: Uint8Array | string,
  options: SessionOptions,
): Promise<OnnxSession> {
  const { device } = options;
  if (device === 'cpu' || (device === 'auto' && !mayHaveGpu())) return createCpuSession(onnx, options);
  if (device !== 'auto') return createAcceleratedSession(onnx, options, device);
  try {
    return await createAcceleratedSession(onnx, options, 'webgpu');
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return createCpuSession(onnx, options);
  }
}

async function createCpuSession(onnx: Uint8Array | string, options: SessionOptions): Promise<OnnxSession> {
  const session = await load(onnx, {
    ...commonOptions(options),
    executionProviders: ['cpu'],
  }).catch((cause) => {
    throw new IntegrityError(`${describe(onnx)} is no graph that the runtime takes: ${messageOf(cause)}`, {
      cause,
    });
  });
  return wrap(session, { requested: options.device, used: 'CPU', name: null });
}

async function createAcceleratedSession(
  onnx: Uint8Array | string,
  options: SessionOptions,
  provider: 'cuda' | 'webgpu',
): Promise<OnnxSession> {
  const profiles = await mkdtemp(join(tmpdir(), 'control-mvr-profile-'));
  let session: onnxruntime.InferenceSession | null = null;
  try {
    session = await load(onnx, {
      ...commonOptions(options),
      executionProviders: [provider],
      enableProfiling: true,
      profileFilePrefix: join(profiles, 'warm-up'),
    });
    await session.run(toForeign(options.warmUpFeeds ?? blankFeeds(session)));
    session.endProfiling();
    const used = await readUsedDevice(profiles);
    if (used !== provider.toUpperCase()) throw new Error(`most of the graph ran on ${used}`);
    return wrap(session, { requested: options.device, used, name: null });
  } catch (cause) {
    await session?.release();
    throw new DeviceError(
      `The device ${provider} does not run here (${messageOf(cause)}). ${REMEDY[provider]}`,
      {
        cause,
      },
    );
  } finally {
    await rm(profiles, { recursive: true, force: true });
  }
}

function commonOptions(options: SessionOptions): onnxruntime.InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // Threads that wait in a spin would take the cores from decoding.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

function load(onnx: Uint8Array | string, options: onnxruntime.InferenceSession.SessionOptions) {
  return typeof onnx === 'string'
    ? onnxruntime.InferenceSession.create(onnx, options)
    : onnxruntime.InferenceSession.create(onnx, options);
}

function wrap(session: onnxruntime.InferenceSession, device: DeviceReport): OnnxSession {
  return {
    inputs: session.inputMetadata.map(toSlot),
    outputs: session.outputMetadata.map(toSlot),
    device,
    async run(feeds) {
      const results = await session.run(toForeign(feeds)).catch((cause) => {
        throw new DeviceError(`The graph did not run: ${messageOf(cause)}`, { cause });
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, fromForeign(value as onnxruntime.Tensor)]),
      );
    },
    close: () => session.release(),
  };
}

/** The device that ran most nodes of the profile in this folder. */
async function readUsedDevice(folder: string): Promise<Device> {
  const [file] = await readdir(folder);
  const events: { args?: { provider?: string } }[] = JSON.parse(await readFile(join(folder, file), 'utf8'));
  const nodes = { CUDA: 0, WEBGPU: 0, CPU: 0 };
  for (const event of events) {
    const device = DEVICE_OF_PROVIDER[event.args?.provider ?? ''];
    if (device) nodes[device]++;
  }
  return (Object.keys(nodes) as Device[]).reduce((most, device) =>
    nodes[device] > nodes[most] ? device : most,
  );
}

function toSlot(metadata: onnxruntime.InferenceSession.ValueMetadata): TensorSlot {
  if (!metadata.isTensor) throw new IntegrityError(`The graph's value ${metadata.name} is no tensor.`);
  return { name: metadata.name, type: metadata.type as TensorType, dims: metadata.shape };
}

function blankFeeds(session: onnxruntime.InferenceSession): Tensors {
  return Object.fromEntries(
    session.inputMetadata.map(toSlot).map(({ name, type, dims }) => [
      name,
      zeros(
        type,
        dims.map((size) => (typeof size === 'number' ? size : 1)),
      ),
    ]),
  );
}

function toForeign(tensors: Tensors): Record<string, onnxruntime.Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, data, dims }]) => [
      name,
      new onnxruntime.Tensor(type as 'float32', data as Float32Array, dims),
    ]),
  );
}

function fromForeign(tensor: onnxruntime.Tensor): Tensor {
  return { type: tensor.type, data: tensor.data, dims: tensor.dims } as Tensor;
}

function describe(onnx: Uint8Array | string): string {
  return typeof onnx === 'string' ? onnx : 'The ONNX file';
}

function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/\s+/g, ' ').trim();
}
