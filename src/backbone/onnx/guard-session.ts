import { DeviceError, GraphInputError } from '../../shared/errors.ts';
import { isFiniteVector } from '../../shared/vector-math.ts';
import type { OnnxSession } from './runtime.ts';
import { type Tensor, type Tensors, zerosFor } from './tensor.ts';

/** What a run came to, where the device may be to blame. */
export type GuardedRun = { outputs: Tensors } | { lostBecause: string };

/** How far a device's answer to the same feeds may drift, relative to the largest value of a tensor. */
const DRIFT_TOLERANCE = 1e-2;

/**
 * Guards the runs of a session. One that throws, or gives values that are not finite, leaves two suspects: what it
 * was fed, and the device. An accelerator is then asked for what it gave for `probe` (zeros unless told) at first.
 * Where it gives that again, the feeds are to blame and the run is a GraphInputError; else the device is lost. On
 * the CPU there is no device to lose.
 */
export async function guardSession(
  session: OnnxSession,
  probe: Tensors = zerosFor(session.inputs),
): Promise<(feeds: Tensors, outputNames?: readonly string[]) => Promise<GuardedRun>> {
  const expected = session.device.used === 'CPU' ? null : await session.run(probe);

  const isWell = async (): Promise<boolean> => {
    if (expected === null) return true;
    const again = await attempt(() => session.run(probe));
    return 'outputs' in again && areAlike(again.outputs, expected);
  };

  return async (feeds, outputNames) => {
    const run = await attempt(() => session.run(feeds, outputNames));
    const fault = 'fault' in run ? run.fault : findNonFinite(run.outputs);
    if (fault === null) return run as { outputs: Tensors };
    if (await isWell()) throw new GraphInputError(fault);
    return { lostBecause: fault };
  };
}

async function attempt(run: () => Promise<Tensors>): Promise<{ outputs: Tensors } | { fault: string }> {
  try {
    return { outputs: await run() };
  } catch (error) {
    if (error instanceof DeviceError) return { fault: error.message };
    throw error;
  }
}

function findNonFinite(outputs: Tensors): string | null {
  const name = Object.keys(outputs).find((each) => !isFiniteTensor(outputs[each]));
  return name === undefined ? null : `The graph gave a ${name} that is not finite.`;
}

function isFiniteTensor({ data }: Tensor): boolean {
  return !(data instanceof Float32Array || data instanceof Float64Array) || isFiniteVector(data);
}

function areAlike(found: Tensors, expected: Tensors): boolean {
  return Object.entries(expected).every(([name, { data }]) => {
    const again = found[name]?.data;
    if (again?.length !== data.length) return false;
    let largest = 0;
    for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
    const tolerance = DRIFT_TOLERANCE * largest;
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [Number(again[i]), Number(data[i])];
      if (!(Object.is(a, b) || Math.abs(a - b) <= tolerance)) return false;
    }
    return true;
  });
}
