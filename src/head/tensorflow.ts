/**
 * The one file that imports TensorFlow.js. It trains on an NVIDIA GPU where tfjs-node-gpu is installed and finds one,
 * else on the WebAssembly backend with SIMD, one thread: the backend has no threads in Node. WebAssembly's arithmetic
 * is IEEE 754 in a fixed order, so that equal seeds give equal weights; a GPU's is not. TensorFlow.js' WebGPU backend
 * is left out: it registers itself only where there is a `navigator.gpu`, and reads back by a browser's canvas.
 */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { DeviceError } from '../shared/errors.ts';

export type Tensor = tf.Tensor;
export type Tensor1D = tf.Tensor1D;
export type Tensor2D = tf.Tensor2D;
export type Scalar = tf.Scalar;
export type Variable<R extends tf.Rank = tf.Rank> = tf.Variable<R>;
export { tf };

/** What trains. */
export interface TrainingBackend {
  /** tensorflow-gpu, wasm-simd or wasm. */
  name: string;
  /** Why it is no GPU; null where it is one. */
  fallbackReason: string | null;
}

/** An optional peer: its install script downloads a libtensorflow. */
const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';

let started: Promise<TrainingBackend> | null = null;

/** Makes the best backend ready; returns its name. DeviceError where none starts. */
export async function startTensorFlow(): Promise<string> {
  return (await startBackend()).name;
}

/** As `startTensorFlow`, with why it is not a GPU. A GPU package that does not work is warned of. */
export function startBackend(): Promise<TrainingBackend> {
  started ??= start();
  return started;
}

async function start(): Promise<TrainingBackend> {
  const fallbackReason = await startOnGpu();
  const name = fallbackReason === null ? 'tensorflow-gpu' : await startOnWebAssembly();
  return { name, fallbackReason };
}

/** Null where it started, else why not. */
async function startOnGpu(): Promise<string | null> {
  const require = createRequire(import.meta.url);
  try {
    require.resolve(GPU_PACKAGE);
  } catch {
    return `${GPU_PACKAGE} is not installed.`;
  }
  try {
    // It calls what Node no longer has.
    const util = require('node:util');
    util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
    await import(GPU_PACKAGE);
    if (!(await tf.setBackend('tensorflow'))) throw new Error('its backend did not start');
    const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean };
    if (!isUsingGpuDevice) throw new Error('it finds no GPU');
    return null;
  } catch (error) {
    const reason = `${GPU_PACKAGE} is installed and does not work: ${(error as Error).message}`;
    process.emitWarning(`Training runs on WebAssembly: ${reason}`);
    return reason;
  }
}

/** From its package's own files. */
async function startOnWebAssembly(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(dirname(entry) + sep);
  const restoreListeners = keepProcessListeners();
  const isReady = await tf.setBackend('wasm');
  restoreListeners();
  if (!isReady) throw new DeviceError('The WebAssembly backend of TensorFlow.js did not start.');
  const hasSimd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return hasSimd ? 'wasm-simd' : 'wasm';
}

/** The backend's loader takes over the process's fault handlers; they stay the application's. */
function keepProcessListeners(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = new Set(events.flatMap((event) => process.rawListeners(event)));
  return () => {
    for (const event of events) {
      for (const listener of process.rawListeners(event)) {
        if (!before.has(listener)) process.removeListener(event, listener as () => void);
      }
    }
  };
}

/** A variable that starts from this tensor, which is freed. */
export function toVariable(initial: Tensor, isTrained = true): Variable {
  const variable = tf.variable(initial, isTrained);
  initial.dispose();
  return variable;
}

/** An operation's value and what its gradient needs again. */
interface Forward {
  value: Tensor;
  saved: Tensor[];
}

/**
 * An operation with a gradient of its own. TensorFlow.js's build for Node registers no gradients, so that only
 * operations made here can be trained through. `backward` gets the gradient of the value and what was saved, and
 * returns one gradient for each input.
 */
export function differentiable<Result extends Tensor>(
  inputs: readonly Tensor[],
  forward: () => Forward,
  backward: (gradient: Result, saved: Tensor[]) => Tensor[],
): Result {
  const operation = tf.customGrad((...received) => {
    const save = received.at(-1) as unknown as tf.GradSaveFunc;
    const { value, saved } = forward();
    save(saved);
    return { value, gradFunc: (gradient, kept) => backward(gradient as Result, kept) };
  });
  return operation(...inputs) as Result;
}
