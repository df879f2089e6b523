/**
 * The one file that imports TensorFlow.js. It trains on the WebAssembly backend with SIMD, one thread: the backend
 * has no threads in Node. Its arithmetic is IEEE 754 in a fixed order, so that equal seeds give equal weights.
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

let started: Promise<string> | null = null;

/** Makes the backend ready, from its package's own files; returns its name. DeviceError where it can't start. */
export function startTensorFlow(): Promise<string> {
  started ??= start();
  return started;
}

async function start(): Promise<string> {
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
