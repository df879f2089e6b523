import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as onnxruntime from 'onnxruntime-node';
import { DeviceError, IntegrityError } from '../../shared/errors.ts';
import type { Device, DevicePlacement, DeviceReport } from '../device.ts';
import { type Accelerator, acceleratorsToTry, REQUIREMENTS, readDeviceName } from './accelerator.ts';
import { countNodes, describeNodes, mostUsed } from './profile.ts';
import {
  type GraphSlots,
  type Tensor,
  type TensorSlot,
  type Tensors,
  type TensorType,
  zerosFor,
} from './tensor.ts';

// The runtime tells its maker about every session unless told not to; it looks when the first session is made.
process.env.ORT_DISABLE_TELEMETRY = '1';
// What fails is thrown; the runtime would print it, too.
onnxruntime.env.logLevel = 'fatal';

/** Which device to run on; `auto` takes the best that works. */
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
  readonly device: DevicePlacement;
  /**
   * Feeds every input and returns the outputs that are named, or every one. Blocks its thread while the graph
   * runs, so it belongs in a worker thread. The outputs are the caller's own. DeviceError where it does not run,
   * whether the device or the feeds are to blame.
   */
  run(this: void, feeds: Tensors, outputNames?: readonly string[]): Promise<Tensors>;
  close(): Promise<void>;
}

/**
 * Loads a graph from bytes or from a file on the device asked for. `auto` tries the accelerators that the machine
 * shows, best first, and then the CPU; the placement says why. A device that was named is always tried, and is a
 * DeviceError that says what to install where it does not run the graph. Bytes that are no valid graph are an
 * IntegrityError. What runs where is measured by a profiled warm-up, not taken on trust.
 */
export async function createSession(
  onnx: Uint8Array | string,
  options: SessionOptions,
): Promise<OnnxSession> {
  const { device } = options;
  if (device === 'cpu') return createCpuSession(onnx, options, null);
  if (device !== 'auto') {
    return createAcceleratedSession(onnx, options, device).catch(async (error) => {
      await refuseFaultyGraph(onnx, options);
      throw error;
    });
  }
  const refusals: string[] = [];
  for (const accelerator of acceleratorsToTry()) {
    try {
      return await createAcceleratedSession(onnx, options, accelerator);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      refusals.push(error.message);
    }
  }
  return createCpuSession(onnx, options, refusals.join(' ') || 'The machine shows no GPU.');
}

async function createCpuSession(
  onnx: Uint8Array | string,
  options: SessionOptions,
  fallbackReason: string | null,
): Promise<OnnxSession> {
  const session = await load(onnx, {
    ...commonOptions(options),
    executionProviders: ['cpu'],
  }).catch((cause) => {
    throw new IntegrityError(`${describe(onnx)} is no graph that the runtime takes: ${messageOf(cause)}`, {
      cause,
    });
  });
  const name = await readDeviceName('CPU');
  return wrap(session, { requested: options.device, used: 'CPU', name, nodes: null, fallbackReason });
}

/**
 * IntegrityError where the graph would not run on the CPU either: then the device is not to blame. The error carries
 * the graph's slots, for who knows what they should be.
 */
async function refuseFaultyGraph(onnx: Uint8Array | string, options: SessionOptions): Promise<void> {
  const session = await createCpuSession(onnx, options, null);
  try {
    if (options.warmUpFeeds) await session.run(options.warmUpFeeds);
  } catch (cause) {
    const message = `${describe(onnx)} does not take what it is warmed up with: ${messageOf(cause)}`;
    const slots: GraphSlots = { inputs: session.inputs, outputs: session.outputs };
    throw Object.assign(new IntegrityError(message, { cause }), { slots });
  } finally {
    await session.close();
  }
}

async function createAcceleratedSession(
  onnx: Uint8Array | string,
  options: SessionOptions,
  accelerator: Accelerator,
): Promise<OnnxSession> {
  const profiles = await mkdtemp(join(tmpdir(), 'control-mvr-profile-'));
  let session: onnxruntime.InferenceSession | null = null;
  try {
    session = await load(onnx, {
      ...commonOptions(options),
      executionProviders: [accelerator],
      enableProfiling: true,
      profileFilePrefix: join(profiles, 'warm-up'),
    });
    await session.run(toForeign(options.warmUpFeeds ?? zerosFor(session.inputMetadata.map(toSlot))));
    session.endProfiling();
    const [profile] = await readdir(profiles);
    const nodes = countNodes(await readFile(join(profiles, profile), 'utf8'));
    const used = mostUsed(nodes);
    requireUse(accelerator, used, nodes, options.device);
    return wrap(session, {
      requested: options.device,
      used,
      name: await readDeviceName(used),
      nodes,
      fallbackReason: null,
    });
  } catch (cause) {
    await session?.release();
    throw new DeviceError(
      `The device ${accelerator} does not run here (${messageOf(cause)}). ${REQUIREMENTS[accelerator]}`,
      { cause },
    );
  } finally {
    await rm(profiles, { recursive: true, force: true });
  }
}

/** The runtime puts on the CPU what a provider can't do: who named the device may want it all the same. */
function requireUse(
  accelerator: Accelerator,
  used: Device,
  nodes: Partial<Record<Device, number>>,
  requested: DeviceChoice,
): void {
  const wanted = accelerator.toUpperCase() as Device;
  if (used === wanted || (requested === accelerator && nodes[wanted])) return;
  throw new Error(`the warm-up ran ${describeNodes(nodes)}`);
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

/** One call for a file and one for bytes: the runtime declares both, and none that takes either. */
function load(onnx: Uint8Array | string, options: onnxruntime.InferenceSession.SessionOptions) {
  return typeof onnx === 'string'
    ? onnxruntime.InferenceSession.create(onnx, options)
    : onnxruntime.InferenceSession.create(onnx, options);
}

function wrap(session: onnxruntime.InferenceSession, device: DevicePlacement): OnnxSession {
  return {
    inputs: session.inputMetadata.map(toSlot),
    outputs: session.outputMetadata.map(toSlot),
    device,
    async run(feeds, outputNames = session.outputNames) {
      const results = await session.run(toForeign(feeds), outputNames).catch((cause) => {
        throw new DeviceError(`The graph did not run: ${messageOf(cause)}`, { cause });
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, fromForeign(value as onnxruntime.Tensor)]),
      );
    },
    close: () => session.release(),
  };
}

function toSlot(metadata: onnxruntime.InferenceSession.ValueMetadata): TensorSlot {
  if (!metadata.isTensor) throw new IntegrityError(`The graph's value ${metadata.name} is no tensor.`);
  return { name: metadata.name, type: metadata.type as TensorType, dims: metadata.shape };
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

/** The runtime's version and the providers that are installed with it, whether or not they run here. */
export function describeRuntime(): { version: string; providers: string[] } {
  const bundled = onnxruntime.listSupportedBackends().filter((backend) => backend.bundled);
  return { version: onnxruntime.env.versions.node ?? 'unknown', providers: bundled.map(({ name }) => name) };
}
