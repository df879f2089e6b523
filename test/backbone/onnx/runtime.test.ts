import { describe, expect, it } from 'vitest';
import { createGraphBuilder } from '../../../src/backbone/onnx/graph-builder.ts';
import { createSession, type DeviceChoice } from '../../../src/backbone/onnx/runtime.ts';
import type { Tensor } from '../../../src/backbone/onnx/tensor.ts';
import { DeviceError, IntegrityError } from '../../../src/shared/errors.ts';

/** `x` [rows, 2] to `doubled`, the same times two. */
function doublingGraph(): Uint8Array {
  const graph = createGraphBuilder('doubling');
  const x = graph.input('x', 'float32', ['rows', 2]);
  const two = graph.constant({ type: 'float32', data: Float32Array.of(2), dims: [] });
  graph.output(graph.node('Mul', [x, two]), { name: 'doubled', type: 'float32', dims: ['rows', 2] });
  return graph.build();
}

const matrix = (...values: number[]): Tensor => ({
  type: 'float32',
  data: Float32Array.from(values),
  dims: [values.length / 2, 2],
});

describe('createSession', () => {
  it('runs a graph and describes its inputs and outputs', async () => {
    const session = await createSession(doublingGraph(), { device: 'cpu' });
    expect(session.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['rows', 2] }]);
    expect(session.outputs).toEqual([{ name: 'doubled', type: 'float32', dims: ['rows', 2] }]);
    expect(session.device).toMatchObject({ requested: 'cpu', used: 'CPU', fallbackReason: null });
    expect(await session.run({ x: matrix(1, 2, 3, 4) })).toEqual({ doubled: matrix(2, 4, 6, 8) });
    await session.close();
  });

  it('translates what the runtime throws', async () => {
    await expect(createSession(Uint8Array.of(1, 2, 3), { device: 'cpu' })).rejects.toBeInstanceOf(
      IntegrityError,
    );
    await expect(createSession('/nowhere/graph.onnx', { device: 'cpu' })).rejects.toThrow(
      '/nowhere/graph.onnx',
    );
    const session = await createSession(doublingGraph(), { device: 'cpu' });
    await expect(session.run({ y: matrix(1, 2) })).rejects.toBeInstanceOf(DeviceError);
    await session.close();
  });

  it.each<DeviceChoice>(['cuda', 'webgpu'])('%s runs there or says what is missing', async (device) => {
    const opening = createSession(doublingGraph(), { device });
    const outcome = await opening.then(
      (session) => session.device.used.toLowerCase(),
      (error) => error,
    );
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(DeviceError);
      expect(outcome.message).toContain('It needs');
    } else {
      expect(outcome).toBe(device);
    }
  });

  it.each<DeviceChoice>(['cuda', 'webgpu'])('does not blame %s for a faulty graph', async (device) => {
    const broken = createSession(Uint8Array.of(1, 2, 3), { device });
    await expect(broken).rejects.toBeInstanceOf(IntegrityError);
    const warmUpFeeds = { x: { ...matrix(1, 2, 3), dims: [1, 3] } };
    const misfed = createSession(doublingGraph(), { device, warmUpFeeds });
    await expect(misfed).rejects.toBeInstanceOf(IntegrityError);
  });

  it('auto runs everywhere and reports what it took', async () => {
    const session = await createSession(doublingGraph(), { device: 'auto' });
    expect(session.device.requested).toBe('auto');
    expect(['CPU', 'CUDA', 'WEBGPU']).toContain(session.device.used);
    expect(session.device.fallbackReason === null).toBe(session.device.used !== 'CPU');
    expect(await session.run({ x: matrix(5, 6) })).toEqual({ doubled: matrix(10, 12) });
    await session.close();
  });
});
