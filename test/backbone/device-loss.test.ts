import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, open as openFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBatcher } from '../../src/backbone/batcher.ts';
import { createInference, type Inference, type InferenceGraph } from '../../src/backbone/inference-client.ts';
import type { HashedFile } from '../../src/backbone/inference-handlers.ts';
import { createGraphBuilder } from '../../src/backbone/onnx/graph-builder.ts';
import type { Tensors } from '../../src/backbone/onnx/tensor.ts';
import { DeviceError, GraphInputError } from '../../src/shared/errors.ts';
import type { DevicePlan } from './losable-device.worker.ts';

/** `x` [rows, 2] to `doubled`, the same times two. */
function doublingGraph(): Uint8Array {
  const graph = createGraphBuilder('doubling');
  const x = graph.input('x', 'float32', ['rows', 2]);
  const two = graph.constant({ type: 'float32', data: Float32Array.of(2), dims: [] });
  graph.output(graph.node('Mul', [x, two]), { name: 'doubled', type: 'float32', dims: ['rows', 2] });
  return graph.build();
}

const sha256Of = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

/** Long beside what a run here takes on a busy machine; the test waits for it. */
const RUN_TIMEOUT_MS = 2_000;

const rows = (...values: number[]): Tensors => ({
  x: { type: 'float32', data: Float32Array.from(values), dims: [values.length / 2, 2] },
});

