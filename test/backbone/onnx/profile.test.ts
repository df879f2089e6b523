import { expect, it } from 'vitest';
import { type DevicePlacement, joinPlacements } from '../../../src/backbone/device.ts';
import { countNodes, describeNodes, mostUsed } from '../../../src/backbone/onnx/profile.ts';

const node = (provider: string) => ({ cat: 'Node', name: 'Mul_1_kernel_time', args: { provider } });

it('reads from a profile which device ran how many nodes', () => {
  const session = { cat: 'Session', name: 'model_run', args: {} };
  const events = [session, ...Array.from({ length: 3 }, () => node('WebGpuExecutionProvider'))];
  const mixed = countNodes(JSON.stringify([...events, node('CPUExecutionProvider')]));
  expect(mixed).toEqual({ WEBGPU: 3, CPU: 1 });
  expect(mostUsed(mixed)).toBe('WEBGPU');
  expect(describeNodes(mixed)).toBe('3 nodes on WEBGPU, 1 on CPU');
  expect(
    mostUsed(countNodes(JSON.stringify([node('CUDAExecutionProvider'), node('CPUExecutionProvider')]))),
  ).toBe('CUDA');
  expect(mostUsed(countNodes(JSON.stringify([session])))).toBe('CPU');
});

it('joins what several graphs run on: the accelerator only where all of them do', () => {
  const gpu: DevicePlacement = {
    requested: 'auto',
    used: 'WEBGPU',
    name: null,
    nodes: { WEBGPU: 5, CPU: 1 },
    fallbackReason: null,
  };
  const cpu: DevicePlacement = { ...gpu, used: 'CPU', name: 'Xeon', nodes: null, fallbackReason: 'lost' };
  expect(joinPlacements([])).toBeNull();
  expect(joinPlacements([gpu, gpu])).toEqual({ ...gpu, nodes: { WEBGPU: 10, CPU: 2 } });
  expect(joinPlacements([gpu, cpu])).toEqual({ ...cpu, nodes: { WEBGPU: 5, CPU: 1 } });
  expect(joinPlacements([cpu])).toEqual(cpu);
});
