import type { Device } from '../device.ts';

const DEVICE_OF_PROVIDER: Record<string, Device> = {
  CUDAExecutionProvider: 'CUDA',
  WebGpuExecutionProvider: 'WEBGPU',
  CPUExecutionProvider: 'CPU',
};

/** How many nodes each device ran, from the runtime's profile of one run. */
export function countNodes(profile: string): Partial<Record<Device, number>> {
  const events: { cat?: string; args?: { provider?: string } }[] = JSON.parse(profile);
  const nodes: Partial<Record<Device, number>> = {};
  for (const { cat, args } of events) {
    const device = cat === 'Node' ? DEVICE_OF_PROVIDER[args?.provider ?? ''] : undefined;
    if (device) nodes[device] = (nodes[device] ?? 0) + 1;
  }
  return nodes;
}

/** The device that ran most nodes; the accelerator of two that ran as many, the CPU where none ran. */
export function mostUsed(nodes: Partial<Record<Device, number>>): Device {
  const countOf = (device: Device) => nodes[device] ?? 0;
  const accelerators: Device[] = ['WEBGPU', 'CUDA'];
  return accelerators.reduce(
    (most, device) => (countOf(device) > 0 && countOf(device) >= countOf(most) ? device : most),
    'CPU',
  );
}

/** Such as "12 nodes on WEBGPU, 3 on CPU". */
export function describeNodes(nodes: Partial<Record<Device, number>>): string {
  const parts = Object.entries(nodes).map(
    ([device, count], i) => `${count}${i === 0 ? ' nodes' : ''} on ${device}`,
  );
  return parts.join(', ') || 'no nodes';
}