describe('a device that is lost', () => {
  let directory: string;
  let inference: Inference;
  let graph: InferenceGraph;
  let losses: number;

  const plan = (next: DevicePlan) => writeFile(join(directory, 'plan.json'), JSON.stringify(next));
  const double = async (...values: number[]) => [...(await graph.run(rows(...values))).doubled.data];

  async function open(device: 'auto' | 'webgpu', runs: DevicePlan['runs']): Promise<void> {
    await openAs(device, { runs });
    expect(inference.device()).toMatchObject({ requested: device, used: 'WEBGPU', nodes: { WEBGPU: 2 } });
  }
  async function openAs(
    device: 'auto' | 'webgpu',
    planned: DevicePlan,
    weightFiles: HashedFile[] = [],
  ): Promise<void> {
    await plan(planned);
    inference = createInference({
      device,
      runTimeoutMs: RUN_TIMEOUT_MS,
      onLoss: () => losses++,
      module: new URL('./losable-device.worker.ts', import.meta.url),
    });
    const path = join(directory, 'graph.onnx');
    const sha256 = sha256Of(doublingGraph());
    graph = await inference.open({ path, sha256, weightFiles });
  }
  /** Lets every thread that hangs come back. */
  function release(): void {
    try {
      closeSync(openSync(join(directory, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error; // nobody hangs
    }
  }

  beforeEach(async () => {
    losses = 0;
    directory = await mkdtemp(join(tmpdir(), 'control-mvr-device-'));
    await writeFile(join(directory, 'graph.onnx'), doublingGraph());
    execFileSync('mkfifo', [join(directory, 'pipe')]);
  });
  afterEach(async () => {
    release();
    await inference.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each<DevicePlan['runs'][number]>(['throws', 'gives-nan', 'ends-worker', 'hangs'])(
    'in a run that %s: red, then the run is done on a new session',
    async (fate) => {
      await open('auto', ['well', fate]);
      expect(await double(1, 2)).toEqual([2, 4]);
      const running = double(3, 4, 5, 6);
      await expect.poll(() => inference.isReady(), { timeout: 10_000 }).toBe(false);
      expect(await running).toEqual([6, 8, 10, 12]);
      expect(inference.isReady()).toBe(true);
      expect(inference.device()).toMatchObject({ used: 'WEBGPU', fallbackReason: null });
      expect(losses).toBe(1);
    },
  );

  it('twice in one run: auto goes on on the CPU, and says why', async () => {
    await open('auto', ['hangs', 'gives-nan', 'throws']);
    expect(await double(1, 2)).toEqual([2, 4]);
    expect(inference.device()).toMatchObject({
      requested: 'auto',
      used: 'CPU',
      fallbackReason: expect.stringContaining('lost'),
    });
    expect(await double(3, 4)).toEqual([6, 8]);
    expect([inference.isReady(), losses]).toEqual([true, 2]);
  });

  it('now and then: the accelerator stays', async () => {
    await open('auto', ['throws', 'well', 'throws', 'well']);
    expect(await double(1, 2)).toEqual([2, 4]);
    expect(await double(3, 4)).toEqual([6, 8]);
    expect(inference.device()).toMatchObject({ used: 'WEBGPU' });
  });

  it('twice in one run and was named: an error that says so, and the next run has a new session', async () => {
    await open('webgpu', ['throws', 'hangs']);
    const failure = await double(1, 2).catch((error) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    expect(failure.message).toMatch(/The device webgpu was lost.*DEVICE=auto/);
    expect(await double(3, 4)).toEqual([6, 8]);
    expect(inference.device()).toMatchObject({ used: 'WEBGPU' });
  });

  it('for longer and was named: red and errors until it is back', async () => {
    await open('webgpu', ['throws']);
    await plan({ runs: ['throws'], isGone: true });
    await expect(double(1, 2)).rejects.toThrow(/webgpu does not run here. It needs/);
    expect(inference.isReady()).toBe(false);
    await plan({ runs: [] });
    await expect.poll(() => inference.isReady(), { timeout: 10_000 }).toBe(true);
    expect(await double(3, 4)).toEqual([6, 8]);
    expect(losses).toBe(1);
  });

  it('under a queue: nothing in it is lost, and every caller gets its own', async () => {
    await open('auto', ['well', 'gives-nan', 'well', 'hangs', 'well', 'ends-worker']);
    const batcher = createBatcher<number, number>({
      maxBatch: 4,
      maxQueued: 100,
      keyOf: () => 'rows',
      async run(items) {
        const { doubled } = await graph.run(rows(...items.flatMap((item) => [item, item])));
        return items.map((_, i) => Number(doubled.data[2 * i]));
      },
    });
    const calls = Array.from({ length: 7 }, (_, i) => [3 * i + 1, 3 * i + 2, 3 * i + 3]);
    const results = await Promise.all(calls.map((items) => batcher.submit(items)));
    expect(results).toEqual(calls.map((items) => items.map((item) => 2 * item)));
    expect(losses).toBe(3);
  });

  it('in a run that comes back after all: its answer is dropped, and the next session works on', async () => {
    await open('auto', ['hangs']);
    expect(await double(1, 2)).toEqual([2, 4]);
    release();
    expect(await double(3, 4)).toEqual([6, 8]);
    expect([inference.isReady(), losses]).toEqual([true, 1]);
  });

  it('in a run that does not come back: its time is not counted against a session that opens slowly', async () => {
    const path = join(directory, 'weights.bin');
    execFileSync('mkfifo', [path]);
    /** Resolves once a session reads its weights; it reads on until what comes back is closed. */
    const supplyWeights = () => openFile(path, 'w');
    const supplied = supplyWeights().then((weights) => weights.close());
    await openAs('webgpu', { runs: ['hangs'] }, [{ path, sha256: sha256Of('') }]);
    await supplied;
    const supplySlowly = async () => {
      const weights = await supplyWeights();
      await sleep(1.5 * RUN_TIMEOUT_MS);
      await weights.close();
    };
    const [doubled] = await Promise.all([double(1, 2), supplySlowly()]);
    expect(doubled).toEqual([2, 4]);
    expect([inference.isReady(), losses]).toEqual([true, 1]);
  });

  it('in a run that hangs: another graph keeps off the device until that session is given up', async () => {
    await open('auto', []);
    const path = join(directory, 'graph.onnx');
    const other = await inference.open({ path, sha256: sha256Of(doublingGraph()) });
    await plan({ runs: ['hangs'] });
    const running = double(1, 2);
    await expect.poll(() => readFile(join(directory, 'plan.json'), 'utf8')).toBe('{"runs":[]}');
    const { doubled } = await other.run(rows(3, 4));
    expect([...doubled.data, losses]).toEqual([6, 8, 1]);
    expect(await running).toEqual([2, 4]);
  });

  it('while the first session is opened: auto runs on the CPU and says why, a named device is an error', async () => {
    await openAs('auto', { runs: [], openingsThatHang: 1 });
    expect(await double(1, 2)).toEqual([2, 4]);
    expect(inference.device()).toMatchObject({
      used: 'CPU',
      fallbackReason: expect.stringContaining('did not come back within 2 s'),
    });
    await inference.close();
    await expect(openAs('webgpu', { runs: [], openingsThatHang: 1 })).rejects.toThrow(
      /webgpu does not run here .*did not come back/,
    );
  });

  it('while the session after it is opened: that one is given up, and another opened', async () => {
    await open('webgpu', ['throws']);
    await plan({ runs: ['throws'], openingsThatHang: 1 });
    const failure = await double(1, 2).catch((error) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    await expect.poll(() => inference.isReady(), { timeout: 10_000 }).toBe(true);
    expect(await double(3, 4)).toEqual([6, 8]);
    expect(losses).toBe(1);
  });

  it('is told from feeds that the graph refuses: those fail alone and the device stays', async () => {
    await open('auto', []);
    await expect(graph.run(rows(1, Number.NaN))).rejects.toBeInstanceOf(GraphInputError);
    const misshapen: Tensors = { x: { type: 'float32', data: Float32Array.of(1), dims: [1, 1] } };
    await expect(graph.run(misshapen)).rejects.toBeInstanceOf(GraphInputError);
    expect(await double(1, 2)).toEqual([2, 4]);
    expect([inference.isReady(), losses]).toEqual([true, 0]);
  });
});
