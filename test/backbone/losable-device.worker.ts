import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { createInferenceHandlers, endWorker } from '../../src/backbone/inference-handlers.ts';
import { createSession, type OnnxSession } from '../../src/backbone/onnx/runtime.ts';
import type { Tensors } from '../../src/backbone/onnx/tensor.ts';
import { DeviceError } from '../../src/shared/errors.ts';
import { serveWorker } from '../../src/shared/worker-server.ts';

/** What shall become of the accelerator; in `plan.json` beside the graph, so that it outlives a worker. */
export interface DevicePlan {
  /** Of the runs to come, in order; what is not planned goes well. */
  runs: ('well' | 'throws' | 'gives-nan' | 'ends-worker' | 'hangs')[];
  /** The device does not open any more. */
  isGone?: boolean;
  /** So many sessions hang while they are opened. */
  openingsThatHang?: number;
}

const planPath = join(dirname(workerData.path), 'plan.json');
const readPlan = (): DevicePlan => JSON.parse(readFileSync(planPath, 'utf8'));

function takeRun(): DevicePlan['runs'][number] {
  const plan = readPlan();
  const run = plan.runs.shift() ?? 'well';
  writeFileSync(planPath, JSON.stringify(plan));
  return run;
}

/** Blocks the thread outside of JavaScript, until somebody opens the pipe to write. */
const hang = () => openSync(join(dirname(workerData.path), 'pipe'), 'r');

function hangsWhenOpened(): boolean {
  const { openingsThatHang = 0, ...plan } = readPlan();
  if (openingsThatHang === 0) return false;
  writeFileSync(planPath, JSON.stringify({ ...plan, openingsThatHang: openingsThatHang - 1 }));
  return true;
}

const isProbe = (feeds: Tensors) => Object.values(feeds).every(({ data }) => data.every((value) => !value));

/** The CPU, which says that it is a GPU, and is lost by the plan. */
const createLosableSession: typeof createSession = async (onnx, options) => {
  const session = await createSession(onnx, { ...options, device: 'cpu' });
  if (options.device === 'cpu') return session;
  if (hangsWhenOpened()) hang();
  if (readPlan().isGone) {
    if (options.device !== 'auto')
      throw new DeviceError('The device webgpu does not run here. It needs a GPU.');
    return session;
  }
  let isLost = false;
  const run: OnnxSession['run'] = async (feeds, outputNames) => {
    const fate = isLost ? 'throws' : isProbe(feeds) ? 'well' : takeRun();
    if (fate === 'well') return session.run(feeds, outputNames);
    if (fate === 'hangs') hang();
    isLost = true;
    if (fate === 'ends-worker') process.exit(7);
    if (fate === 'throws') throw new DeviceError('The graph did not run: device lost');
    const outputs = await session.run(feeds, outputNames);
    // The second half of the batch is gone.
    for (const { data } of Object.values(outputs)) data.fill(Number.NaN as never, data.length >> 1);
    return outputs;
  };
  return { ...session, device: { ...session.device, used: 'WEBGPU', nodes: { WEBGPU: 2 } }, run };
};

const { handlers, close } = createInferenceHandlers(workerData, createLosableSession, endWorker);
serveWorker(handlers, close);
