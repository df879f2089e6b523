import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { resolve } = createRequire(import.meta.url);

/** A package in the place of tfjs-node-gpu: a backend of its name, computed by TensorFlow.js' plain JavaScript. */
const gpuPackage = (isUsingGpuDevice: boolean) => `
  const util = require('node:util');
  const tf = require(${JSON.stringify(resolve('@tensorflow/tfjs-core'))});
  const { MathBackendCPU } = require(${JSON.stringify(resolve('@tensorflow/tfjs-backend-cpu'))});
  if (!util.isNullOrUndefined(null) || util.isNullOrUndefined(0)) throw new Error('no shim');
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), { isUsingGpuDevice: ${isUsingGpuDevice} }));
`;

/** Starts TensorFlow.js in a process of its own, with \`gpu.cjs\` for the package, and multiplies. */
const SCRIPT = `
  import { createRequire, registerHooks } from 'node:module';
  import Module from 'node:module';
  const file = new URL('./gpu.cjs', import.meta.url);
  const name = '@tensorflow/tfjs-node-gpu';
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url: file.href, shortCircuit: true } : next(specifier, context),
  });
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) => request === name ? file.pathname : resolveFilename(request, ...rest);
  const { startBackend, tf } = await import(process.argv[2]);
  const backend = await startBackend();
  const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 2]]));
  console.log(JSON.stringify({ ...backend, values: [...product.dataSync()] }));
`;

describe('what trains', () => {
  let directory: string;
  const start = async (gpu: string) => {
    await writeFile(join(directory, 'gpu.cjs'), gpu);
    const module = pathToFileURL(join(import.meta.dirname, '../../src/head/tensorflow.ts')).href;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      join(directory, 'start.mjs'),
      module,
    ]);
    return { ...JSON.parse(stdout), stderr };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-backend-'));
    await writeFile(join(directory, 'start.mjs'), SCRIPT);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is the GPU package where it is installed and finds a GPU', async () => {
    expect(await start(gpuPackage(true))).toMatchObject({
      name: 'tensorflow-gpu',
      fallbackReason: null,
      values: [1, 4, 3, 8],
    });
  });

  it.each<[string, string, string]>([
    ['finds no GPU', gpuPackage(false), 'it finds no GPU'],
    ['does not load', "throw new Error('libtensorflow.so.2: cannot open')", 'libtensorflow.so.2'],
  ])('is WebAssembly, with a word, where that package %s', async (_title, gpu, reason) => {
    const { name, fallbackReason, values, stderr } = await start(gpu);
    expect(name).toBe('wasm-simd');
    expect(fallbackReason).toContain(reason);
    expect(stderr).toContain(reason);
    expect(values).toEqual([1, 4, 3, 8]);
  });
});
